import assert from 'node:assert/strict'
import { rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openUsageBuilder } from '../../../src/trail/usage/builder.ts'
import { openUsageReader, type UsageGroup } from '../../../src/trail/usage/reader.ts'
import { openUsageForReading } from '../../../src/trail/usage/usage-file.ts'
import { mustOpen, optionsFor, temporaryDirectory } from '../temporary-trail.ts'

const ACCOUNT = '111122223333'
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const OTHER = `arn:aws:kms:us-east-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`
const REPLICA = OTHER.replace('us-east-1', 'eu-west-1')
const USER = { type: 'IAMUser', arn: `arn:aws:iam::${ACCOUNT}:user/alice`, accountId: ACCOUNT }
const EVERYTHING = { segment: Number.MAX_SAFE_INTEGER, batch: Number.MAX_SAFE_INTEGER }

type Members = { readonly [name: string]: unknown }

function event(eventName: string, more: Members = {}): string {
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: USER,
    eventTime: '2026-11-05T10:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: 'us-east-1',
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY }],
    ...more,
  })
}

const created = (arn: string, keySpec: string, more: Members = {}) =>
  event('CreateKey', {
    responseElements: { keyMetadata: { arn, keyId: arn.split('/')[1], keySpec, keyManager: 'CUSTOMER' } },
    resources: [{ ARN: arn }],
    ...more,
  })

async function counted(t: TestContext, lines: readonly string[]) {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(join(directory, 'trail'), { segmentMaxBytes: 2_000 }))
  for (const line of lines) await trail.append(line)
  await trail.close()
  return { trail: join(directory, 'trail'), path: join(directory, 'usage.db') }
}

/** All that is counted, by one group, after the file was brought up to the trail. */
async function usageIn({ trail, path }: Awaited<ReturnType<typeof counted>>, by: UsageGroup = 'operation') {
  {
    using builder = openUsageBuilder(path)
    await builder.follow(trail, EVERYTHING)
  }
  using db = openUsageForReading(path)
  assert.ok(db)
  const reader = openUsageReader(db)
  const counts = [...reader.requests(0, 100_000, by)]
  return {
    counts: counts.map(({ name, variant, outcome, count }) => [name, variant, outcome, count]),
    keys: [...reader.keys()],
  }
}

test('requests are counted by what was done with which kind of key, and how it ended', async (t) => {
  const made = await counted(t, [
    created(KEY, 'RSA_3072'),
    event('Sign'),
    event('Sign'),
    event('Sign', { errorCode: 'AccessDenied' }),
    event('GenerateDataKeyPair', { requestParameters: { keyPairSpec: 'ECC_NIST_P256' } }),
    event('ListKeys', { resources: [] }),
  ])
  const { counts } = await usageIn(made)
  assert.deepEqual(counts, [
    ['CreateKey', 'RSA_3072', '', 1],
    ['Sign', 'RSA_3072', '', 2],
    ['Sign', 'RSA_3072', 'AccessDenied', 1],
    ['GenerateDataKeyPair', 'ECC_NIST_P256', '', 1],
    ['ListKeys', '', '', 1],
  ])
})

const NOT_COUNTED: readonly (readonly [string, string])[] = [
  ['what another service was asked', event('CreateRole', { eventSource: 'iam.amazonaws.com' })],
  [
    'what KMS does by itself',
    event('RotateKey', { eventType: 'AwsServiceEvent', userIdentity: { invokedBy: 'AWS Internal' } }),
  ],
  [
    'what KMS does in another Region',
    event('UpdatePrimaryRegion', { userIdentity: { ...USER, invokedBy: 'kms.amazonaws.com' } }),
  ],
  [
    "the owner's copy of a call from another account",
    event('Decrypt', { userIdentity: { type: 'AWSAccount', accountId: '444455556666' } }),
  ],
  [
    'a caller who was not authenticated',
    event('Decrypt', { userIdentity: { type: 'Unknown' }, errorCode: 'InvalidSignatureException' }),
  ],
  ['a key of another account in a request of nobody', event('Decrypt', { recipientAccountId: undefined })],
]
for (const [what, line] of NOT_COUNTED)
  test(`${what} is not counted`, async (t) => {
    assert.deepEqual((await usageIn(await counted(t, [line]))).counts, [])
  })

const PRINCIPALS: readonly (readonly [string, Members, string])[] = [
  ['a user', USER, USER.arn],
  ['the root user', { type: 'Root', arn: `arn:aws:iam::${ACCOUNT}:root` }, `arn:aws:iam::${ACCOUNT}:root`],
  [
    'a role, whatever its sessions are called,',
    {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/session-1`,
      sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${ACCOUNT}:role/app` } },
    },
    `arn:aws:iam::${ACCOUNT}:role/app`,
  ],
  ['a service', { type: 'AWSService', invokedBy: 's3.amazonaws.com' }, 's3.amazonaws.com'],
]
for (const [who, userIdentity, name] of PRINCIPALS)
  test(`requests of ${who} are counted as such`, async (t) => {
    const { counts } = await usageIn(await counted(t, [event('Decrypt', { userIdentity })]), 'principal')
    assert.deepEqual(counts, [[name, '', '', 1]])
  })

test("a call on a key of another account is the caller's", async (t) => {
  const foreign = 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const { counts } = await usageIn(await counted(t, [event('Decrypt', { resources: [{ ARN: foreign }] })]), 'account')
  assert.deepEqual(counts, [[ACCOUNT, '', '', 1]])
})

const at = (day: string) => ({ eventTime: `2026-11-${day}T00:00:00Z` })
const second = (day: string) => Date.parse(`2026-11-${day}T00:00:00Z`) / 1_000

test('a key lives from its creation on, and ends when its deletion was scheduled and not cancelled', async (t) => {
  const made = await counted(t, [
    created(KEY, 'SYMMETRIC_DEFAULT', at('01')),
    event('ScheduleKeyDeletion', at('02')),
    event('CancelKeyDeletion', at('03')),
    event('ScheduleKeyDeletion', { ...at('04'), errorCode: 'AccessDenied' }),
    event('ScheduleKeyDeletion', at('05')),
    event('DeleteKey', { ...at('12'), eventType: 'AwsServiceEvent', userIdentity: { invokedBy: 'AWS Internal' } }),
    created(KEY, 'SYMMETRIC_DEFAULT', at('13')),
  ])
  const { keys } = await usageIn(made)
  const lives = keys.map(({ created: from, scheduled, deleted }) => [from, scheduled, deleted])
  assert.deepEqual(lives, [
    [second('01'), second('05'), second('12')],
    [second('13'), undefined, undefined],
  ])
})

test('a rotation counts for a primary and its replicas, and a replica is created once', async (t) => {
  const replica = (eventName: string, more: Members) =>
    created(REPLICA, 'SYMMETRIC_DEFAULT', { eventName, ...at('02'), ...more })
  const { keys } = await usageIn(
    await counted(t, [
      created(OTHER, 'SYMMETRIC_DEFAULT', at('01')),
      replica('ReplicateKey', {}),
      replica('CreateKey', { userIdentity: { ...USER, invokedBy: 'kms.amazonaws.com' } }),
      event('RotateKey', { ...at('03'), eventType: 'AwsServiceEvent', userIdentity: {}, resources: [{ ARN: OTHER }] }),
    ]),
  )
  assert.deepEqual(
    keys.map(({ arn, created: from, rotations }) => [arn, from, rotations]),
    [
      [REPLICA, second('02'), [second('03')]],
      [OTHER, second('01'), [second('03')]],
    ],
  )
})

test('nothing is counted twice or lost, whoever reads the trail how often', async (t) => {
  const made = await counted(
    t,
    Array.from({ length: 60 }, () => event('Decrypt')),
  )
  const whole = [['Decrypt', '', '', 60]]
  const readers = [openUsageBuilder(made.path), openUsageBuilder(made.path)]
  await Promise.all(readers.map((reader) => reader.follow(made.trail, EVERYTHING)))
  for (const reader of readers) reader[Symbol.dispose]()
  assert.deepEqual((await usageIn(made)).counts, whole)
  assert.deepEqual((await usageIn(made)).counts, whole)
  await rm(made.path)
  assert.deepEqual((await usageIn(made)).counts, whole)
  await writeFile(made.path, 'this is no database, and long enough to be taken for one'.repeat(100))
  assert.deepEqual((await usageIn(made)).counts, whole)
})

test('what a crash cut off after it was counted is not counted any more', async (t) => {
  const directory = await temporaryDirectory(t)
  const made = { trail: join(directory, 'trail'), path: join(directory, 'usage.db') }
  const append = async (...names: readonly string[]) => {
    const trail = await mustOpen(optionsFor(made.trail))
    for (const name of names) await trail.append(event(name))
    return trail
  }
  const first = await append('Encrypt')
  const segment = join(made.trail, 'segment-0000000001.jsonl')
  const { size } = await (await import('node:fs/promises')).stat(segment)
  await first.append(event('Decrypt'))
  assert.deepEqual((await usageIn(made)).counts.length, 2)
  await first.close()
  await truncate(segment, size)
  const again = await append('Sign', 'Sign')
  await again.close()
  assert.deepEqual((await usageIn(made)).counts, [
    ['Encrypt', '', '', 1],
    ['Sign', '', '', 2],
  ])
})

test('a reader who is interrupted goes on where it was', async (t) => {
  const made = await counted(
    t,
    Array.from({ length: 2_500 }, () => event('Decrypt')),
  )
  {
    using builder = openUsageBuilder(made.path)
    await builder.follow(made.trail, EVERYTHING, { isInterrupted: () => true })
    assert.ok(builder.position.batch > 0 && builder.position.batch < 2_500)
  }
  assert.deepEqual((await usageIn(made)).counts, [['Decrypt', '', '', 2_500]])
})
