import assert from 'node:assert/strict'
import { createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { configure, isMisconfiguration } from '../../../src/config.ts'
import { start } from '../../../src/main.ts'
import { type Answer, refusedWith, succeeded } from '../../support/answer.ts'
import {
  type Chain,
  claimsOf,
  documentOf,
  makeChain,
  makeRecipient,
  openSealed,
  PCR0,
} from '../../support/attestation.ts'
import type { Encodable } from '../../support/cbor.ts'
import { eventsOf } from '../../support/trail.ts'
import { REGION, startTrent } from '../../support/trent.ts'

const directory = mkdtempSync(join(tmpdir(), 'trent-root-'))
const chain = makeChain()
const stranger = makeChain()
const rootPath = join(directory, 'root.pem')
writeFileSync(rootPath, chain.root.pem)
const trent = await startTrent('serve', { attestationRoot: [rootPath] })
const rootless = await startTrent('serve')
const dev = await startTrent('dev')
const client = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
after(async () => {
  client.destroy()
  await Promise.all([trent[Symbol.asyncDispose](), rootless[Symbol.asyncDispose](), dev.close()])
  rmSync(directory, { recursive: true })
})

const { publicKey, privateKey } = makeRecipient()
const document = (over: Readonly<Record<string, Encodable>> = {}, of: Chain = chain): Buffer => {
  const claims = claimsOf(of, publicKey)
  for (const [name, value] of Object.entries(over)) claims.set(name, value)
  return documentOf(claims, of.leaf.key)
}
const recipient = (bytes: Buffer = document()) => ({
  Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: bytes.toString('base64') },
})

const { KeyId } = (await trent.ok('CreateKey')).KeyMetadata
const agreeing = (await trent.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' })).KeyMetadata
const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId, Plaintext: 'c2VjcmV0' })
const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PublicKey = peer.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

const parseOutput = (answer: Answer): Readonly<Record<string, string>> => {
  succeeded(answer)
  return JSON.parse(answer.text) as Readonly<Record<string, string>>
}

async function sealed(operation: string, input: object) {
  const answer = await trent.kms(operation, { ...input, ...recipient() })
  const { CiphertextForRecipient, ...output } = parseOutput(answer)
  return { answer, output, secret: openSealed(CiphertextForRecipient ?? assert.fail(answer.text), privateKey) }
}

test('Decrypt seals the plaintext, and tells neither it nor the material', async () => {
  const { output, secret } = await sealed('Decrypt', { CiphertextBlob })
  assert.equal(secret.toString(), 'secret')
  assert.deepEqual(Object.keys(output).sort(), ['EncryptionAlgorithm', 'KeyId'])
})

test('GenerateDataKey seals the key that its ciphertext decrypts to', async () => {
  const { output, secret } = await sealed('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
  assert.deepEqual(Object.keys(output).sort(), ['CiphertextBlob', 'KeyId'])
  const { Plaintext } = await trent.ok('Decrypt', { CiphertextBlob: output.CiphertextBlob })
  assert.equal(secret.toString('base64'), Plaintext)
})

for (const KeyPairSpec of ['ECC_NIST_P256', 'RSA_4096'])
  test(`GenerateDataKeyPair seals a private key of ${KeyPairSpec}`, async () => {
    const { output, secret } = await sealed('GenerateDataKeyPair', { KeyId, KeyPairSpec })
    assert.equal('PrivateKeyPlaintext' in output, false)
    const { Plaintext } = await trent.ok('Decrypt', { CiphertextBlob: output.PrivateKeyCiphertextBlob })
    assert.equal(secret.toString('base64'), Plaintext)
    const made = createPublicKey({
      key: `-----BEGIN PRIVATE KEY-----\n${Plaintext}\n-----END PRIVATE KEY-----`,
      format: 'pem',
    })
    assert.equal(made.export({ type: 'spki', format: 'der' }).toString('base64'), output.PublicKey)
  })

test('DeriveSharedSecret seals what the other side derives', async () => {
  const input = { KeyId: agreeing.KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }
  const { output, secret } = await sealed('DeriveSharedSecret', input)
  assert.equal('SharedSecret' in output, false)
  const { PublicKey: ours } = await trent.ok('GetPublicKey', { KeyId: agreeing.KeyId })
  const theirs = createPublicKey({ key: Buffer.from(ours, 'base64'), format: 'der', type: 'spki' })
  assert.deepEqual(secret, diffieHellman({ privateKey: peer.privateKey, publicKey: theirs }))
})

test('GenerateRandom seals as many bytes as were asked for', async () => {
  const { output, secret } = await sealed('GenerateRandom', { NumberOfBytes: 33 })
  assert.deepEqual([Object.keys(output), secret.length], [[], 33])
})

test('the SDK reads a sealed answer', async () => {
  const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: document() } as const
  const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', Recipient }))
  assert.equal(made.Plaintext, undefined)
  const key = openSealed(Buffer.from(made.CiphertextForRecipient ?? []).toString('base64'), privateKey)
  const again = await client.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }))
  assert.deepEqual(Buffer.from(again.Plaintext ?? []), key)
  assert.ok(createDecipheriv('aes-256-ecb', key, null))
})

const CALLS: ReadonlyArray<readonly [string, object]> = [
  ['Decrypt', { CiphertextBlob }],
  ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
  ['GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' }],
  ['DeriveSharedSecret', { KeyId: agreeing.KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }],
  ['GenerateRandom', { NumberOfBytes: 8 }],
]
const UNTRUE: ReadonlyArray<readonly [string, () => Buffer]> = [
  ['is none', () => Buffer.from('a')],
  ['leads to another root', () => document({}, stranger)],
  ['is old', () => document({ timestamp: Date.now() - 600_000 })],
  ['another key signed', () => documentOf(claimsOf(chain, publicKey), stranger.leaf.key)],
]
for (const [operation, input] of CALLS) {
  for (const [what, bytes] of UNTRUE)
    test(`${operation} refuses a document that ${what}, and tells nothing`, async () => {
      const answer = await trent.kms(operation, { ...input, ...recipient(bytes()) })
      refusedWith(answer, 'ValidationException', 'The attestation document is not valid.')
    })
  test(`${operation} refuses half a recipient`, async () => {
    const { KeyEncryptionAlgorithm, AttestationDocument } = recipient().Recipient
    for (const Recipient of [{}, { KeyEncryptionAlgorithm }, { AttestationDocument }])
      refusedWith(await trent.kms(operation, { ...input, Recipient }), 'ValidationException')
  })
}

test('without a root the service refuses every document, and says why', async () => {
  const answer = await rootless.kms('GenerateRandom', { NumberOfBytes: 8, ...recipient() })
  const message = 'Recipient is not supported: no attestation root is configured.'
  refusedWith(answer, 'UnsupportedOperationException', message)
})

test('without a root the emulator believes any document that signs for itself', async () => {
  const old = document({ timestamp: 1 }, stranger)
  const answer = await dev.kms('GenerateRandom', { NumberOfBytes: 8, ...recipient(old) })
  assert.equal(openSealed(parseOutput(answer).CiphertextForRecipient ?? '', privateKey).length, 8)
  const forged = documentOf(claimsOf(chain, publicKey), stranger.leaf.key)
  refusedWith(await dev.kms('GenerateRandom', { NumberOfBytes: 8, ...recipient(forged) }), 'ValidationException')
})

test('a dry run verifies the document as well', async () => {
  const dry = (bytes?: Buffer) => trent.kms('Decrypt', { CiphertextBlob, DryRun: true, ...recipient(bytes) })
  refusedWith(await dry(), 'DryRunOperationException')
  refusedWith(await dry(document({}, stranger)), 'ValidationException')
})

test('a wrong ciphertext is refused for a recipient as without one', async () => {
  const other = Buffer.from(CiphertextBlob, 'base64')
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1
  const answer = await trent.kms('Decrypt', { CiphertextBlob: other.toString('base64'), ...recipient() })
  refusedWith(answer, 'InvalidCiphertextException', null)
})

const account = trent.account
const admitting = (condition: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'kms:GenerateDataKey', Resource: '*', Condition: condition },
    ],
  })
const OTHER = 'cd'.repeat(48)
const CONDITIONS: ReadonlyArray<readonly [string, string, string]> = [
  ['ImageSha384', PCR0.toString('hex').toUpperCase(), OTHER],
  ['PCR0', PCR0.toString('hex'), OTHER],
  ['PCR8', '08'.repeat(48), OTHER],
]
for (const [name, right, wrong] of CONDITIONS)
  test(`a policy can ask for kms:RecipientAttestation:${name}`, async () => {
    const key = (await trent.ok('CreateKey')).KeyMetadata
    const call = (input: object = {}) =>
      trent.kms('GenerateDataKey', { KeyId: key.KeyId, KeySpec: 'AES_256', ...input })
    const put = (value: string) => {
      const Policy = admitting({ StringNotEqualsIgnoreCase: { [`kms:RecipientAttestation:${name}`]: value } })
      return trent.ok('PutKeyPolicy', { KeyId: key.KeyId, Policy })
    }
    await put(right)
    assert.equal((await call(recipient())).status, 200)
    refusedWith(await call(), 'AccessDeniedException')
    refusedWith(await call(recipient(document({ pcrs: new Map([[1, PCR0]]) }))), 'AccessDeniedException')
    // Claims that a policy likes open nothing as long as nobody trustworthy signed them.
    refusedWith(await call(recipient(document({}, stranger))), 'ValidationException')
    await put(wrong)
    refusedWith(await call(recipient()), 'AccessDeniedException')
  })

test('measurements of a NitroTPM have names of their own', async () => {
  const key = (await trent.ok('CreateKey')).KeyMetadata
  const Policy = admitting({ StringNotEqualsIgnoreCase: { 'kms:RecipientAttestation:NitroTPMPCR4': OTHER } })
  await trent.ok('PutKeyPolicy', { KeyId: key.KeyId, Policy })
  const claims = claimsOf(chain, publicKey)
  claims.delete('pcrs')
  claims.set('nitrotpm_pcrs', new Map([[4, Buffer.from(OTHER, 'hex')]]))
  const call = (bytes: Buffer) =>
    trent.kms('GenerateDataKey', { KeyId: key.KeyId, KeySpec: 'AES_256', ...recipient(bytes) })
  assert.equal((await call(documentOf(claims, chain.leaf.key))).status, 200)
  refusedWith(await call(document({ pcrs: new Map([[4, Buffer.from(OTHER, 'hex')]]) })), 'AccessDeniedException')
})

test('the event names the module and the image, and holds no document', async () => {
  const { answer } = await sealed('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
  const [event = assert.fail()] = await eventsOf(trent.data ?? '', answer.requestId)
  assert.deepEqual(event.requestParameters, { keyId: KeyId, keySpec: 'AES_256' })
  const { recipient: named } = Object(event.additionalEventData)
  assert.deepEqual(named, {
    attestationDocumentModuleId: 'i-1234567890abcdef0-enc0123456789abcdef',
    attestationDocumentEnclaveImageDigest: PCR0.toString('hex'),
  })
})

const startedWith = async (attestationRoot: readonly string[]): Promise<unknown> => {
  const config = configure('dev', { port: '0', attestationRoot })
  return isMisconfiguration(config) ? config : start(config)
}
const writtenTo = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
for (const [what, path, message] of [
  ['a file that is not there', join(directory, 'nowhere.pem'), /nowhere\.pem cannot be read: ENOENT/],
  ['a file without a certificate', writtenTo('empty.pem', 'nothing'), /empty\.pem holds no certificate/],
  [
    'a certificate that is none',
    writtenTo('broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    /an attestation root is not a certificate/,
  ],
] as const)
  test(`${what} as an attestation root lets nothing start`, async () => {
    const started = await startedWith([rootPath, path])
    assert.match(String(Object(started).message), message)
  })

test('keys of any size that is sealed for open what they get', async () => {
  for (const bits of [2048, 3072, 4096]) {
    const pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = makeRecipient(bits)
    const bytes = documentOf(claimsOf(chain, pair.publicKey), chain.leaf.key)
    const answer = await trent.kms('GenerateRandom', { NumberOfBytes: 16, ...recipient(bytes) })
    assert.equal(openSealed(parseOutput(answer).CiphertextForRecipient ?? '', pair.privateKey).length, 16)
  }
})
