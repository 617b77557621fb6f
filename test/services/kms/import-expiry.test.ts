import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import { openImporter, wrapFor } from '../../support/import.ts'
import { keyEvents } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const { kms, external, describe, parameters, send, bring, drop } = openImporter(trent)
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const OAEP = 'RSAES_OAEP_SHA_256'
const NEW = { ImportType: 'NEW_KEY_MATERIAL' } as const
const clock = async (): Promise<number> =>
  Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
async function travelTo(time: number): Promise<void> {
  const answer = await trent.control('POST', '/_trent/clock', { set: new Date(time).toISOString() })
  assert.equal(answer.status, 200, answer.text)
}
/** A whole second, so many days from the service's now. */
const inDays = async (days: number) => new Date(Math.floor((await clock()) / 1000) * 1000 + days * DAY_MS)
const encrypted = async (KeyId: string) =>
  (await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('text') }))).CiphertextBlob ?? assert.fail()
const states = async (KeyId: string) => {
  const { Rotations = [] } = await kms.send(
    new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }),
  )
  return Rotations.map(({ KeyMaterialState, ImportState }) => `${KeyMaterialState} ${ImportState}`)
}

const expiries = (Arn: string, count: number) => keyEvents(trent.data ?? '', 'DeleteExpiredKeyMaterial', Arn, count)

test('material is destroyed on its date and not before; the same brought again opens what it encrypted', async () => {
  const { KeyId, Arn } = await external()
  const material = randomBytes(32)
  const ValidTo = await inDays(30)
  const { KeyMaterialId } = await bring(KeyId, material, { ValidTo })
  const CiphertextBlob = await encrypted(KeyId)
  const shown = await describe(KeyId)
  assert.deepEqual([shown.ExpirationModel, shown.ValidTo], ['KEY_MATERIAL_EXPIRES', ValidTo])
  await travelTo(ValidTo.getTime() - 60_000)
  assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  await travelTo(ValidTo.getTime())
  const gone = await describe(KeyId)
  assert.deepEqual([gone.KeyState, gone.Enabled, gone.CurrentKeyMaterialId], ['PendingImport', false, KeyMaterialId])
  assert.ok(!('ExpirationModel' in gone) && !('ValidTo' in gone))
  const call = kms.send(new DecryptCommand({ CiphertextBlob }))
  await refused(call, 'KMSInvalidStateException', `${Arn} is pending import.`)
  await refused(bring(KeyId, randomBytes(32)), 'IncorrectKeyMaterialException')
  assert.deepEqual((await bring(KeyId, material)).KeyMaterialId, KeyMaterialId)
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }))
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'text')
  const [event, ...more] = await expiries(Arn, 1)
  assert.deepEqual(more, [])
  assert.equal(event?.eventType, 'AwsServiceEvent')
  assert.deepEqual(event?.serviceEventDetails, { keyId: Arn, keyMaterialId: KeyMaterialId })
})

test('a date can be put off, or taken away, by bringing the material again; the old date does nothing then', async () => {
  const { KeyId, Arn } = await external()
  const material = randomBytes(32)
  const [first, second] = [await inDays(10), await inDays(20)]
  await bring(KeyId, material, { ValidTo: first })
  await bring(KeyId, material, { ValidTo: second })
  await travelTo(first.getTime() + DAY_MS)
  assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  await bring(KeyId, material)
  await travelTo(second.getTime() + DAY_MS)
  assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  assert.deepEqual(await expiries(Arn, 0), [])
})

test('material of one key that expires leaves the others', async () => {
  const [one, other] = [await external(), await external()]
  const ValidTo = await inDays(5)
  await bring(one.KeyId, randomBytes(32), { ValidTo })
  await bring(other.KeyId, randomBytes(32))
  await travelTo(ValidTo.getTime())
  assert.deepEqual(
    [(await describe(one.KeyId)).KeyState, (await describe(other.KeyId)).KeyState],
    ['PendingImport', 'Enabled'],
  )
})

test('of several materials each goes on its own date, with an event of its own', async () => {
  const { KeyId, Arn } = await external()
  const [one, two, three] = [await inDays(10), await inDays(20), await inDays(20)]
  await bring(KeyId, randomBytes(32), { ValidTo: one })
  await bring(KeyId, randomBytes(32), { ...NEW, ValidTo: two })
  await kms.send(new RotateKeyOnDemandCommand({ KeyId }))
  await bring(KeyId, randomBytes(32), { ...NEW, ValidTo: three })
  await travelTo(one.getTime())
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
  assert.deepEqual(await states(KeyId), ['NON_CURRENT PENDING_IMPORT', 'CURRENT IMPORTED', 'PENDING_ROTATION IMPORTED'])
  // What only waited is not remembered.
  await travelTo(two.getTime())
  assert.deepEqual(await states(KeyId), ['NON_CURRENT PENDING_IMPORT', 'CURRENT PENDING_IMPORT'])
  assert.equal((await expiries(Arn, 3)).length, 3)
})

test('material that waits for its rotation expires without harm to the key', async () => {
  const { KeyId, Arn } = await external()
  await bring(KeyId, randomBytes(32))
  const ValidTo = await inDays(3)
  await bring(KeyId, randomBytes(32), { ...NEW, ValidTo })
  await travelTo(ValidTo.getTime())
  assert.deepEqual([(await describe(KeyId)).KeyState, await states(KeyId)], ['Enabled', ['CURRENT IMPORTED']])
  const message = `No available key material pending rotation for the key: ${Arn}.`
  await refused(kms.send(new RotateKeyOnDemandCommand({ KeyId })), 'KMSInvalidStateException', message)
})

test('material expires in a disabled key, and in one that is pending deletion, which stays so', async () => {
  const [disabled, leaving] = [await external(), await external()]
  const ValidTo = await inDays(5)
  for (const { KeyId } of [disabled, leaving]) await bring(KeyId, randomBytes(32), { ValidTo })
  await kms.send(new DisableKeyCommand({ KeyId: disabled.KeyId }))
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: leaving.KeyId, PendingWindowInDays: 30 }))
  await travelTo(ValidTo.getTime())
  assert.equal((await describe(disabled.KeyId)).KeyState, 'PendingImport')
  assert.equal((await describe(leaving.KeyId)).KeyState, 'PendingDeletion')
  await kms.send(new CancelKeyDeletionCommand({ KeyId: leaving.KeyId }))
  assert.equal((await describe(leaving.KeyId)).KeyState, 'PendingImport')
})

test('deleted material does not expire any more, and a deleted key takes its dates with it', async () => {
  const [emptied, deleted] = [await external(), await external()]
  const ValidTo = await inDays(40)
  for (const { KeyId } of [emptied, deleted]) await bring(KeyId, randomBytes(32), { ValidTo })
  await drop(emptied.KeyId)
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: deleted.KeyId, PendingWindowInDays: 7 }))
  await travelTo(ValidTo.getTime() + DAY_MS)
  await refused(describe(deleted.KeyId), 'NotFoundException')
  assert.equal((await describe(emptied.KeyId)).KeyState, 'PendingImport')
  for (const { Arn } of [emptied, deleted]) assert.deepEqual(await expiries(Arn, 0), [])
})

test('a token serves for 24 hours by the clock of the service, and not a moment longer', async () => {
  const { KeyId } = await external()
  const { ImportToken, PublicKey, ParametersValidTo } = await parameters(KeyId)
  const wrapped = wrapFor(PublicKey, OAEP, randomBytes(32))
  await travelTo(ParametersValidTo.getTime() - 60_000)
  await send(KeyId, ImportToken, wrapped)
  await travelTo(ParametersValidTo.getTime())
  await refused(send(KeyId, ImportToken, wrapped), 'ExpiredImportTokenException')
  // Nobody learns the age of a token that is not his key's.
  const other = await external()
  await refused(send(other.KeyId, ImportToken, wrapped), 'InvalidImportTokenException')
})

test('a date up to 365 days ahead is taken', async () => {
  const { KeyId } = await external()
  const ValidTo = await inDays(365)
  await bring(KeyId, randomBytes(32), { ValidTo })
  assert.deepEqual((await describe(KeyId)).ValidTo, ValidTo)
})
