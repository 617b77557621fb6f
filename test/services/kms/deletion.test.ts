import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt } from '../../support/key.ts'
import { ownAliases } from '../../support/own-aliases.ts'
import { trailEvents } from '../../support/trail.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
after(() => trent[Symbol.asyncDispose]())

const advance = (duration: string) => trent.control('POST', '/_trent/clock', { advance: duration })
const now = async (): Promise<number> => Date.parse(JSON.parse((await trent.control('GET', '/_trent/clock')).text).now)
const DAY_MS = 86_400_000

for (const [input, days] of [
  [{}, 30],
  [{ PendingWindowInDays: 7 }, 7],
  [{ PendingWindowInDays: 30 }, 30],
] as const)
  test(`ScheduleKeyDeletion with ${JSON.stringify(input)} waits ${days} days`, async () => {
    const caller = { account: newAccount() }
    const { KeyId, Arn } = await createKey(trent, caller)
    const before = await now()
    const output = await trent.ok('ScheduleKeyDeletion', { KeyId, ...input }, caller)
    assert.deepEqual(output, {
      KeyId: Arn,
      DeletionDate: output.DeletionDate,
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    })
    const waited = output.DeletionDate * 1000 - before - days * DAY_MS
    assert.ok(waited >= -1 && waited < 60_000, String(waited))
    const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId }, caller)
    assert.deepEqual([KeyMetadata.Enabled, KeyMetadata.DeletionDate], [false, output.DeletionDate])
  })

for (const days of [1, 6, 31, 365])
  test(`a waiting period of ${days} days is refused`, async () => {
    const caller = { account: newAccount() }
    const { KeyId } = await createKey(trent, caller)
    refusedWith(
      await trent.kms('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: days }, caller),
      'ValidationException',
      'PendingWindowInDays must be between 7 and 30',
    )
    assert.equal((await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.KeyState, 'Enabled')
  })

test('a key is gone, with its aliases, when its waiting period is over, and not before', async () => {
  const caller = { account: newAccount() }
  const key = await createKey(trent, caller)
  const blob = await encrypt(trent, key.KeyId, 'text', caller)
  await trent.ok('CreateAlias', { AliasName: 'alias/doomed', TargetKeyId: key.KeyId }, caller)
  await trent.ok('ScheduleKeyDeletion', { KeyId: key.KeyId, PendingWindowInDays: 7 }, caller)
  await advance('P6DT23H59M')
  assert.equal(
    (await trent.ok('DescribeKey', { KeyId: 'alias/doomed' }, caller)).KeyMetadata.KeyState,
    'PendingDeletion',
  )
  await advance('PT2M')
  const gone = `Key 'arn:aws:kms:${REGION}:${caller.account}:key/${key.KeyId}' does not exist`
  refusedWith(await trent.kms('DescribeKey', { KeyId: key.KeyId }, caller), 'NotFoundException', gone)
  refusedWith(await trent.kms('CancelKeyDeletion', { KeyId: key.KeyId }, caller), 'NotFoundException', gone)
  refusedWith(await trent.kms('DescribeKey', { KeyId: 'alias/doomed' }, caller), 'NotFoundException')
  assert.deepEqual((await trent.ok('ListKeys', {}, caller)).Keys, [])
  assert.deepEqual(ownAliases((await trent.ok('ListAliases', {}, caller)).Aliases), [])
  refusedWith(
    await trent.kms('Decrypt', { CiphertextBlob: blob }, caller),
    'AccessDeniedException',
    /associated with this ciphertext/,
  )
  refusedWith(await trent.kms('Decrypt', { CiphertextBlob: blob, KeyId: key.KeyId }, caller), 'NotFoundException', gone)
  const { KeyId: other } = await createKey(trent, caller)
  refusedWith(
    await trent.kms('Decrypt', { CiphertextBlob: blob, KeyId: other }, caller),
    'InvalidCiphertextException',
    null,
  )
  assert.equal((await trent.kms('CreateAlias', { AliasName: 'alias/doomed', TargetKeyId: other }, caller)).status, 200)
})

test('a deletion is an event of the service itself', async () => {
  const caller = { account: newAccount() }
  const { KeyId, Arn } = await createHmacKey(trent, caller)
  await trent.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, caller)
  await advance('P8D')
  const events = (await trailEvents(trent.data ?? '')).filter(
    (event) => event.eventName === 'DeleteKey' && event.recipientAccountId === caller.account,
  )
  assert.equal(events.length, 1)
  const { eventID: _, eventTime: __, ...rest } = events[0] ?? assert.fail()
  assert.deepEqual(rest, {
    eventVersion: '1.11',
    userIdentity: { accountId: caller.account, invokedBy: 'AWS Internal' },
    eventSource: 'kms.amazonaws.com',
    eventName: 'DeleteKey',
    awsRegion: REGION,
    sourceIPAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    resources: [{ accountId: caller.account, type: 'AWS::KMS::Key', ARN: Arn }],
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: caller.account,
    eventCategory: 'Management',
  })
})

test('a key whose deletion was cancelled outlives its waiting period, disabled', async () => {
  const caller = { account: newAccount() }
  const { KeyId, Arn } = await createKey(trent, caller)
  const blob = await encrypt(trent, KeyId, 'text', caller)
  await trent.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, caller)
  assert.deepEqual(await trent.ok('CancelKeyDeletion', { KeyId }, caller), { KeyId: Arn })
  await advance('P31D')
  const { KeyMetadata } = await trent.ok('DescribeKey', { KeyId }, caller)
  assert.deepEqual([KeyMetadata.KeyState, KeyMetadata.DeletionDate], ['Disabled', undefined])
  await trent.ok('EnableKey', { KeyId }, caller)
  assert.equal((await trent.kms('Decrypt', { CiphertextBlob: blob }, caller)).status, 200)
})

test('a deletion scheduled anew waits from then on', async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  await trent.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, caller)
  await advance('P5D')
  await trent.ok('CancelKeyDeletion', { KeyId }, caller)
  await trent.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, caller)
  await advance('P6D')
  assert.equal((await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.KeyState, 'PendingDeletion')
  await advance('P1DT1M')
  refusedWith(await trent.kms('DescribeKey', { KeyId }, caller), 'NotFoundException')
})

test('a second ScheduleKeyDeletion is refused and moves nothing', async () => {
  const caller = { account: newAccount() }
  const { KeyId, Arn } = await createKey(trent, caller)
  const { DeletionDate } = await trent.ok('ScheduleKeyDeletion', { KeyId }, caller)
  refusedWith(
    await trent.kms('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, caller),
    'KMSInvalidStateException',
    `${Arn} is pending deletion.`,
  )
  assert.equal((await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.DeletionDate, DeletionDate)
})
