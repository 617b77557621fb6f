import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import {
  type CloudTrailClient,
  type LookupAttributeKey,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail'
import { allow, clientsOf, newUser, refusal } from '../../support/principals.ts'
import { eventsOf } from '../../support/trail.ts'
import { startTrent, type TestTrent } from '../../support/trent.ts'
import { cloudTrailOf } from '../../trail/log-files/delivered.ts'

const trent = await startTrent('serve', { region: ['us-east-1', 'eu-central-1'] })
const client = cloudTrailOf(trent)
const { iam, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  client.destroy()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

async function newKey(
  of: TestTrent = trent,
  region = 'us-east-1',
): Promise<{ readonly id: string; readonly arn: string }> {
  const { KeyMetadata } = await of.ok('CreateKey', {}, { region })
  const { KeyId, Arn } = KeyMetadata as { readonly KeyId: string; readonly Arn: string }
  return { id: KeyId, arn: Arn }
}

const by = (AttributeKey: LookupAttributeKey, AttributeValue: string): LookupEventsCommandInput => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
})
async function events(input: LookupEventsCommandInput, of: CloudTrailClient = client) {
  const { Events = [] } = await of.send(new LookupEventsCommand(input))
  return Events
}

test('a call is found as soon as it is answered, by all that it is known by', async () => {
  const key = await newKey()
  await trent.ok('DescribeKey', { KeyId: key.id })
  const [described, created, ...others] = await events(by('ResourceName', key.arn))
  assert.deepEqual(others, [])
  assert.deepEqual([described?.EventName, created?.EventName], ['DescribeKey', 'CreateKey'])
  assert.deepEqual([described?.ReadOnly, created?.ReadOnly], ['true', 'false'])
  assert.equal(created?.EventSource, 'kms.amazonaws.com')
  assert.equal(created?.Username, 'root')
  assert.equal(created?.AccessKeyId, trent.credentials.accessKeyId)
  assert.deepEqual(created?.Resources, [{ ResourceType: 'AWS::KMS::Key', ResourceName: key.arn }])
  const shown = JSON.parse(created?.CloudTrailEvent ?? '')
  assert.equal(shown.eventID, created?.EventId)
  assert.equal(shown.trentDecision, undefined, 'what decided a call is not for everybody who may look up events')
  for (const input of [
    by('EventId', created?.EventId ?? ''),
    by('ResourceName', key.id),
    by('EventName', 'CreateKey'),
    by('ReadOnly', 'false'),
    by('Username', 'root'),
    by('ResourceType', 'AWS::KMS::Key'),
    by('EventSource', 'kms.amazonaws.com'),
    by('AccessKeyId', trent.credentials.accessKeyId),
    {},
  ]) {
    const ids = (await events(input)).map(({ EventId }) => EventId)
    assert.ok(ids.includes(created?.EventId), JSON.stringify(input))
  }
})

const NOBODYS: readonly LookupEventsCommandInput[] = [
  by('EventId', randomUUID()),
  by('EventId', 'no id'),
  by('EventName', 'createkey'),
  by('EventName', 'Create'),
  by('Username', 'nobody'),
  by('ResourceName', 'arn:aws:kms:us-east-1:111122223333:key/*'),
  by('ResourceType', 'AWS::S3::Object'),
  by('EventSource', 'kms'),
  by('AccessKeyId', "' or 1 = 1 --"),
]
for (const input of NOBODYS)
  test(`nothing is found for ${JSON.stringify(input.LookupAttributes)}`, async () => {
    assert.deepEqual(await events(input), [])
  })

test('pages are full, newest first, without an event twice or none', async () => {
  const key = await newKey()
  for (let i = 0; i < 11; i += 1) await trent.ok('DescribeKey', { KeyId: key.id })
  const all = (await events(by('ResourceName', key.arn))).map(({ EventId }) => EventId)
  assert.equal(all.length, 12)
  const paged: (string | undefined)[] = []
  let NextToken: string | undefined
  do {
    const page = await client.send(
      new LookupEventsCommand({ ...by('ResourceName', key.arn), MaxResults: 5, ...(NextToken ? { NextToken } : {}) }),
    )
    paged.push(...(page.Events ?? []).map(({ EventId }) => EventId))
    NextToken = page.NextToken
  } while (NextToken)
  assert.deepEqual(paged, all)
})

test('only events between the two times are found, both included', async () => {
  const key = await newKey()
  const [event] = await events(by('ResourceName', key.arn))
  const at = event?.EventTime?.getTime() ?? 0
  const range = (from: number, to: number) => ({
    ...by('ResourceName', key.arn),
    StartTime: new Date(from),
    EndTime: new Date(to),
  })
  assert.equal((await events(range(at, at))).length, 1)
  assert.deepEqual(await events(range(at + 1_000, at + 9_000)), [])
  assert.deepEqual(await events(range(at - 9_000, at - 1_000)), [])
  assert.deepEqual(await events({ ...by('EventId', event?.EventId ?? ''), EndTime: new Date(at - 1_000) }), [])
})

test('another Region does not see the events of this one', async () => {
  const key = await newKey(trent, 'eu-central-1')
  const other = cloudTrailOf(trent, 'eu-central-1')
  assert.deepEqual(await events(by('ResourceName', key.arn)), [])
  const [created] = await events(by('ResourceName', key.arn), other)
  assert.equal(created?.EventName, 'CreateKey')
  assert.deepEqual(await events(by('EventId', created?.EventId ?? '')), [])
  other.destroy()
})

const WRONG: readonly (readonly [sentence: string, input: object, code: string])[] = [
  [
    'two attributes',
    { LookupAttributes: [by('EventName', 'a'), by('EventName', 'b')].flatMap((each) => each.LookupAttributes ?? []) },
    'InvalidLookupAttributesException',
  ],
  [
    'an unknown attribute',
    { LookupAttributes: [{ AttributeKey: 'Color', AttributeValue: 'x' }] },
    'InvalidLookupAttributesException',
  ],
  [
    'an attribute of the prototype',
    { LookupAttributes: [{ AttributeKey: 'constructor', AttributeValue: 'x' }] },
    'InvalidLookupAttributesException',
  ],
  ['ReadOnly that is neither', by('ReadOnly', 'True'), 'InvalidLookupAttributesException'],
  ['an empty value', by('EventName', ''), 'ValidationException'],
  ['a value above the limit', by('EventName', 'x'.repeat(2_001)), 'ValidationException'],
  [
    'a start after the end',
    { StartTime: new Date(2_000_000), EndTime: new Date(1_000_000) },
    'InvalidTimeRangeException',
  ],
  ['a start in the future', { StartTime: new Date(Date.now() + 3_600_000) }, 'InvalidTimeRangeException'],
  ['no results', { MaxResults: 0 }, 'InvalidMaxResultsException'],
  ['more results than a page', { MaxResults: 51 }, 'InvalidMaxResultsException'],
  ['a token that is none', { NextToken: 'bm9uc2Vuc2U' }, 'InvalidNextTokenException'],
  ['an empty token', { NextToken: '' }, 'InvalidNextTokenException'],
  ['a category that there is not', { EventCategory: 'data' }, 'InvalidEventCategoryException'],
]
for (const [sentence, input, code] of WRONG)
  test(`LookupEvents refuses ${sentence} with ${code}`, async () => {
    await assert.rejects(client.send(new LookupEventsCommand(input)), refusal(code, 400))
  })

test('a token of another question is refused', async () => {
  await newKey()
  await newKey()
  const { NextToken } = await client.send(new LookupEventsCommand({ ...by('EventName', 'CreateKey'), MaxResults: 1 }))
  assert.ok(NextToken)
  for (const input of [by('EventName', 'DescribeKey'), {}, { ...by('EventName', 'CreateKey'), EndTime: new Date() }])
    await assert.rejects(
      client.send(new LookupEventsCommand({ ...input, NextToken })),
      refusal('InvalidNextTokenException', 400),
    )
})

test('insights there are none', async () => {
  assert.deepEqual(await events({ EventCategory: 'insight' }), [])
})

test('who is not allowed to learns nothing, and the attempt is recorded', async () => {
  const credentials = await newUser(iam, 'curious', allow('kms:*'))
  const curious = cloudTrailOf({ ...trent, credentials })
  after(() => curious.destroy())
  const refused = await curious.send(new LookupEventsCommand({})).then(
    () => undefined,
    (thrown) => thrown,
  )
  refusal(
    'AccessDeniedException',
    400,
    /is not authorized to perform: cloudtrail:LookupEvents .*because no identity-based policy allows/,
  )(refused)
  const [event] = await eventsOf(trent.data ?? '', refused.$metadata.requestId)
  assert.equal(event?.eventSource, 'cloudtrail.amazonaws.com')
  assert.equal(event?.errorCode, 'AccessDenied')
})

test('a user with the permission sees the account, and is seen by name', async () => {
  const credentials = await newUser(iam, 'auditor', allow('cloudtrail:LookupEvents'))
  const auditor = cloudTrailOf({ ...trent, credentials })
  after(() => auditor.destroy())
  await events({}, auditor)
  const [looked] = await events(by('Username', 'auditor'), auditor)
  assert.deepEqual([looked?.EventName, looked?.EventSource], ['LookupEvents', 'cloudtrail.amazonaws.com'])
})

test('a wrong signature is refused', async () => {
  const forger = cloudTrailOf({ ...trent, credentials: { ...trent.credentials, secretAccessKey: 'wrong' } })
  await assert.rejects(forger.send(new LookupEventsCommand({})), refusal('InvalidSignatureException', 400))
  forger.destroy()
})

test('the emulator without files finds its events too, and forgets them with a reset', async () => {
  await using dev = await startTrent('dev')
  const emulated = cloudTrailOf(dev)
  const key = await newKey(dev)
  assert.equal((await events(by('ResourceName', key.id), emulated))[0]?.EventName, 'CreateKey')
  await dev.ok('DescribeKey', { KeyId: key.id })
  assert.equal((await events(by('ResourceName', key.id), emulated)).length, 2)
  await dev.control('POST', '/_trent/reset')
  assert.deepEqual(await events(by('ResourceName', key.id), emulated), [])
  emulated.destroy()
})

test('accounts do not see each other', async () => {
  await using dev = await startTrent('dev')
  const one = cloudTrailOf({ ...dev, credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' } })
  const other = cloudTrailOf({ ...dev, credentials: { accessKeyId: '444455556666', secretAccessKey: 'x' } })
  await dev.ok('CreateKey', {}, { account: '111122223333' })
  const [created] = await events(by('EventName', 'CreateKey'), one)
  assert.ok(created)
  assert.deepEqual(await events(by('EventName', 'CreateKey'), other), [])
  assert.deepEqual(await events(by('EventId', created.EventId ?? ''), other), [])
  one.destroy()
  other.destroy()
})
