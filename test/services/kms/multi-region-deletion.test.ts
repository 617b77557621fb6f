import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  EnableKeyCommand,
  EncryptCommand,
  type KMSClient,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { allRefused, refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  HOME,
  newFamily,
  partOf,
  replicate,
  stateOf,
} from '../../support/multi-region.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const account = newAccount()
const regions = clientsIn(trent, account)
const { home, away, far } = regions
after(async () => {
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const advance = async (duration: string): Promise<void> => {
  const answer = await trent.control('POST', '/_trent/clock', { advance: duration })
  assert.equal(answer.status, 200, answer.text)
}
const now = async () => Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${account}:key/${KeyId}`

async function schedule(kms: KMSClient, KeyId: string, PendingWindowInDays = 7) {
  const { $metadata: _, ...answer } = await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }))
  return answer
}
const cancel = (kms: KMSClient, KeyId: string) => kms.send(new CancelKeyDeletionCommand({ KeyId }))
const gone = (kms: KMSClient, KeyId: string) => refused(described(kms, KeyId), 'NotFoundException')

test('a replica is deleted after its own waiting period; its relatives stay and forget it', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  const { KeyState, DeletionDate } = await schedule(away, KeyId)
  assert.deepEqual([KeyState, DeletionDate instanceof Date], ['PendingDeletion', true])
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY, FAR]])
  await refused(away.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })), 'KMSInvalidStateException')
  await advance('P6D')
  assert.equal(await stateOf(away, KeyId), 'PendingDeletion')
  await advance('P1DT1M')
  await gone(away, KeyId)
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [FAR]])
  assert.deepEqual(await partOf(far, KeyId), ['REPLICA', HOME, [FAR]])
  assert.equal(await decryptedBy(far, await encryptedBy(home, KeyId)), 'attack at dawn')
})

test('a deleted replica can be made again, with the same material; one that is only pending cannot', async () => {
  const KeyId = await newFamily(regions)
  const CiphertextBlob = await encryptedBy(away, KeyId)
  await schedule(away, KeyId)
  await refused(replicate(home, KeyId, AWAY), 'AlreadyExistsException')
  await advance('P7DT1M')
  await refused(away.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException')
  await replicate(home, KeyId, AWAY)
  assert.equal(await decryptedBy(away, CiphertextBlob), 'attack at dawn')
  assert.deepEqual(await partOf(away, KeyId), ['REPLICA', HOME, [AWAY]])
})

test('a primary with replicas waits for them without a date, and they keep working', async () => {
  const KeyId = await newFamily(regions)
  assert.deepEqual(await schedule(home, KeyId, 9), {
    KeyId: arn(HOME, KeyId),
    KeyState: 'PendingReplicaDeletion',
    PendingWindowInDays: 9,
  })
  const { KeyState, Enabled, DeletionDate, PendingDeletionWindowInDays } = await described(home, KeyId)
  assert.deepEqual(
    [KeyState, Enabled, DeletionDate, PendingDeletionWindowInDays],
    ['PendingReplicaDeletion', false, undefined, 9],
  )
  await advance('P60D')
  assert.equal(await stateOf(home, KeyId), 'PendingReplicaDeletion')
  assert.equal(await decryptedBy(away, await encryptedBy(away, KeyId)), 'attack at dawn')
})

test('the waiting period of a primary begins when its last replica is deleted, not when that is scheduled', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  await schedule(home, KeyId, 10)
  await schedule(away, KeyId, 7)
  await schedule(far, KeyId, 20)
  await advance('P19DT23H')
  await gone(away, KeyId)
  assert.equal(await stateOf(home, KeyId), 'PendingReplicaDeletion')
  await advance('PT2H')
  await gone(far, KeyId)
  const { KeyState, DeletionDate, PendingDeletionWindowInDays } = await described(home, KeyId)
  assert.deepEqual([KeyState, PendingDeletionWindowInDays], ['PendingDeletion', undefined])
  const left = Number(DeletionDate) - (await now())
  assert.ok(left > 10 * DAY_MS - 7_200_000 && left <= 10 * DAY_MS, String(left))
  await advance('P9D')
  assert.equal(await stateOf(home, KeyId), 'PendingDeletion')
  await advance('P1D')
  await gone(home, KeyId)
})

test('time that is moved far ahead at once deletes replica and primary, each after its own period', async () => {
  const KeyId = await newFamily(regions)
  await schedule(away, KeyId, 7)
  await schedule(home, KeyId, 7)
  await advance('P15D')
  await gone(away, KeyId)
  await gone(home, KeyId)
})

test('a cancelled deletion leaves a disabled key, whatever it waited for', async () => {
  const KeyId = await newFamily(regions)
  await schedule(home, KeyId)
  await cancel(home, KeyId)
  const { KeyState, PendingDeletionWindowInDays } = await described(home, KeyId)
  assert.deepEqual([KeyState, PendingDeletionWindowInDays], ['Disabled', undefined])
  await schedule(away, KeyId)
  await advance('P8D')
  assert.equal(await stateOf(home, KeyId), 'Disabled')
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, []])
  await home.send(new EnableKeyCommand({ KeyId }))
  await replicate(home, KeyId, AWAY)
  await schedule(away, KeyId)
  await cancel(away, KeyId)
  assert.equal(await stateOf(away, KeyId), 'Disabled')
  await advance('P8D')
  assert.equal(await stateOf(away, KeyId), 'Disabled')
})

test('a cancelled primary whose replicas went meanwhile is deleted like any other key', async () => {
  const KeyId = await newFamily(regions)
  await schedule(home, KeyId)
  await schedule(away, KeyId)
  await advance('P8D')
  await cancel(home, KeyId)
  await advance('P30D')
  assert.equal(await stateOf(home, KeyId), 'Disabled')
  assert.equal((await schedule(home, KeyId)).KeyState, 'PendingDeletion')
  await advance('P8D')
  await gone(home, KeyId)
})

test('a primary that waits for its replicas refuses everything that one on its way out refuses', async () => {
  const KeyId = await newFamily(regions)
  await schedule(home, KeyId)
  const message = `${arn(HOME, KeyId)} is pending replica deletion.`
  await allRefused(
    [
      schedule(home, KeyId),
      replicate(home, KeyId, FAR),
      encryptedBy(home, KeyId),
      home.send(new EnableKeyCommand({ KeyId })),
      home.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })),
      home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY })),
    ],
    'KMSInvalidStateException',
    message,
  )
  await refused(cancel(away, KeyId), 'KMSInvalidStateException', `${arn(AWAY, KeyId)} is not pending deletion.`)
  for (const days of [6, 31]) await refused(schedule(away, KeyId, days), 'ValidationException')
})
