import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import type { UsableKey } from '../../src/request/ports.ts'
import { wrapFor } from '../support/import.ts'
import {
  type Binding,
  binding,
  context,
  OTHER_KEY_ID,
  ok,
  parseProof,
  parseUsable,
  refusal,
  startHsm,
} from './usable-key.ts'

const started = await startHsm()
const { hsm } = started
after(() => started[Symbol.asyncDispose]())

const KEY = binding({ origin: 'EXTERNAL' })
const NOW = 1_700_000_000_000
const wanted = { algorithm: 'RSAES_OAEP_SHA_256', keySpec: 'RSA_2048', validTo: NOW + 1000 } as const
const parametersFor = async (key: Binding, over: Partial<typeof wanted> = {}) =>
  ok(await hsm.createImportParameters(parseProof('kms:GetParametersForImport'), key, { ...wanted, ...over }))
const { token, publicKey } = await parametersFor(KEY)
const material = randomBytes(32)
const wrapped = wrapFor(publicKey, 'RSAES_OAEP_SHA_256', material)
const bring = (key: Binding, over: { token?: Uint8Array; wrapped?: Uint8Array; now?: number } = {}) =>
  hsm.importMaterial(parseProof('kms:ImportKeyMaterial'), key, { token, wrapped, now: NOW, ...over })

test('the same material of the same key has one id, and is wrapped anew each time', async () => {
  const [one, other] = [ok(await bring(KEY)), ok(await bring(KEY))]
  assert.equal(one.materialId, other.materialId)
  assert.notDeepEqual(one.wrapped, other.wrapped)
  const encrypting: UsableKey<'kms:Encrypt'> = parseUsable(KEY, one)
  const decrypting: UsableKey<'kms:Decrypt'> = parseUsable(KEY, other)
  const { ciphertext } = ok(await hsm.encrypt(encrypting, Buffer.from('text'), context()))
  assert.deepEqual(ok(await hsm.decrypt(decrypting, ciphertext, context())), Buffer.from('text'))
})

test('related keys in other Regions have the same id of the same material, other keys and accounts another', async () => {
  const { materialId } = ok(await bring(KEY))
  const idIn = async (key: Binding) => {
    const pair = await parametersFor(key)
    const own = wrapFor(pair.publicKey, 'RSAES_OAEP_SHA_256', material)
    return ok(await bring(key, { token: pair.token, wrapped: own })).materialId
  }
  assert.equal(await idIn(binding({ origin: 'EXTERNAL' }, KEY.keyId, 'eu-west-1')), materialId)
  assert.notEqual(await idIn(binding({ origin: 'EXTERNAL' }, OTHER_KEY_ID)), materialId)
})

test('the key process itself refuses a token of another key, Region or time', async () => {
  for (const key of [
    binding({ origin: 'EXTERNAL' }, OTHER_KEY_ID),
    binding({ origin: 'EXTERNAL' }, KEY.keyId, 'eu-west-1'),
  ])
    assert.equal(refusal(await bring(key)), 'InvalidImportTokenException')
  for (const now of [NOW + 1000, NOW + 1001])
    assert.equal(refusal(await bring(KEY, { now })), 'ExpiredImportTokenException')
  ok(await bring(KEY, { now: NOW + 999 }))
})

test('the key process itself takes material for keys of origin EXTERNAL alone', async () => {
  assert.equal(refusal(await bring(binding())), 'KMSInternalException')
})

test('a token cannot be made to serve longer, or in another way', async () => {
  for (let at = 0; at < 11; at++) {
    const changed = Buffer.from(token)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(refusal(await bring(KEY, { token: changed })), 'InvalidImportTokenException', String(at))
  }
})

test('a token outlives the process that made it', async () => {
  const { materialId } = ok(await bring(KEY))
  await hsm.forget([materialId])
  assert.equal(ok(await bring(KEY)).materialId, materialId)
})

test('wrapped material opens with origin EXTERNAL alone', async () => {
  const made = ok(await bring(KEY))
  const swapped: UsableKey<'kms:Encrypt'> = parseUsable(binding(), made)
  assert.equal(refusal(await hsm.encrypt(swapped, Buffer.from('text'), context())), 'KMSInternalException')
})
