import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { wrapFor } from '../../support/import.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent[Symbol.asyncDispose]())

const [HOME, AWAY] = ['us-east-1', 'eu-west-1'] as const
type Place = typeof HOME | typeof AWAY | 'ap-south-1'
const NEW = { ImportType: 'NEW_KEY_MATERIAL' }
const OAEP = 'RSAES_OAEP_SHA_256'
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** A primary with imported material and its replica, which has none yet. */
async function pair() {
  const account = newAccount()
  const call = (region: Place, operation: string, input: object) => trent.kms(operation, input, { account, region })
  const ok = async (region: Place, operation: string, input: object) => succeeded(await call(region, operation, input))
  const { KeyId } = (await ok(HOME, 'CreateKey', { Origin: 'EXTERNAL', MultiRegion: true })).KeyMetadata
  const bring = async (region: Place, material: Buffer, input: object = {}) => {
    const wanted = { KeyId, WrappingAlgorithm: OAEP, WrappingKeySpec: 'RSA_2048' }
    const { ImportToken, PublicKey } = JSON.parse((await call(region, 'GetParametersForImport', wanted)).text)
    const EncryptedKeyMaterial = base64(wrapFor(Buffer.from(PublicKey, 'base64'), OAEP, material))
    const forEver = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    return call(region, 'ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ...forEver, ...input })
  }
  const state = async (region: Place) => (await ok(region, 'DescribeKey', { KeyId })).KeyMetadata.KeyState
  const current = async (region: Place) => (await ok(region, 'DescribeKey', { KeyId })).KeyMetadata.CurrentKeyMaterialId
  const states = async (region: Place): Promise<readonly string[]> => {
    const answer = await call(region, 'ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })
    type Entry = { readonly KeyMaterialState: string; readonly ImportState: string }
    return parseEntries(answer.text).map((entry: Entry) => `${entry.KeyMaterialState} ${entry.ImportState}`)
  }
  const material = randomBytes(32)
  const first = succeeded(await bring(HOME, material)).KeyMaterialId
  await ok(HOME, 'ReplicateKey', { KeyId, ReplicaRegion: AWAY })
  return { KeyId, call, ok, bring, state, current, states, material, first }
}

function parseEntries(text: string) {
  return JSON.parse(text).Rotations
}

const WAITS = 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'

test('a replica waits for the same material as its primary, and takes no other', async () => {
  const { KeyId, ok, call, bring, state, current, states, material, first } = await pair()
  assert.deepEqual([await state(HOME), await state(AWAY)], ['Enabled', 'PendingImport'])
  assert.deepEqual(await states(AWAY), ['CURRENT PENDING_IMPORT'])
  refusedWith(await bring(AWAY, randomBytes(32)), 'IncorrectKeyMaterialException')
  refusedWith(await bring(AWAY, material, NEW), 'UnsupportedOperationException')
  refusedWith(await call(AWAY, 'Encrypt', { KeyId, Plaintext: 'YQ==' }), 'KMSInvalidStateException')
  assert.equal(succeeded(await bring(AWAY, material)).KeyMaterialId, first)
  assert.deepEqual([await state(AWAY), await current(AWAY)], ['Enabled', first])
  const { CiphertextBlob } = await ok(HOME, 'Encrypt', { KeyId, Plaintext: 'YQ==' })
  assert.equal((await ok(AWAY, 'Decrypt', { CiphertextBlob })).Plaintext, 'YQ==')
})

test('material of one Region is deleted in that Region alone', async () => {
  const { KeyId, ok, bring, state, material } = await pair()
  await bring(AWAY, material)
  await ok(AWAY, 'DeleteImportedKeyMaterial', { KeyId })
  assert.deepEqual([await state(HOME), await state(AWAY)], ['Enabled', 'PendingImport'])
  await bring(AWAY, material)
  await ok(HOME, 'DeleteImportedKeyMaterial', { KeyId })
  assert.deepEqual([await state(HOME), await state(AWAY)], ['PendingImport', 'Enabled'])
})

test('new material is rotated to once every Region has it, and then in all of them at once', async () => {
  const { KeyId, ok, call, bring, current, states, material, first } = await pair()
  await bring(AWAY, material)
  const { CiphertextBlob } = await ok(AWAY, 'Encrypt', { KeyId, Plaintext: 'YQ==' })
  const next = randomBytes(32)
  refusedWith(await bring(AWAY, next, NEW), 'UnsupportedOperationException')
  const second = succeeded(await bring(HOME, next, NEW)).KeyMaterialId
  assert.deepEqual(await states(HOME), ['CURRENT IMPORTED', `${WAITS} IMPORTED`])
  assert.deepEqual(await states(AWAY), ['CURRENT IMPORTED', `${WAITS} PENDING_IMPORT`])
  refusedWith(await call(HOME, 'RotateKeyOnDemand', { KeyId }), 'KMSInvalidStateException', /No available key material/)
  succeeded(await bring(AWAY, next))
  for (const region of [HOME, AWAY])
    assert.deepEqual(await states(region), ['CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'])
  refusedWith(await call(AWAY, 'RotateKeyOnDemand', { KeyId }), 'UnsupportedOperationException')
  assert.deepEqual([await current(HOME), await current(AWAY)], [first, first])
  await ok(HOME, 'RotateKeyOnDemand', { KeyId })
  assert.deepEqual([await current(HOME), await current(AWAY)], [second, second])
  for (const region of [HOME, AWAY]) {
    assert.deepEqual(await states(region), ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
    assert.equal((await ok(region, 'Decrypt', { CiphertextBlob })).KeyMaterialId, first)
  }
})

test('material that waits is deleted everywhere with the primary, and in its own Region with a replica', async () => {
  const { KeyId, ok, bring, state, states, material } = await pair()
  await bring(AWAY, material)
  const next = randomBytes(32)
  const KeyMaterialId = succeeded(await bring(HOME, next, NEW)).KeyMaterialId
  succeeded(await bring(AWAY, next))
  await ok(AWAY, 'DeleteImportedKeyMaterial', { KeyId, KeyMaterialId })
  assert.deepEqual(await states(AWAY), ['CURRENT IMPORTED', `${WAITS} PENDING_IMPORT`])
  assert.deepEqual(await states(HOME), ['CURRENT IMPORTED', `${WAITS} IMPORTED`])
  await ok(HOME, 'DeleteImportedKeyMaterial', { KeyId, KeyMaterialId })
  for (const region of [HOME, AWAY]) {
    assert.deepEqual(await states(region), ['CURRENT IMPORTED'])
    assert.equal(await state(region), 'Enabled')
  }
  refusedWith(await bring(AWAY, next), 'IncorrectKeyMaterialException')
})

test('a replica made later knows every material of its primary, those that wait included', async () => {
  const { KeyId, ok, bring, state, states, material } = await pair()
  await bring(AWAY, material)
  const next = randomBytes(32)
  await bring(HOME, next, NEW)
  await ok(HOME, 'ReplicateKey', { KeyId, ReplicaRegion: 'ap-south-1' })
  const LATE = 'ap-south-1' as const
  assert.deepEqual(await states(LATE), ['CURRENT PENDING_IMPORT', `${WAITS} PENDING_IMPORT`])
  assert.equal(await state(LATE), 'PendingImport')
  succeeded(await bring(LATE, material))
  assert.equal(await state(LATE), 'Enabled')
  for (const region of [AWAY, LATE]) succeeded(await bring(region, next))
  await ok(HOME, 'RotateKeyOnDemand', { KeyId })
  assert.deepEqual(await states(LATE), ['NON_CURRENT IMPORTED', 'CURRENT IMPORTED'])
})

test('a replica that became the primary brings new material, and the old primary follows', async () => {
  const { KeyId, ok, bring, current, material } = await pair()
  await bring(AWAY, material)
  await ok(HOME, 'UpdatePrimaryRegion', { KeyId, PrimaryRegion: AWAY })
  const next = randomBytes(32)
  refusedWith(await bring(HOME, next, NEW), 'UnsupportedOperationException')
  const second = succeeded(await bring(AWAY, next, NEW)).KeyMaterialId
  succeeded(await bring(HOME, next))
  await ok(AWAY, 'RotateKeyOnDemand', { KeyId })
  assert.deepEqual([await current(HOME), await current(AWAY)], [second, second])
})
