import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  ListAWSDefaultServiceQuotasCommand,
  ListServiceQuotasCommand,
  paginateListServiceQuotas,
  RequestServiceQuotaIncreaseCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'
import { temporaryDirectory } from '../../cli/trent.ts'
import { refusedWith } from '../../support/answer.ts'
import { missing } from '../../support/command.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const home = temporaryDirectory()
const path = join(home.path, 'quotas.json')
// Small values, so that few requests are too many; by name and by code.
await writeFile(
  path,
  JSON.stringify({
    'DescribeKey request rate': 3,
    'L-6E3AF000': 4,
    'Cryptographic operations (RSA) request rate': 2,
    'GenerateDataKeyPair (ECC_NIST_P256) request rate': 1,
  }),
)
const trent = await startTrent('dev', { quotas: path, auth: 'issued' })
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

const client = (accessKeyId: string, region = 'us-east-1') =>
  new ServiceQuotasClient({
    endpoint: trent.url,
    region,
    credentials: { accessKeyId, secretAccessKey: 'x' },
    maxAttempts: 1,
  })
const SYMMETRIC = { ServiceCode: 'kms', QuotaCode: 'L-6E3AF000' }
const ALIASES = { ServiceCode: 'kms', QuotaCode: 'L-340F62FB' }
/** Trent's clock stands when it was set and moves with the real one: a second of it is a second. */
const aSecondLater = () => trent.control('POST', '/_trent/clock', { advance: 'PT1S' })

const times = async <T>(count: number, run: () => Promise<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for (let n = 0; n < count; n += 1) all.push(await run())
  return all
}

test("the request that is one too many in a second is throttled in AWS's words, and the next second has its own", async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  const answers = await times(5, () => trent.kms('Encrypt', { KeyId, Plaintext: 'AAAA' }, caller))
  const refused = answers.filter(({ status }) => status === 400)
  assert.ok(refused.length > 0)
  for (const answer of refused)
    refusedWith(
      answer,
      'ThrottlingException',
      'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
    )
  await aSecondLater()
  await trent.ok('Encrypt', { KeyId, Plaintext: 'AAAA' }, caller)
})

/** How many of so many calls at once are let through. */
async function letThrough(count: number, call: () => ReturnType<typeof trent.kms>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, call))
  return answers.filter(({ code }) => code !== 'ThrottlingException').length
}

test('symmetric operations share a rate, and RSA, key pairs and management have their own', async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  const rsa = await createKey(trent, caller, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
  await aSecondLater()
  const random = () => trent.kms('GenerateRandom', { NumberOfBytes: 1 }, caller)
  assert.ok((await letThrough(40, random)) < 20)
  // Nothing is left for another operation of the class.
  assert.ok((await letThrough(40, () => trent.kms('Encrypt', { KeyId, Plaintext: 'AAAA' }, caller))) < 10)
  const sign = { KeyId: rsa.KeyId, Message: 'AAAA', SigningAlgorithm: 'RSASSA_PSS_SHA_256' }
  assert.ok((await letThrough(1, () => trent.kms('Sign', sign, caller))) === 1)
  assert.ok(
    (await letThrough(1, () => trent.kms('GenerateDataKeyPair', { KeyId, KeyPairSpec: 'ECC_NIST_P256' }, caller))) ===
      1,
  )
  assert.ok((await letThrough(1, () => trent.kms('DescribeKey', { KeyId }, caller))) === 1)
})

test('accounts and Regions have rates of their own', async () => {
  const one = { account: newAccount() }
  const random = (caller: { account: string; region?: string }) => () =>
    trent.kms('GenerateRandom', { NumberOfBytes: 1 }, caller)
  await letThrough(40, random(one))
  assert.equal(await letThrough(1, random({ account: newAccount() })), 1)
  assert.equal(await letThrough(1, random({ ...one, region: 'eu-west-1' })), 1)
})

test("calls on another account's key count for the caller's account", async () => {
  const [owner, other] = [{ account: newAccount() }, { account: newAccount() }]
  const policy = (principal: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:*', Resource: '*' }],
  })
  const { KeyMetadata } = await trent.ok('CreateKey', { Policy: JSON.stringify(policy('*')) }, owner)
  const encrypt = (caller: { account: string }) => () =>
    trent.kms('Encrypt', { KeyId: KeyMetadata.Arn, Plaintext: 'AAAA' }, caller)
  await letThrough(40, encrypt(other))
  assert.equal(await letThrough(1, encrypt(owner)), 1)
  assert.ok((await letThrough(40, encrypt(other))) < 20)
})

test('a throttled call is in the trail as AWS records it, and a call of another service is never throttled', async () => {
  const caller = { account: newAccount() }
  assert.ok((await letThrough(40, () => trent.kms('DescribeKey', { KeyId: 'alias/none' }, caller))) < 20)
  const sq = client(caller.account)
  await Promise.all(Array.from({ length: 20 }, () => sq.send(new GetServiceQuotaCommand(SYMMETRIC))))
  const credentials = { accessKeyId: caller.account, secretAccessKey: 'x' }
  const trail = new CloudTrailClient({ endpoint: trent.url, region: 'us-east-1', credentials })
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'DescribeKey' }]
  const { Events = [] } = await trail.send(new LookupEventsCommand({ LookupAttributes }))
  const codes = new Set(Events.map(({ CloudTrailEvent = '{}' }) => JSON.parse(CloudTrailEvent).errorCode))
  assert.deepEqual(codes, new Set(['NotFoundException', 'ThrottlingException']))
})

test('the SDK lists every quota, page by page', async () => {
  const names: (string | undefined)[] = []
  for await (const { Quotas = [] } of paginateListServiceQuotas(
    { client: client(newAccount()), pageSize: 7 },
    { ServiceCode: 'kms' },
  ))
    names.push(...Quotas.map(({ QuotaName }) => QuotaName))
  assert.deepEqual(names, [...names].sort())
  assert.equal(new Set(names).size, names.length)
  for (const name of [
    'Customer Master Keys (CMKs)',
    'Aliases per CMK',
    'CreateKey request rate',
    'GenerateDataKeyPair (RSA_2048) request rate',
  ])
    assert.ok(names.includes(name), name)
})

test("a quota is shown with the operator's value, its Region's, and whether it can be increased", async () => {
  const { Quota } = await client('111122223333').send(new GetServiceQuotaCommand(SYMMETRIC))
  assert.deepEqual(
    [Quota?.Value, Quota?.Adjustable, Quota?.Period, Quota?.QuotaArn],
    [4, true, { PeriodUnit: 'SECOND', PeriodValue: 1 }, 'arn:aws:servicequotas:us-east-1:111122223333:kms/L-6E3AF000'],
  )
  const list = await client(newAccount(), 'cn-north-1').send(
    new ListAWSDefaultServiceQuotasCommand({ ServiceCode: 'kms' }),
  )
  assert.equal(
    list.Quotas?.find(({ QuotaName }) => QuotaName === 'GenerateDataKeyPair (RSA_4096) request rate')?.Value,
    0.1,
  )
})

test('an increase is in force when the call returns, for its account and Region alone, and shows as such', async () => {
  const caller = { account: newAccount() }
  const sq = client(caller.account)
  const { RequestedQuota } = await sq.send(
    new RequestServiceQuotaIncreaseCommand({ ...SYMMETRIC, DesiredValue: 10_000 }),
  )
  assert.deepEqual([RequestedQuota?.Status, RequestedQuota?.DesiredValue], ['APPROVED', 10_000])
  assert.equal(await letThrough(60, () => trent.kms('GenerateRandom', { NumberOfBytes: 1 }, caller)), 60)
  const valueFor = async (each: ServiceQuotasClient) =>
    (await each.send(new GetServiceQuotaCommand(SYMMETRIC))).Quota?.Value
  assert.deepEqual(
    await Promise.all([valueFor(sq), valueFor(client(caller.account, 'eu-west-1')), valueFor(client(newAccount()))]),
    [10_000, 4, 4],
  )
  const { Quota } = await sq.send(new GetAWSDefaultServiceQuotaCommand(SYMMETRIC))
  assert.equal(Quota?.Value, 4)
})

test('an increase of a resource quota lets more of it be made', async () => {
  const caller = { account: newAccount() }
  const sq = client(caller.account)
  await sq.send(
    new RequestServiceQuotaIncreaseCommand({ ServiceCode: 'kms', QuotaCode: 'L-F7504F73', DesiredValue: 1_000 }),
  )
  const { KeyId } = await createKey(trent, caller)
  const alias = (n: number) => trent.kms('CreateAlias', { AliasName: `alias/a${n}`, TargetKeyId: KeyId }, caller)
  for (let n = 0; n < 50; n += 1) assert.equal((await alias(n)).status, 200)
  refusedWith(await alias(50), 'LimitExceededException')
  await sq.send(new RequestServiceQuotaIncreaseCommand({ ...ALIASES, DesiredValue: 51 }))
  assert.equal((await alias(50)).status, 200)
  refusedWith(await alias(51), 'LimitExceededException')
})

const REFUSED: readonly (readonly [string, string, object])[] = [
  ['a value that is not greater', 'IllegalArgumentException', { ...ALIASES, DesiredValue: 50 }],
  ['a value above all values', 'IllegalArgumentException', { ...ALIASES, DesiredValue: 10_000_000_001 }],
  [
    'a quota that is not adjustable',
    'IllegalArgumentException',
    { ServiceCode: 'kms', QuotaCode: 'L-0E66C9C0', DesiredValue: 99 },
  ],
  [
    'a quota that there is not',
    'NoSuchResourceException',
    { ServiceCode: 'kms', QuotaCode: 'L-00000000', DesiredValue: 99 },
  ],
  [
    'a service that there is not',
    'NoSuchResourceException',
    { ServiceCode: 's3', QuotaCode: 'L-340F62FB', DesiredValue: 99 },
  ],
]
for (const [what, name, input] of REFUSED)
  test(`an increase of ${what} is refused`, async () => {
    const { ServiceCode, QuotaCode, DesiredValue } = input as {
      ServiceCode: string
      QuotaCode: string
      DesiredValue: number
    }
    const asked = client(newAccount()).send(
      new RequestServiceQuotaIncreaseCommand({ ServiceCode, QuotaCode, DesiredValue }),
    )
    await assert.rejects(asked, { name })
  })

test('a token that no page gave is refused', async () => {
  const asked = client(newAccount()).send(new ListServiceQuotasCommand({ ServiceCode: 'kms', NextToken: 'AAAA' }))
  await assert.rejects(asked, { name: 'InvalidPaginationTokenException' })
})

const execute = promisify(execFile)
const skip = missing('aws')
test('AWS CLI: service-quotas shows and increases a quota', { skip }, async () => {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home.path,
    AWS_ACCESS_KEY_ID: newAccount(),
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: trent.url,
  }
  const aws = async (...words: readonly string[]) =>
    JSON.parse((await execute('aws', ['service-quotas', ...words, '--output', 'json'], { env })).stdout)
  const named = ['--service-code', 'kms', '--quota-code', 'L-C2F1777E']
  assert.equal((await aws('get-service-quota', ...named)).Quota.Value, 100_000)
  await aws('request-service-quota-increase', ...named, '--desired-value', '200000')
  const { Quotas } = await aws('list-service-quotas', '--service-code', 'kms')
  assert.equal(Quotas.find((quota: { QuotaCode: string }) => quota.QuotaCode === 'L-C2F1777E').Value, 200_000)
})

const FILES: readonly (readonly [string, RegExp])[] = [
  ['[]', /this is no JSON object/],
  ['{', /this is no JSON object/],
  ['{"Encrypt request rate": 1}', /there is no quota 'Encrypt request rate'/],
  ['{"CreateKey request rate": -1}', /the value of 'CreateKey request rate' is no number/],
  ['{"CreateKey request rate": "1"}', /the value of 'CreateKey request rate' is no number/],
]
for (const [text, message] of FILES)
  test(`a file of quotas that says ${text} lets nothing start`, async () => {
    const wrong = join(home.path, 'wrong.json')
    await writeFile(wrong, text)
    await assert.rejects(startTrent('dev', { quotas: wrong }), message)
  })
