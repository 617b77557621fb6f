import assert from 'node:assert/strict'
import { readFileSync, readSync } from 'node:fs'
import { after, test } from 'node:test'
import { createEphemeralRootKey } from '../../src/hsm/client.ts'
import { bindingFields } from '../../src/hsm/material-field.ts'
import { encodeFields, REPLIES } from '../../src/hsm/wire.ts'
import { type RawReply, startRaw } from './raw-process.ts'
import { binding, OTHER_KEY_ID, ok } from './usable-key.ts'

const rootKey = ok(createEphemeralRootKey())
after(() => rootKey[Symbol.dispose]())
const raw = startRaw(rootKey.fd, { args: ['adopts-material'] })
after(() => raw[Symbol.dispose]())
await raw.hello

const CONTEXT = Buffer.alloc(2)
/** Bytes no longer than this are found by chance; a key is longer. */
const TELLING_BYTES = 8

/** Whether any telling part of `secret` is in `bytes`, as it is or in a form that text takes. */
function tells(bytes: Buffer, secret: Buffer): boolean {
  for (let at = 0; at + TELLING_BYTES <= secret.length; at++) {
    const part = secret.subarray(at, at + TELLING_BYTES)
    if (
      [part, Buffer.from(part.toString('hex')), Buffer.from(part.toString('base64').slice(0, 10))].some((form) =>
        bytes.includes(form),
      )
    )
      return true
  }
  return false
}

function fieldsOf(reply: RawReply): readonly Buffer[] {
  assert.equal(reply.code, REPLIES.ok)
  return reply.fields
}

async function useDomain(domain: string): Promise<void> {
  const made = fieldsOf(await raw.ask('makeDomainKey', [Buffer.from(domain)]))
  fieldsOf(await raw.ask('adoptDomainKey', [Buffer.from(domain), ...made]))
}

/** Known material, as the field that names it. */
async function adopt(keyId: string, material: Buffer, spec: 'SYMMETRIC_DEFAULT' | 'HMAC_256' = 'SYMMETRIC_DEFAULT') {
  const keyUsage = spec === 'HMAC_256' ? 'GENERATE_VERIFY_MAC' : 'ENCRYPT_DECRYPT'
  const fields = bindingFields(binding({ keySpec: spec, keyUsage }, keyId))
  return encodeFields([...fields, ...fieldsOf(await raw.ask('adoptMaterial', [...fields, material]))])
}

await useDomain('us-east-1')
await useDomain('aws-global')

const secretOf = (start: number, bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => start ^ (i * 37)))
const [material, otherMaterial, hmacMaterial] = [secretOf(0x10, 32), secretOf(0x83, 32), secretOf(0xc7, 32)]
const [key, otherKey] = [await adopt(binding().keyId, material), await adopt(OTHER_KEY_ID, otherMaterial)]
const hmacKey = await adopt(binding().keyId, hmacMaterial, 'HMAC_256')

test('the canary sees a secret that is there', async () => {
  const plaintext = secretOf(0x55, 32)
  const [ciphertext] = fieldsOf(await raw.ask('encrypt', [key, plaintext, CONTEXT]))
  raw.received()
  await raw.ask('decrypt', [key, ciphertext ?? CONTEXT, CONTEXT])
  assert.ok(tells(raw.received(), plaintext))
  assert.ok(tells(Buffer.from(plaintext.toString('hex')), plaintext))
})

test('no operation answers with material, plaintext or secret that it must not return', async () => {
  const plaintext = secretOf(0x2b, 64)
  const size = Buffer.of(0, 0, 0, 32)
  raw.received()
  const [ciphertext = CONTEXT] = fieldsOf(await raw.ask('encrypt', [key, plaintext, CONTEXT]))
  const again = await raw.ask('reEncrypt', [key, ciphertext, CONTEXT, otherKey, CONTEXT])
  assert.equal(again.code, REPLIES.ok)
  const [hidden = CONTEXT] = fieldsOf(await raw.ask('generateDataKeyWithoutPlaintext', [key, size, CONTEXT]))
  const algorithm = Buffer.from('HMAC_SHA_256')
  const [mac = CONTEXT] = fieldsOf(await raw.ask('generateMac', [hmacKey, algorithm, plaintext]))
  await raw.ask('verifyMac', [hmacKey, algorithm, plaintext, mac])
  await raw.ask('decrypt', [otherKey, ciphertext, CONTEXT])
  await raw.ask('decrypt', [key, ciphertext, Buffer.of(0, 0, 0)])
  const refused = raw.received()

  const [dataKey = CONTEXT] = fieldsOf(await raw.ask('decrypt', [key, hidden, CONTEXT]))
  assert.equal(dataKey.length, 32)
  for (const secret of [material, otherMaterial, hmacMaterial, plaintext, dataKey]) assert.ok(!tells(refused, secret))
})

test('a MAC that was expected is not answered to who guessed wrong', async () => {
  const algorithm = Buffer.from('HMAC_SHA_256')
  const message = Buffer.from('message')
  const [mac = CONTEXT] = fieldsOf(await raw.ask('generateMac', [hmacKey, algorithm, message]))
  raw.received()
  assert.equal((await raw.ask('verifyMac', [hmacKey, algorithm, message, Buffer.alloc(32)])).code, REPLIES.invalidMac)
  assert.ok(!tells(raw.received(), mac))
})

test('a secret access key is answered once, and signing keys do not tell it', async () => {
  const accessKeyId = Buffer.from('AKIAIOSFODNN7EXAMPLE')
  const [secret = CONTEXT, wrapped = CONTEXT] = fieldsOf(await raw.ask('createSecret', [accessKeyId]))
  assert.ok(!tells(wrapped, secret))
  raw.received()
  const scope = ['20150830', 'us-east-1', 'kms'].map((part) => Buffer.from(part))
  assert.equal((await raw.ask('deriveSigningKey', [accessKeyId, wrapped, ...scope])).code, REPLIES.ok)
  assert.ok(!tells(raw.received(), secret))
})

test('the root key is in no frame, in no argument and in no environment', async () => {
  const file = Buffer.alloc(48)
  readSync(rootKey.fd, file, 0, 48, 0)
  const secret = file.subarray(12, 44)
  using other = startRaw(rootKey.fd, { args: ['adopts-material'] })
  await other.hello
  const made = await other.ask('makeDomainKey', [Buffer.from('us-east-1')])
  await other.ask('adoptDomainKey', [Buffer.from('us-east-1'), ...made.fields])
  await other.ask('createMaterial', bindingFields(binding()))
  assert.ok(!tells(other.received(), secret))
  if (process.platform !== 'linux') return
  assert.deepEqual(readFileSync(`/proc/${other.pid}/environ`), Buffer.alloc(0))
  assert.ok(!tells(readFileSync(`/proc/${other.pid}/cmdline`), secret))
})
