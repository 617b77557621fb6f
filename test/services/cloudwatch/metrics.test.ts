import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type Dimension,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListMetricsCommand,
  type ListMetricsCommandInput,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch'
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor'
import { cloudWatchOf } from '../../support/cloudwatch.ts'
import { openImporter } from '../../support/import.ts'
import { createKey } from '../../support/key.ts'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { claim, REGION, sign, startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve', { region: ['us-east-1', 'eu-central-1'] })
const cloudWatch = cloudWatchOf(trent, trent.credentials)
const importer = openImporter(trent)
const root = clientsOf(trent, trent.credentials)
after(async () => {
  cloudWatch.destroy()
  importer.kms.destroy()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const MINUTE_MS = 60_000
const { KeyId, Arn } = await createKey(trent)
const other = await createKey(trent)
const began = Date.now()
for (let n = 0; n < 3; n += 1) await trent.ok('Encrypt', { KeyId, Plaintext: 'YQ==' })
const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId: other.KeyId, Plaintext: 'YQ==' })
await trent.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId })
await trent.kms('Decrypt', { CiphertextBlob: 'YWJj' })

const dims = (given: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(given).map(([Name, Value]) => ({ Name, Value }))
const span = () => ({ StartTime: new Date(began - 10 * MINUTE_MS), EndTime: new Date(Date.now() + MINUTE_MS) })
const encrypts = {
  Namespace: 'AWS/KMS',
  MetricName: 'SuccessfulRequest',
  Dimensions: dims({ KeyArn: Arn, Operation: 'Encrypt' }),
}

async function statistics(input: Partial<GetMetricStatisticsCommandInput>, of: CloudWatchClient = cloudWatch) {
  const wanted = { ...encrypts, ...span(), Period: 3600, Statistics: ['Sum' as const], ...input }
  const { Datapoints = [], Label } = await of.send(new GetMetricStatisticsCommand(wanted))
  return { points: Datapoints, label: Label }
}
const total = async (input: Partial<GetMetricStatisticsCommandInput>, of?: CloudWatchClient) =>
  (await statistics(input, of)).points.reduce((sum, { Sum = 0 }) => sum + Sum, 0)

async function data(input: Partial<GetMetricDataCommandInput>) {
  const answer = await cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'm1', MetricStat: { Metric: encrypts, Period: 60, Stat: 'Sum' } }],
      ...span(),
      ...input,
    }),
  )
  return { results: answer.MetricDataResults ?? [], next: answer.NextToken }
}

async function listed(input: ListMetricsCommandInput = {}) {
  const { Metrics = [] } = await cloudWatch.send(new ListMetricsCommand(input))
  return Metrics
}

test('successful requests are counted by key and operation, as soon as they are answered', async () => {
  assert.equal(await total({}), 3)
  const plain = { Statistics: ['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'] as const }
  const { points, label } = await statistics({
    ...plain,
    Statistics: [...plain.Statistics],
    ExtendedStatistics: ['p99'],
  })
  assert.equal(label, 'SuccessfulRequest')
  const [point, ...rest] = points
  assert.deepEqual(rest, [])
  assert.deepEqual(
    [point?.SampleCount, point?.Sum, point?.Average, point?.Minimum, point?.Maximum, point?.Unit],
    [3, 3, 1, 1, 1, 'Count'],
  )
  assert.equal(point?.ExtendedStatistics?.p99, 1)
  assert.equal(point?.Timestamp?.getTime(), Math.floor((began - 10 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS)
})

test('ReEncrypt counts once, with both keys', async () => {
  const dimensions = dims({ Operation: 'ReEncrypt', SourceKeyArn: other.Arn, DestinationKeyArn: Arn })
  assert.equal(await total({ Dimensions: dimensions }), 1)
  assert.equal(await total({ Dimensions: dims({ KeyArn: Arn, Operation: 'ReEncrypt' }) }), 0)
})

test('nothing is added up over dimensions, and what failed is no success', async () => {
  assert.equal(await total({ Dimensions: [] }), 0)
  assert.equal(await total({ Dimensions: dims({ KeyArn: Arn }) }), 0)
  assert.equal(await total({ Dimensions: dims({ KeyArn: Arn, Operation: 'Decrypt' }) }), 0)
  const own = { Namespace: 'Trent', MetricName: 'Errors' }
  assert.equal(await total({ ...own, Dimensions: dims({ ErrorCode: 'InvalidCiphertextException' }) }), 1)
  assert.equal(
    await total({ ...own, MetricName: 'Requests', Dimensions: dims({ Operation: 'Encrypt', Service: 'kms' }) }),
    4,
  )
})

test('a metric in another unit, Region or account has no data', async () => {
  assert.equal(await total({ Unit: 'Bytes' }), 0)
  assert.equal(await total({ Unit: 'Count' }), 3)
  const elsewhere = cloudWatchOf(trent, trent.credentials, 'eu-central-1')
  assert.equal(await total({}, elsewhere), 0)
  elsewhere.destroy()
})

test('periods divide the time, and the end is not in it', async () => {
  const first = Math.floor(began / MINUTE_MS) * MINUTE_MS
  const { points } = await statistics({ Period: 60 })
  assert.ok(points.every(({ Timestamp }) => (Timestamp?.getTime() ?? 0) >= first))
  assert.equal(await total({ EndTime: new Date(first) }), 0)
  assert.equal(await total({ StartTime: new Date(first) }), 3)
})

test('GetMetricData answers every query under its id, the newest first unless told otherwise', async () => {
  const { results } = await data({
    MetricDataQueries: [
      { Id: 'sum', MetricStat: { Metric: encrypts, Period: 3600, Stat: 'Sum' } },
      { Id: 'named', Label: 'mine', MetricStat: { Metric: encrypts, Period: 3600, Stat: 'p50' } },
      { Id: 'none', MetricStat: { Metric: { ...encrypts, Dimensions: [] }, Period: 60, Stat: 'Average' } },
      { Id: 'hidden', ReturnData: false, MetricStat: { Metric: encrypts, Period: 60, Stat: 'Sum' } },
    ],
  })
  assert.deepEqual(
    results.map(({ Id, Label, Values, StatusCode }) => [Id, Label, Values, StatusCode]),
    [
      ['sum', 'SuccessfulRequest', [3], 'Complete'],
      ['named', 'mine', [1], 'Complete'],
      ['none', 'SuccessfulRequest', [], 'Complete'],
    ],
  )
})

const EXPIRY = { Namespace: 'AWS/KMS', MetricName: 'SecondsUntilKeyMaterialExpiration' }

test('the seconds until imported material expires are told for each minute, and page by page', async () => {
  const key = await importer.external()
  const validTo = new Date(Date.now() + 3 * 86_400_000)
  await importer.bring(key.KeyId, randomBytes(32), { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo })
  const Dimensions = dims({ KeyId: key.KeyId })
  const { points } = await statistics({ ...EXPIRY, Dimensions, Period: 60, Statistics: ['Minimum'] })
  const [point] = points
  assert.equal(point?.Unit, 'Seconds')
  assert.ok(Math.abs((point?.Minimum ?? 0) - 3 * 86_400) < 120, String(point?.Minimum))
  assert.ok((await listed(EXPIRY)).some((metric) => metric.Dimensions?.[0]?.Value === key.KeyId))
  const queries = ['a', 'b', 'c'].map((Id) => ({
    Id,
    MetricStat: { Metric: { ...EXPIRY, Dimensions }, Period: 3600, Stat: 'Maximum' },
  }))
  const first = await data({ MetricDataQueries: queries, MaxDatapoints: 2 })
  assert.deepEqual(
    first.results.map(({ Id }) => Id),
    ['a', 'b'],
  )
  assert.ok(first.next)
  const second = await data({ MetricDataQueries: queries, MaxDatapoints: 2, NextToken: first.next, ...pinned }).catch(
    (cause: Error) => cause,
  )
  // The token is of the same request: other times are another one.
  assert.ok(second instanceof Error && second.name === 'InvalidNextToken')
})
const pinned = { StartTime: new Date(0) }

test('the pages of GetMetricData hold every point once', async () => {
  const times = span()
  const queries = ['a', 'b', 'c'].map((Id) => ({ Id, MetricStat: { Metric: encrypts, Period: 3600, Stat: 'Sum' } }))
  const seen: string[] = []
  let NextToken: string | undefined
  do {
    const page = await data({
      MetricDataQueries: queries,
      MaxDatapoints: 1,
      ...times,
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    seen.push(...page.results.map(({ Id, Values }) => `${Id}${Values}`))
    NextToken = page.next
  } while (NextToken !== undefined)
  assert.deepEqual(seen, ['a3', 'b3', 'c3'])
})

test('metrics are listed by namespace, name and dimensions', async () => {
  const named = await listed({
    Namespace: 'AWS/KMS',
    MetricName: 'SuccessfulRequest',
    Dimensions: [{ Name: 'KeyArn', Value: Arn }],
  })
  assert.deepEqual(named, [{ ...encrypts, Dimensions: dims({ KeyArn: Arn, Operation: 'Encrypt' }) }])
  assert.ok((await listed({ Dimensions: [{ Name: 'SourceKeyArn' }] })).length === 1)
  assert.deepEqual(await listed({ Namespace: 'AWS/EC2' }), [])
  assert.ok((await listed({ RecentlyActive: 'PT3H' })).length > 3)
})

const query = (change: object) => ({
  MetricDataQueries: [{ Id: 'm1', MetricStat: { Metric: encrypts, Period: 60, Stat: 'Sum' }, ...change }],
})
const REFUSED = [
  [
    'StartTime after EndTime',
    { StartTime: new Date(), EndTime: new Date(0) },
    /StartTime must be less than the parameter EndTime/,
  ],
  ['an id with a capital', query({ Id: 'M1' }), /parameter Id must begin with a small letter/],
  ['metric math', query({ MetricStat: undefined, Expression: 'm2 * 2' }), /Metric math is not supported/],
  [
    'a period of 61 seconds',
    query({ MetricStat: { Metric: encrypts, Period: 61, Stat: 'Sum' } }),
    /Period must be 1, 5, 10, 20, 30 or a multiple of 60/,
  ],
  [
    'a statistic that is none',
    query({ MetricStat: { Metric: encrypts, Period: 60, Stat: 'IQM' } }),
    /value IQM for parameter MetricStat.Stat/,
  ],
  ['no query', { MetricDataQueries: [] }, /MetricDataQueries is required/],
] as const
for (const [what, input, message] of REFUSED)
  test(`GetMetricData refuses ${what}`, async () => {
    await assert.rejects(data(input as Partial<GetMetricDataCommandInput>), { message })
  })

test('GetMetricStatistics refuses more points than an answer has, and no statistic', async () => {
  const long = { StartTime: new Date(Date.now() - 2 * 86_400_000), EndTime: new Date(), Period: 60 }
  await assert.rejects(statistics(long), {
    name: 'InvalidParameterCombinationException',
    message:
      'You have requested up to 2,880 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
  })
  await assert.rejects(statistics({ Statistics: undefined }), {
    message: 'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
  })
  await assert.rejects(statistics({ ExtendedStatistics: ['tm99'] }), { name: 'InvalidParameterValueException' })
})

test('who may not read metrics learns nothing', async () => {
  const user = await newUser(root.iam, 'reader', allow('cloudwatch:ListMetrics'))
  const theirs = cloudWatchOf(trent, user)
  await assert.doesNotReject(theirs.send(new ListMetricsCommand({})))
  await assert.rejects(
    theirs.send(new GetMetricStatisticsCommand({ ...encrypts, ...span(), Period: 60, Statistics: ['Sum'] })),
    {
      name: 'AccessDenied',
      message: /is not authorized to perform: cloudwatch:GetMetricStatistics/,
    },
  )
  theirs.destroy()
})

test('the query protocol answers the same in XML, and its errors with their old codes', async () => {
  const ask = async (parameters: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams({ Version: '2010-08-01', ...parameters }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return trent.send(sign(trent.url, { headers, body }, trent.credentials, { service: 'monitoring' }))
  }
  const times = { StartTime: span().StartTime.toISOString(), EndTime: span().EndTime.toISOString(), Period: '3600' }
  const named = {
    Action: 'GetMetricStatistics',
    Namespace: 'AWS/KMS',
    MetricName: 'SuccessfulRequest',
    'Dimensions.member.1.Name': 'KeyArn',
    'Dimensions.member.1.Value': Arn,
    'Dimensions.member.2.Name': 'Operation',
    'Dimensions.member.2.Value': 'Encrypt',
    ...times,
  }
  const answer = await ask({ ...named, 'Statistics.member.1': 'Sum' })
  assert.equal(answer.status, 200, answer.text)
  assert.match(
    answer.text,
    /<GetMetricStatisticsResponse xmlns="http:\/\/monitoring.amazonaws.com\/doc\/2010-08-01\/">/,
  )
  assert.match(answer.text, /<Sum>3<\/Sum>/)
  const refused = await ask(named)
  assert.equal(refused.status, 400)
  assert.match(refused.text, /<Code>InvalidParameterCombination<\/Code>/)
  assert.match(
    (await ask({ Action: 'PutMetricAlarm', AlarmName: 'a', Threshold: 'much' })).text,
    /<Code>ValidationError<\/Code>/,
  )
})

test('clients that speak CBOR are answered in it, dates, numbers and errors too', async () => {
  const client = new CloudWatchClient({
    endpoint: trent.url,
    region: REGION,
    credentials: trent.credentials,
    maxAttempts: 1,
    protocol: SmithyRpcV2CborProtocol,
  })
  const asked = { ...encrypts, ...span(), Period: 3600, Statistics: ['Sum', 'Average'] as ['Sum', 'Average'] }
  const { Datapoints: [point] = [], Label } = await client.send(new GetMetricStatisticsCommand(asked))
  assert.deepEqual([Label, point?.Sum, point?.Average, point?.Unit], ['SuccessfulRequest', 3, 1, 'Count'])
  assert.equal(point?.Timestamp?.getTime(), Math.floor(asked.StartTime.getTime() / MINUTE_MS) * MINUTE_MS)
  await client.send(
    new PutMetricAlarmCommand({
      ...encrypts,
      AlarmName: 'cbor',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0.25,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  )
  const { MetricAlarms: [alarm] = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['cbor'] }))
  assert.deepEqual([alarm?.Threshold, alarm?.ActionsEnabled, alarm?.Dimensions?.length], [0.25, true, 2])
  assert.ok(alarm?.StateUpdatedTimestamp instanceof Date)
  await assert.rejects(client.send(new DeleteAlarmsCommand({ AlarmNames: ['none'] })), { name: 'ResourceNotFound' })
  client.destroy()
})

for (const [what, body, code] of [
  ['cut off', 'a2616101', 'SerializationException'],
  ['nested too deep', `${'81'.repeat(40)}01`, 'SerializationException'],
  ['a text', '6161', 'SerializationException'],
  ['a pattern', 'a16141d8236161', 'SerializationException'],
  ['without what must be there', 'a0', 'ValidationException'],
] as const)
  test(`a request in CBOR that is ${what} is a ${code}`, async () => {
    const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
    const path = '/service/GraniteServiceVersion20100801/operation/DescribeAlarmHistory'
    const wanted = code === 'ValidationException' ? path.replace('DescribeAlarmHistory', 'DeleteAlarms') : path
    const outgoing = { path: wanted, headers, body: Buffer.from(body, 'hex') }
    const { status, text } = await trent.send(sign(trent.url, outgoing, trent.credentials, { service: 'monitoring' }))
    assert.equal(status, 400)
    assert.match(text, new RegExp(code))
  })

test('operations and services that do not exist are unknown in CBOR too', async () => {
  for (const path of ['/service/GraniteServiceVersion20100801/operation/PutDashboard', '/service/Other/operation/A']) {
    const { status, text } = await trent.send({ path, headers: { 'smithy-protocol': 'rpc-v2-cbor' } })
    assert.equal(status, 400)
    assert.match(text, /UnknownOperationException/)
  }
})

test('clients of JSON 1.0 are told an error of the query protocol beside the new one', async () => {
  const { headers, text, status } = await trent.send(
    sign(
      trent.url,
      {
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'GraniteServiceVersion20100801.SetAlarmState',
          'x-amzn-query-mode': 'true',
        },
        body: JSON.stringify({ AlarmName: 'none', StateValue: 'OK', StateReason: 'r' }),
      },
      trent.credentials,
      { service: 'monitoring' },
    ),
  )
  assert.equal(status, 404)
  assert.equal(headers['content-type'], 'application/x-amz-json-1.0')
  assert.equal(headers['x-amzn-query-error'], 'ResourceNotFound;Sender')
  assert.equal(JSON.parse(text).__type, 'ResourceNotFound')
})

test('operations that are not built are unknown', async () => {
  const body = JSON.stringify({ Namespace: 'a', MetricData: [] })
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
  }
  const { text } = await trent.send(claim({ headers, body }, 'anybody', undefined, 'monitoring'))
  assert.equal(JSON.parse(text).__type, 'UnknownOperationException')
})

// The last one: it stops the service that the others use.
test('a restart keeps the figures', async () => {
  await trent.close()
  await using again = await startTrent('serve', { data: trent.data ?? '', region: ['us-east-1', 'eu-central-1'] })
  const client = cloudWatchOf(again, again.credentials)
  assert.equal(await total({}, client), 3)
  client.destroy()
})
