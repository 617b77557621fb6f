import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { startTrent } from '../support/trent.ts'
import { decryptCiphertext, encodeContext, openStore, parseRootKeyFile } from './decoder.ts'

const data = mkdtempSync(join(tmpdir(), 'trent-formats-'))
after(() => rmSync(data, { recursive: true }))
const context = { Project: 'Alpha', Department: 'Engineering' }
const made = await makeState()
const opened = openStore(data)

async function makeState() {
  await using trent = await startTrent('serve', { data, logFiles: join(data, 'log-files') })
  const { KeyMetadata: key } = await trent.ok('CreateKey', {})
  const { KeyMetadata: macKey } = await trent.ok('CreateKey', { KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const sizes = [1, 32, 100, 129, 1000, 4096]
  const plaintexts = sizes.map((size) => Buffer.alloc(size, size % 251))
  const ciphertexts: Buffer[] = []
  for (const plaintext of plaintexts) {
    const input = { KeyId: key.KeyId, Plaintext: plaintext.toString('base64'), EncryptionContext: context }
    ciphertexts.push(Buffer.from((await trent.ok('Encrypt', input)).CiphertextBlob, 'base64'))
  }
  const dataKey = await trent.ok('GenerateDataKey', { KeyId: key.KeyId, KeySpec: 'AES_256' })
  const Message = Buffer.from('message').toString('base64')
  const { Mac } = await trent.ok('GenerateMac', { KeyId: macKey.KeyId, Message, MacAlgorithm: 'HMAC_SHA_384' })
  const pair = await trent.ok('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const pairId = pair.KeyMetadata.KeyId
  const publicKey = JSON.parse((await trent.kms('GetPublicKey', { KeyId: pairId })).text).PublicKey
  return { key, macKey, pairId, publicKey, plaintexts, ciphertexts, dataKey, Mac, credentials: trent.credentials }
}

test('a reader of the formats page decrypts ciphertexts of every length form', () => {
  const decrypted = made.ciphertexts.map((ciphertext) => decryptCiphertext(opened.materials, ciphertext, context))
  assert.deepEqual(decrypted, made.plaintexts)
})

test('a reader of the formats page decrypts a data key', () => {
  const { CiphertextBlob, Plaintext } = made.dataKey
  const decrypted = decryptCiphertext(opened.materials, Buffer.from(CiphertextBlob, 'base64'), {})
  assert.equal(decrypted.toString('base64'), Plaintext)
})

test('a reader of the formats page finds the HMAC key', () => {
  const material = opened.materials.find(({ keyId }) => keyId === made.macKey.KeyId)
  const mac = createHmac('sha384', material?.bytes ?? '')
    .update('message')
    .digest('base64')
  assert.equal(mac, made.Mac)
})

test('a reader of the formats page finds a private key', () => {
  const material = opened.materials.find(({ keyId }) => keyId === made.pairId)
  const privateKey = createPrivateKey({ key: material?.bytes ?? Buffer.alloc(0), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  assert.equal(publicKey.toString('base64'), made.publicKey)
})

test('a reader of the formats page finds the secret of the root access key', () => {
  const { accessKeyId, secretAccessKey } = made.credentials
  assert.deepEqual([...opened.secrets], [[accessKeyId, secretAccessKey]])
})

test('a reader of the formats page finds the key of digest files', () => {
  const [key, ...more] = opened.digestKeys
  assert.deepEqual(more, [])
  const privateKey = createPrivateKey({ key: key?.privateKey ?? Buffer.alloc(0), format: 'der', type: 'pkcs8' })
  assert.deepEqual(createPublicKey(privateKey).export({ format: 'der', type: 'pkcs1' }), key?.publicKey)
})

test('a 32-byte plaintext makes a ciphertext of 184 bytes that begins as those of AWS', () => {
  const ciphertext = Buffer.from(made.dataKey.CiphertextBlob, 'base64')
  assert.equal(ciphertext.length, 184)
  assert.ok(made.dataKey.CiphertextBlob.startsWith('AQICAH'))
})

const NOT_THE_CONTEXT: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
  ['an empty one', {}],
  ['one pair less', { Project: 'Alpha' }],
  ['one pair more', { ...context, More: '' }],
  ['another value', { ...context, Project: 'alpha' }],
  ['the same letters cut elsewhere', { ProjectA: 'lpha', Department: 'Engineering' }],
]
for (const [what, other] of NOT_THE_CONTEXT)
  test(`a ciphertext does not open with another context: ${what}`, () => {
    const [ciphertext = Buffer.alloc(0)] = made.ciphertexts
    assert.throws(() => decryptCiphertext(opened.materials, ciphertext, other))
  })

test('no changed byte of a ciphertext goes unseen', () => {
  const ciphertext = made.ciphertexts[1] ?? Buffer.alloc(0)
  for (let at = 0; at < ciphertext.length; at += 1) {
    const changed = Buffer.from(ciphertext)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => decryptCiphertext(opened.materials, changed, context), `byte ${at}`)
  }
})

test('contexts are ordered by bytes, and every length comes first', () => {
  assert.equal(
    encodeContext(context).toString('hex'),
    '0002000a4465706172746d656e74000b456e67696e656572696e67000750726f6a6563740005416c706861',
  )
  assert.notDeepEqual(encodeContext({ a: 'bc' }), encodeContext({ ab: 'c' }))
})

/** A copy of the data directory with a changed database. */
function openChanged(sql: string) {
  const copy = mkdtempSync(join(data, 'copy-'))
  for (const name of ['root.key', 'trent.db']) copyFileSync(join(data, name), join(copy, name))
  const database = new DatabaseSync(join(copy, 'trent.db'))
  database.exec(sql)
  database.close()
  return openStore(copy)
}

const CHANGES: ReadonlyArray<readonly [string, string]> = [
  ['material of another account', "update scopes set account = '111122223333'"],
  ['material of another Region', "update scopes set region = 'eu-west-1'"],
  ['material of another kind', `update keys set record = '{"keySpec":"HMAC_256","keyUsage":"GENERATE_VERIFY_MAC"}'`],
  ['a secret of another access key', "update access_keys set access_key_id = 'AKIAIOSFODNN7EXAMPLE'"],
  ['a domain key of another Region', "update domain_keys set region = 'eu-west-1' where region = 'us-east-1'"],
  ['a domain key of another time', 'update domain_keys set created_at = created_at + 1'],
]
for (const [what, sql] of CHANGES)
  test(`${what} does not open`, () => {
    assert.throws(() => openChanged(sql))
  })

test('a copy that was not changed opens', () => {
  assert.deepEqual(openChanged('vacuum').materials, opened.materials)
})

test('a damaged root key file is no root key', () => {
  const file = readFileSync(join(data, 'root.key'))
  for (const at of [0, 8, 12, 43, 44, 47]) {
    const changed = Buffer.from(file)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => parseRootKeyFile(changed), `byte ${at}`)
  }
})
