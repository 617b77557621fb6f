import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms'
import { refused } from '../../support/answer.ts'
import {
  AWAY,
  clientsIn,
  decryptedBy,
  described,
  encryptedBy,
  FAR,
  HOME,
  newFamily,
  newPrimary,
  partOf,
  replicate,
  stateOf,
} from '../../support/multi-region.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const account = newAccount()
const regions = clientsIn(trent, account)
const { home, away, far } = regions
after(async () => {
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${account}:key/${KeyId}`
const update = (kms: KMSClient, KeyId: string, PrimaryRegion: string) =>
  kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }))
const rotate = (kms: KMSClient, KeyId: string) => kms.send(new RotateKeyOnDemandCommand({ KeyId }))
const advance = async (duration: string): Promise<void> => {
  const answer = await trent.control('POST', '/_trent/clock', { advance: duration })
  assert.equal(answer.status, 200, answer.text)
}

test('primary and replica exchange their parts, and every related key knows', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  const { $metadata: _, ...answer } = await update(home, KeyId, AWAY)
  assert.deepEqual(answer, {})
  assert.deepEqual(await partOf(away, KeyId), ['PRIMARY', AWAY, [FAR, HOME]])
  for (const kms of [home, far]) assert.deepEqual(await partOf(kms, KeyId), ['REPLICA', AWAY, [FAR, HOME]])
  for (const kms of [home, away, far]) assert.equal(await stateOf(kms, KeyId), 'Enabled')
})

test('nothing else of either key changes', async () => {
  const KeyId = await newFamily(regions)
  const facts = async (kms: KMSClient) => {
    const { MultiRegionConfiguration: _, ...metadata } = await described(kms, KeyId)
    return { metadata, policy: (await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy }
  }
  const before = [await facts(home), await facts(away)]
  const ciphertext = await encryptedBy(home, KeyId)
  await update(home, KeyId, AWAY)
  assert.deepEqual([await facts(home), await facts(away)], before)
  for (const kms of [home, away]) assert.equal(await decryptedBy(kms, ciphertext), 'attack at dawn')
})

test('what only a primary may do, only the new one may', async () => {
  const KeyId = await newFamily(regions)
  await update(home, KeyId, AWAY)
  const notPrimary = `${arn(HOME, KeyId)} is not a multi-region primary key.`
  await refused(replicate(home, KeyId, FAR), 'UnsupportedOperationException', notPrimary)
  await refused(rotate(home, KeyId), 'UnsupportedOperationException', notPrimary)
  await refused(update(home, KeyId, AWAY), 'UnsupportedOperationException', notPrimary)
  await replicate(away, KeyId, FAR)
  await rotate(away, KeyId)
  assert.deepEqual(await partOf(home, KeyId), ['REPLICA', AWAY, [HOME, FAR]])
  const materials = await Promise.all(
    [home, away, far].map(async (kms) => (await described(kms, KeyId)).CurrentKeyMaterialId),
  )
  assert.equal(new Set(materials).size, 1)
  await update(away, KeyId, HOME)
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [FAR, AWAY]])
})

test('the new primary keeps the schedule and rotates all related keys on its date', async () => {
  const KeyId = await newFamily(regions)
  await home.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }))
  const next = async (kms: KMSClient) => (await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).NextRotationDate
  const date = await next(home)
  await update(home, KeyId, AWAY)
  assert.deepEqual([await next(home), await next(away)], [date, date])
  const before = (await described(home, KeyId)).CurrentKeyMaterialId
  // A disabled replica, which the old primary is now, holds up nobody.
  await home.send(new DisableKeyCommand({ KeyId }))
  await advance('P90DT1M')
  const [there, here] = [await described(away, KeyId), await described(home, KeyId)]
  assert.notEqual(there.CurrentKeyMaterialId, before)
  assert.equal(here.CurrentKeyMaterialId, there.CurrentKeyMaterialId)
})

test('the old primary can be deleted as a replica, the new one waits for its replicas', async () => {
  const KeyId = await newFamily(regions)
  await update(home, KeyId, AWAY)
  const schedule = (kms: KMSClient) => kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  assert.equal((await schedule(away)).KeyState, 'PendingReplicaDeletion')
  assert.equal((await schedule(home)).KeyState, 'PendingDeletion')
  await advance('P7DT1M')
  assert.equal(await stateOf(away, KeyId), 'PendingDeletion')
})

test('calls at the same time leave one primary, which all related keys agree on', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  const answers = await Promise.allSettled([update(home, KeyId, AWAY), update(home, KeyId, FAR), rotate(home, KeyId)])
  assert.ok(answers.some(({ status }) => status === 'fulfilled'))
  const [, primary, replicas] = await partOf(home, KeyId)
  for (const kms of [away, far]) assert.deepEqual((await partOf(kms, KeyId)).slice(1), [primary, replicas])
  assert.deepEqual([primary, ...(replicas ?? [])].sort(), [FAR, AWAY, HOME].sort())
})

test('a Region without a replica is not found, and the primary itself is refused', async () => {
  const KeyId = await newFamily(regions)
  await refused(update(home, KeyId, FAR), 'NotFoundException', `Key '${arn(FAR, KeyId)}' does not exist`)
  await refused(update(home, KeyId, HOME), 'UnsupportedOperationException')
  await refused(update(home, KeyId, 'nowhere'), 'ValidationException')
  await refused(update(far, KeyId, AWAY), 'NotFoundException')
  await home.send(new CreateAliasCommand({ AliasName: `alias/${KeyId}`, TargetKeyId: KeyId }))
  await refused(update(home, `alias/${KeyId}`, AWAY), 'InvalidArnException')
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY]])
})

test('what is no primary is refused', async () => {
  const KeyId = await newFamily(regions)
  await refused(update(away, KeyId, HOME), 'UnsupportedOperationException', /is not a multi-region primary key\.$/)
  const { KeyMetadata } = await home.send(new CreateKeyCommand({}))
  await refused(update(home, KeyMetadata?.KeyId ?? '', AWAY), 'UnsupportedOperationException')
  // An unrelated key of the same Region's primary is none of its replicas.
  const other = await newPrimary(away)
  await refused(update(home, other, AWAY), 'NotFoundException')
})

test('both keys must be enabled, and the refusal names the one that is not', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  await away.send(new DisableKeyCommand({ KeyId }))
  await refused(update(home, KeyId, AWAY), 'DisabledException', `${arn(AWAY, KeyId)} is disabled.`)
  await far.send(new ScheduleKeyDeletionCommand({ KeyId }))
  await refused(update(home, KeyId, FAR), 'KMSInvalidStateException', `${arn(FAR, KeyId)} is pending deletion.`)
  await home.send(new DisableKeyCommand({ KeyId }))
  await refused(update(home, KeyId, AWAY), 'DisabledException', `${arn(HOME, KeyId)} is disabled.`)
  assert.deepEqual(await partOf(home, KeyId), ['PRIMARY', HOME, [AWAY, FAR]])
})

for (const [where, other] of [
  [HOME, AWAY],
  [AWAY, HOME],
] as const)
  test(`the policy of the key in ${where} can deny the change, whatever that in ${other} says`, async () => {
    const KeyId = await newFamily(regions)
    const client = where === HOME ? home : away
    const statement = (Effect: string, Action: string, Condition: object) => ({
      Effect,
      Principal: { AWS: account },
      Action,
      Resource: '*',
      Condition,
    })
    const put = (region: string) => {
      const denied = statement('Deny', 'kms:UpdatePrimaryRegion', {
        StringEquals: { 'kms:PrimaryRegion': region, 'aws:RequestedRegion': where },
      })
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement('Allow', 'kms:*', {}), denied] })
      return client.send(new PutKeyPolicyCommand({ KeyId, Policy }))
    }
    await put(AWAY)
    await refused(update(home, KeyId, AWAY), 'AccessDeniedException', new RegExp(arn(where, KeyId)))
    assert.deepEqual(await partOf(away, KeyId), ['REPLICA', HOME, [AWAY]])
    await put(FAR)
    await update(home, KeyId, AWAY)
  })
