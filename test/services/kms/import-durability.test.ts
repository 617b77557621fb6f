import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { type KmsClient, openKmsClient, readCredentials } from '../../../scripts/kms-client.ts'
import { startTrentProcess } from '../../../scripts/trent-process.ts'
import { openSearch, searchFiles } from '../../canary/search.ts'
import { openStore, openWrapped } from '../../formats/decoder.ts'
import { succeeded } from '../../support/answer.ts'
import { type WrappingName, wrapFor } from '../../support/import.ts'

const scratch = mkdtempSync(join(tmpdir(), 'trent-import-'))
after(() => rmSync(scratch, { recursive: true }))
const directory = () => mkdtempSync(join(scratch, 'data-'))
const bytes = (text: string) => Buffer.from(text, 'base64')
const base64 = (of: Uint8Array) => Buffer.from(of).toString('base64')

const OAEP = 'RSAES_OAEP_SHA_256'
const DATE = 1_000 * (Math.floor(Date.now() / 1_000) + 86_400)

async function parametersFor(client: KmsClient, KeyId: string, WrappingAlgorithm: WrappingName) {
  const wanted = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' }
  const answer = await client.call('GetParametersForImport', wanted)
  succeeded(answer)
  const { ImportToken, PublicKey } = JSON.parse(answer.text)
  return { ImportToken: String(ImportToken), publicKey: bytes(PublicKey) }
}

async function newKey(client: KmsClient, material: Buffer, name: WrappingName, kind: object = {}) {
  const { KeyMetadata } = succeeded(await client.call('CreateKey', { Origin: 'EXTERNAL', ...kind }))
  const { KeyId, Arn } = KeyMetadata
  const { ImportToken, publicKey } = await parametersFor(client, KeyId, name)
  const input = { KeyId, ImportToken, ValidTo: DATE / 1_000 }
  const EncryptedKeyMaterial = base64(wrapFor(publicKey, name, material))
  succeeded(await client.call('ImportKeyMaterial', { ...input, EncryptedKeyMaterial }))
  return { KeyId, Arn, ImportToken, publicKey }
}

async function serviceOn(data: string) {
  const trent = await startTrentProcess({ mode: 'serve', data })
  return { trent, client: openKmsClient({ url: trent.url, credentials: readCredentials(data) }) }
}

const pkcs8 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
  format: 'der',
  type: 'pkcs8',
})
const SIGNER = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }

test('imported keys, their dates and their tokens outlive kill -9', async () => {
  const data = directory()
  const first = await serviceOn(data)
  const material = randomBytes(32)
  const key = await newKey(first.client, material, OAEP)
  const signer = await newKey(first.client, pkcs8, 'RSA_AES_KEY_WRAP_SHA_256', SIGNER)
  const { KeyId } = key
  const { CiphertextBlob } = succeeded(
    await first.client.call('Encrypt', { KeyId, Plaintext: base64(Buffer.from('a')) }),
  )
  first.client.close()
  await first.trent.kill()
  const { trent, client } = await serviceOn(data)
  await using _ = trent
  const call = async (operation: string, input: object) => succeeded(await client.call(operation, input))
  assert.equal((await call('Decrypt', { CiphertextBlob })).Plaintext, base64(Buffer.from('a')))
  const { KeyMetadata } = await call('DescribeKey', { KeyId })
  assert.deepEqual({ ...KeyMetadata, ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: DATE / 1_000 }, KeyMetadata)
  const signing = { KeyId: signer.KeyId, Message: base64(Buffer.from('a')), SigningAlgorithm: 'ECDSA_SHA_256' }
  await call('Sign', signing)
  await call('DeleteImportedKeyMaterial', { KeyId })
  const again = { ImportToken: key.ImportToken, EncryptedKeyMaterial: base64(wrapFor(key.publicKey, OAEP, material)) }
  await call('ImportKeyMaterial', { KeyId, ...again, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' })
  assert.equal((await call('Decrypt', { CiphertextBlob })).Plaintext, base64(Buffer.from('a')))
  client.close()
})

test('nothing of imported material, in the clear or wrapped, is in the data directory once it is destroyed', async () => {
  const data = directory()
  const { trent, client } = await serviceOn(data)
  await using _ = trent
  const material = randomBytes(32)
  const { KeyId } = await newKey(client, material, OAEP)
  const kept = wrappedIn(data)
  const search = (what: Buffer) => {
    const found = openSearch([{ name: 'material', bytes: what }])
    searchFiles(found, data, [])
    return found.findings.size
  }
  assert.equal(search(material), 0)
  // The search does find what is there.
  assert.notEqual(search(kept), 0)
  assert.deepEqual(
    openStore(data).materials.map((opened) => opened.bytes),
    [material],
  )
  succeeded(await client.call('DeleteImportedKeyMaterial', { KeyId }))
  assert.equal(search(material) + search(kept), 0)
  assert.deepEqual(openStore(data).materials, [])
  client.close()
})

function wrappedIn(data: string): Buffer {
  const database = new DatabaseSync(join(data, 'trent.db'), { readOnly: true })
  const row = database.prepare('select wrapped from key_materials').get()
  database.close()
  return row?.wrapped instanceof Uint8Array ? Buffer.from(row.wrapped) : assert.fail()
}

test('a reader of the formats page opens an import token of its key, and none of another', async () => {
  const data = directory()
  const { trent, client } = await serviceOn(data)
  await using _ = trent
  const { KeyId, Arn, ImportToken, publicKey } = await newKey(client, randomBytes(32), OAEP)
  const account = Arn.split(':')[4] ?? ''
  const token = bytes(ImportToken)
  const { domainKeys } = openStore(data)
  const field = (part: string | Buffer) => Buffer.concat([u32(Buffer.byteLength(part)), Buffer.from(part)])
  const aad = (keyId: string) =>
    Buffer.concat(['trent/v1/import-token', account, 'us-east-1', keyId, token.subarray(0, 11)].map(field))
  assert.equal(token.toString('hex', 0, 3), '010201')
  const late = Number(token.readBigUInt64BE(3)) - Date.now() - 86_400_000
  assert.ok(Math.abs(late) < 60_000)
  const privateKey = openWrapped(domainKeys, 'us-east-1', aad(KeyId), token.subarray(11))
  const pair = createPublicKey(createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' }))
  assert.deepEqual(pair.export({ format: 'der', type: 'spki' }), publicKey)
  assert.throws(() => openWrapped(domainKeys, 'us-east-1', aad(`${KeyId.slice(0, -1)}_`), token.subarray(11)))
  client.close()
})

function u32(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32BE(value)
  return out
}
