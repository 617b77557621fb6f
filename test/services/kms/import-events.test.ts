import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { type Answer, refusedWith } from '../../support/answer.ts'
import { openImporter, wrapFor } from '../../support/import.ts'
import { base64, createKey } from '../../support/key.ts'
import { eventsOf } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const { kms, external, parameters } = openImporter(trent)
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const OAEP = 'RSAES_OAEP_SHA_256'
const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

async function eventOf({ requestId }: Answer) {
  const [event = assert.fail()] = await eventsOf(trent.data ?? '', requestId)
  return event
}
const members = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

test('events of an import tell everything about it but its bytes', async () => {
  const { KeyId, Arn } = await external()
  const wrapping = { WrappingAlgorithm: OAEP, WrappingKeySpec: 'RSA_2048' }
  const prepared = await trent.kms('GetParametersForImport', { KeyId, ...wrapping })
  const { ImportToken, PublicKey } = JSON.parse(prepared.text)
  const EncryptedKeyMaterial = encoded(wrapFor(Buffer.from(PublicKey, 'base64'), OAEP, randomBytes(32)))
  const ValidTo = Math.floor(Date.now() / 1000) + 86_400
  const input = { KeyId, ImportToken, EncryptedKeyMaterial, ValidTo, KeyMaterialDescription: 'first' }
  const imported = await trent.kms('ImportKeyMaterial', { ...input, ExpirationModel: 'KEY_MATERIAL_EXPIRES' })
  const { KeyMaterialId } = imported.output
  const deleted = await trent.kms('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId })
  const [first, second, third] = [await eventOf(prepared), await eventOf(imported), await eventOf(deleted)]
  assert.deepEqual(first.requestParameters, {
    keyId: KeyId,
    wrappingAlgorithm: OAEP,
    wrappingKeySpec: 'RSA_2048',
  })
  assert.deepEqual([first.responseElements, first.readOnly], [null, true])
  const { validTo, ...sent } = { validTo: undefined, ...members(second.requestParameters) }
  assert.match(String(validTo), /^[A-Z][a-z]{2} \d{1,2}, \d{4}/)
  assert.deepEqual(sent, { keyId: KeyId, expirationModel: 'KEY_MATERIAL_EXPIRES', keyMaterialDescription: 'first' })
  assert.deepEqual(second.responseElements, { keyId: Arn, keyMaterialId: KeyMaterialId })
  assert.deepEqual(third.requestParameters, { keyId: KeyId, keyMaterialId: KeyMaterialId })
  assert.deepEqual(third.responseElements, { keyId: Arn, keyMaterialId: KeyMaterialId })
  for (const event of [first, second, third]) {
    assert.match(JSON.stringify(event.resources), new RegExp(Arn))
    for (const secret of [ImportToken, PublicKey, EncryptedKeyMaterial])
      assert.ok(!JSON.stringify(event).includes(secret))
  }
})

const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400
const denial = (action: string, Condition: object) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: `kms:${action}`,
  Resource: '*',
  Condition,
})

/** An import that a policy admits only with a date, a wrapping and an algorithm. */
const POLICY = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
      denial('GetParametersForImport', { StringNotEquals: { 'kms:WrappingAlgorithm': OAEP } }),
      denial('GetParametersForImport', { StringNotEquals: { 'kms:WrappingKeySpec': 'RSA_2048' } }),
      denial('ImportKeyMaterial', { Null: { 'kms:ExpirationModel': 'true' } }),
      denial('ImportKeyMaterial', { DateGreaterThan: { 'kms:ValidTo': new Date(inDays(10) * 1000).toISOString() } }),
      denial('ImportKeyMaterial', { NumericLessThan: { 'kms:ValidTo': String(inDays(1)) } }),
    ],
  })

const EXPIRES = { ExpirationModel: 'KEY_MATERIAL_EXPIRES' }
const DECISIONS: ReadonlyArray<readonly [string, object, 'allowed' | 'denied']> = [
  ['a model and a date between the bounds', { ...EXPIRES, ValidTo: inDays(5) }, 'allowed'],
  ['no model', { ValidTo: inDays(5) }, 'denied'],
  ['a date that is too late', { ...EXPIRES, ValidTo: inDays(11) }, 'denied'],
  ['a date that is too early', { ...EXPIRES, ValidTo: inDays(0.5) }, 'denied'],
  ['no date', { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }, 'allowed'],
]
for (const [what, input, verdict] of DECISIONS)
  test(`an import with ${what} is ${verdict} by a policy on its date and model`, async () => {
    const { KeyId } = await createKey(trent, {}, { Origin: 'EXTERNAL', Policy: POLICY(trent.account) })
    const answer = await trent.kms('ImportKeyMaterial', {
      KeyId,
      ImportToken: base64('token'),
      EncryptedKeyMaterial: base64('material'),
      ...input,
    })
    refusedWith(answer, verdict === 'denied' ? 'AccessDeniedException' : 'InvalidImportTokenException')
  })

test('a policy on wrappings admits those that it names alone', async () => {
  const { KeyId } = await createKey(trent, {}, { Origin: 'EXTERNAL', Policy: POLICY(trent.account) })
  await parameters(KeyId)
  for (const wanted of [
    { WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' },
    { WrappingAlgorithm: OAEP, WrappingKeySpec: 'RSA_3072' },
  ])
    refusedWith(await trent.kms('GetParametersForImport', { KeyId, ...wanted }), 'AccessDeniedException')
})
