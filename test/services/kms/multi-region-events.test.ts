import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { RotateKeyOnDemandCommand, ScheduleKeyDeletionCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms'
import { AWAY, clientsIn, described, FAR, HOME, newFamily, newPrimary, replicate } from '../../support/multi-region.ts'
import { eventsOf, type TrailEvent, trailEvents } from '../../support/trail.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const data = trent.data ?? assert.fail()
const account = newAccount()
const regions = clientsIn(trent, account)
const { home, away } = regions
after(async () => {
  regions.destroy()
  await trent[Symbol.asyncDispose]()
})

const arn = (region: string, KeyId: string) => `arn:aws:kms:${region}:${account}:key/${KeyId}`
const resources = (region: string, KeyId: string) => [
  { accountId: account, type: 'AWS::KMS::Key', ARN: arn(region, KeyId) },
]
const ROOT = {
  type: 'Root',
  principalId: account,
  arn: `arn:aws:iam::${account}:root`,
  accountId: account,
  accessKeyId: account,
}

/** The events of a call, those of other Regions too, once there are `count`. */
async function eventsOfCall({ $metadata }: { $metadata: { requestId?: string | undefined } }, count: number) {
  for (let tries = 0; ; tries += 1) {
    const events = await eventsOf(data, $metadata.requestId ?? '')
    if (events.length >= count || tries === 100) return events
    await delay(20)
  }
}

/** What the service wrote by itself about a key, oldest first, once there are `count`. */
async function ownEvents(KeyId: string, count: number): Promise<readonly TrailEvent[]> {
  for (let tries = 0; ; tries += 1) {
    const all = await trailEvents(data)
    const own = all.filter(
      (event) => event.sourceIPAddress === 'AWS Internal' && JSON.stringify(event.resources ?? []).includes(KeyId),
    )
    if (own.length >= count || tries === 100) return own
    await delay(20)
  }
}

test('ReplicateKey is told in the Region of the primary, and as CreateKey in that of the replica', async () => {
  const KeyId = await newPrimary(home)
  const Tags = [{ TagKey: 'a', TagValue: 'b' }]
  const answer = await replicate(home, KeyId, AWAY, { Description: 'text', Tags })
  const [called, created, ...rest] = await eventsOfCall(answer, 2)
  assert.deepEqual(rest, [])
  const { eventName, awsRegion, userIdentity, requestParameters, responseElements, eventType, readOnly } =
    called ?? assert.fail()
  assert.deepEqual([eventName, awsRegion, eventType, readOnly], ['ReplicateKey', HOME, 'AwsApiCall', false])
  assert.deepEqual([userIdentity, called?.resources], [ROOT, resources(HOME, KeyId)])
  assert.deepEqual(requestParameters, {
    keyId: KeyId,
    replicaRegion: AWAY,
    description: 'text',
    tags: [{ tagKey: 'a', tagValue: 'b' }],
    bypassPolicyLockoutSafetyCheck: false,
  })
  const { replicaKeyMetadata, replicaTags } = Object(responseElements)
  assert.deepEqual([replicaKeyMetadata.arn, replicaKeyMetadata.keyState], [arn(AWAY, KeyId), 'Creating'])
  assert.deepEqual(
    [replicaTags, typeof Object(responseElements).replicaPolicy],
    [[{ tagKey: 'a', tagValue: 'b' }], 'string'],
  )
  assert.deepEqual([created?.eventName, created?.awsRegion, created?.eventType], ['CreateKey', AWAY, 'AwsApiCall'])
  assert.deepEqual(created?.userIdentity, { ...ROOT, invokedBy: 'kms.amazonaws.com' })
  assert.deepEqual([created?.sourceIPAddress, created?.resources], ['kms.amazonaws.com', resources(AWAY, KeyId)])
  const { multiRegion, description } = Object(created?.requestParameters)
  assert.deepEqual([multiRegion, description], [true, 'text'])
  assert.deepEqual(Object(created?.responseElements).keyMetadata, replicaKeyMetadata)
})

test('a replica that got its material is told in its own Region', async () => {
  const KeyId = await newFamily(regions)
  const [event, ...rest] = await ownEvents(KeyId, 1)
  assert.deepEqual(rest, [])
  const { eventID, requestID, eventTime, userAgent, ...shown } = event ?? assert.fail()
  assert.match(String(requestID), /^[0-9a-f-]{36}$/)
  assert.deepEqual(shown, {
    eventVersion: '1.11',
    userIdentity: { accountId: account, invokedBy: 'AWS Internal' },
    eventSource: 'kms.amazonaws.com',
    eventName: 'SynchronizeMultiRegionKey',
    awsRegion: AWAY,
    sourceIPAddress: 'AWS Internal',
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    resources: resources(AWAY, KeyId),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  })
})

test('a rotation is told once, and its arrival in each Region of a replica', async () => {
  const KeyId = await newFamily(regions, [AWAY, FAR])
  await home.send(new RotateKeyOnDemandCommand({ KeyId }))
  const events = (await ownEvents(KeyId, 5)).slice(2)
  assert.deepEqual(
    events.map(({ eventName, awsRegion }) => [eventName, awsRegion]).sort(),
    [
      ['RotateKey', HOME],
      ['SynchronizeMultiRegionKey', AWAY],
      ['SynchronizeMultiRegionKey', FAR],
    ].sort(),
  )
  const { currentKeyMaterialId } = Object(events.find((event) => event.eventName === 'RotateKey')?.serviceEventDetails)
  assert.equal(currentKeyMaterialId, (await described(away, KeyId)).CurrentKeyMaterialId)
})

test('UpdatePrimaryRegion is told in both Regions, each with its own key', async () => {
  const KeyId = await newFamily(regions)
  const answer = await home.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: AWAY }))
  const [called, other, ...rest] = await eventsOfCall(answer, 2)
  assert.deepEqual(rest, [])
  const shown = ({ eventName, awsRegion, requestParameters, userIdentity, resources: about }: TrailEvent) => ({
    eventName,
    awsRegion,
    requestParameters,
    invokedBy: Object(userIdentity).invokedBy,
    about,
  })
  assert.deepEqual(shown(called ?? assert.fail()), {
    eventName: 'UpdatePrimaryRegion',
    awsRegion: HOME,
    requestParameters: { keyId: KeyId, primaryRegion: AWAY },
    invokedBy: undefined,
    about: resources(HOME, KeyId),
  })
  assert.deepEqual(shown(other ?? assert.fail()), {
    eventName: 'UpdatePrimaryRegion',
    awsRegion: AWAY,
    requestParameters: { keyId: arn(AWAY, KeyId), primaryRegion: AWAY },
    invokedBy: 'kms.amazonaws.com',
    about: resources(AWAY, KeyId),
  })
})

test('a refusal is told once, where it was answered', async () => {
  const KeyId = await newFamily(regions)
  const call = replicate(home, KeyId, AWAY).then(
    () => assert.fail(),
    (refusal) => refusal,
  )
  const events = await eventsOfCall(await call, 1)
  assert.deepEqual(
    events.map(({ eventName, awsRegion, errorCode }) => [eventName, awsRegion, errorCode]),
    [['ReplicateKey', HOME, 'AlreadyExistsException']],
  )
})

test('the deletion of a primary with replicas shows no date', async () => {
  const KeyId = await newFamily(regions)
  const answer = await home.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
  const [event] = await eventsOfCall(answer, 1)
  const expected = { keyId: arn(HOME, KeyId), keyState: 'PendingReplicaDeletion', pendingWindowInDays: 7 }
  assert.deepEqual(event?.responseElements, expected)
})
