import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  type DescribeAlarmHistoryCommandInput,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { cloudWatchOf } from '../../support/cloudwatch.ts'
import { createKey } from '../../support/key.ts'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
const as = (account: string) => cloudWatchOf(trent, { accessKeyId: account, secretAccessKey: 'x' })
const ACCOUNT = '111122223333'
const cloudWatch = as(ACCOUNT)
const root = clientsOf(trent, { accessKeyId: ACCOUNT, secretAccessKey: 'x' })
after(async () => {
  cloudWatch.destroy()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const caller = { account: ACCOUNT }
const key = await createKey(trent, caller)
const wait = async (advance: string) => {
  const { status, text } = await trent.control('POST', '/_trent/clock', { advance })
  assert.equal(status, 200, text)
}
/** To the beginning of the next minute, so that what follows is in one. */
const begin = async () => {
  const { text } = await trent.control('GET', '/_trent/clock')
  await wait(`PT${61 - new Date(JSON.parse(text).now).getUTCSeconds()}S`)
}
const encrypt = async (times: number) => {
  await begin()
  for (let n = 0; n < times; n += 1) await trent.ok('Encrypt', { KeyId: key.KeyId, Plaintext: 'YQ==' }, caller)
}

const RULE = {
  Namespace: 'AWS/KMS',
  MetricName: 'SuccessfulRequest',
  Dimensions: [
    { Name: 'Operation', Value: 'Encrypt' },
    { Name: 'KeyArn', Value: key.Arn },
  ],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 2.5,
  ComparisonOperator: 'GreaterThanThreshold',
} as const

const put = (AlarmName: string, change: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudWatch.send(new PutMetricAlarmCommand({ AlarmName, ...RULE, Dimensions: [...RULE.Dimensions], ...change }))
async function described(input: DescribeAlarmsCommandInput) {
  const { MetricAlarms = [], NextToken } = await cloudWatch.send(new DescribeAlarmsCommand(input))
  return { alarms: MetricAlarms, next: NextToken }
}
async function one(name: string) {
  const { alarms } = await described({ AlarmNames: [name] })
  return alarms[0] ?? assert.fail(`there is no alarm ${name}`)
}
async function history(input: DescribeAlarmHistoryCommandInput) {
  const { AlarmHistoryItems = [], NextToken } = await cloudWatch.send(new DescribeAlarmHistoryCommand(input))
  return { items: AlarmHistoryItems, next: NextToken }
}

test('an alarm begins without data, alarms when its figure breaches, and comes back, with a history of it all', async () => {
  await put('busy', { TreatMissingData: 'notBreaching', AlarmDescription: 'too busy' })
  const made = await one('busy')
  assert.equal(made.StateValue, 'INSUFFICIENT_DATA')
  assert.equal(made.StateReason, 'Unchecked: Initial alarm creation')
  assert.equal(made.AlarmArn, `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:busy`)
  assert.deepEqual(made.Dimensions, [
    { Name: 'KeyArn', Value: key.Arn },
    { Name: 'Operation', Value: 'Encrypt' },
  ])
  await wait('PT2M')
  assert.equal((await one('busy')).StateValue, 'OK')
  await encrypt(3)
  await wait('PT1M')
  const alarming = await one('busy')
  assert.equal(alarming.StateValue, 'ALARM', String(alarming.StateReason))
  assert.equal(alarming.StateReason, 'Threshold Crossed: 1 datapoint [3.0] was greater than the threshold (2.5).')
  assert.deepEqual(JSON.parse(alarming.StateReasonData ?? '').recentDatapoints, [3])
  await wait('PT5M')
  assert.equal((await one('busy')).StateValue, 'OK')
  const { items } = await history({ AlarmName: 'busy' })
  assert.deepEqual(
    items.map(({ HistoryItemType, HistorySummary }) => [HistoryItemType, HistorySummary]),
    [
      ['StateUpdate', 'Alarm updated from ALARM to OK'],
      ['StateUpdate', 'Alarm updated from OK to ALARM'],
      ['StateUpdate', 'Alarm updated from INSUFFICIENT_DATA to OK'],
      ['ConfigurationUpdate', 'Alarm "busy" created'],
    ],
  )
  // Each is of the minute at which it was so, not of that at which the clock arrived.
  const [back, up] = items
  // A data point counts for two periods more than the alarm's own, while nothing newer comes.
  assert.equal((back?.Timestamp?.getTime() ?? 0) - (up?.Timestamp?.getTime() ?? 0), 3 * 60_000)
  assert.equal(JSON.parse(up?.HistoryData ?? '').newState.stateValue, 'ALARM')
})

test('several of several periods must breach', async () => {
  await put('twice', { EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 0, TreatMissingData: 'notBreaching' })
  await encrypt(1)
  await wait('PT1M')
  assert.equal((await one('twice')).StateValue, 'OK')
  await encrypt(1)
  await wait('PT1M')
  assert.equal((await one('twice')).StateValue, 'ALARM')
})

test('without data an alarm says so, unless told what that means', async () => {
  const none = { Dimensions: [{ Name: 'KeyArn', Value: 'none' }] }
  for (const [name, TreatMissingData, state] of [
    ['m-missing', undefined, 'INSUFFICIENT_DATA'],
    ['m-breaching', 'breaching', 'ALARM'],
    ['m-fine', 'notBreaching', 'OK'],
    ['m-ignore', 'ignore', 'INSUFFICIENT_DATA'],
  ] as const) {
    await put(name, { ...none, ...(TreatMissingData ? { TreatMissingData } : {}) })
    await wait('PT2M')
    assert.equal((await one(name)).StateValue, state, name)
  }
})

test('a state set by hand holds until the next evaluation, and is in the history', async () => {
  await put('hand', { TreatMissingData: 'notBreaching' })
  await wait('PT2M')
  await cloudWatch.send(new SetAlarmStateCommand({ AlarmName: 'hand', StateValue: 'ALARM', StateReason: 'a drill' }))
  const set = await one('hand')
  assert.deepEqual([set.StateValue, set.StateReason], ['ALARM', 'a drill'])
  await wait('PT1M')
  assert.equal((await one('hand')).StateValue, 'OK')
  const { items } = await history({ AlarmName: 'hand', HistoryItemType: 'StateUpdate', ScanBy: 'TimestampAscending' })
  assert.deepEqual(
    items.map(({ HistorySummary }) => HistorySummary),
    ['Alarm updated from INSUFFICIENT_DATA to OK', 'Alarm updated from OK to ALARM', 'Alarm updated from ALARM to OK'],
  )
})

test('a leap of a month is caught up for a day, and leaves the state that is so at its end', async () => {
  await put('leap', { TreatMissingData: 'notBreaching' })
  await encrypt(3)
  await wait('P30D')
  assert.equal((await one('leap')).StateValue, 'OK')
})

test('putting an alarm again changes what it looks at and keeps its state', async () => {
  await put('again', { TreatMissingData: 'notBreaching' })
  await wait('PT2M')
  await put('again', { Threshold: 7, ActionsEnabled: false, ExtendedStatistic: 'p99', Statistic: undefined })
  const { StateValue, Threshold, ActionsEnabled, ExtendedStatistic, Statistic, TreatMissingData } = await one('again')
  assert.deepEqual([StateValue, Threshold, ActionsEnabled, ExtendedStatistic], ['OK', 7, false, 'p99'])
  assert.deepEqual([Statistic, TreatMissingData], [undefined, undefined])
  const { items } = await history({ AlarmName: 'again', HistoryItemType: 'ConfigurationUpdate' })
  assert.deepEqual(
    items.map(({ HistorySummary }) => HistorySummary),
    ['Alarm "again" updated', 'Alarm "again" created'],
  )
})

test('actions are switched on and off; names that no alarm has are passed over', async () => {
  await put('switched')
  await cloudWatch.send(new DisableAlarmActionsCommand({ AlarmNames: ['switched', 'none'] }))
  assert.equal((await one('switched')).ActionsEnabled, false)
  await cloudWatch.send(new EnableAlarmActionsCommand({ AlarmNames: ['none', 'switched'] }))
  assert.equal((await one('switched')).ActionsEnabled, true)
})

test('alarms are found by prefix, state and action, page by page, and only in their account', async () => {
  for (const n of [1, 2, 3]) await put(`page-${n}`, { AlarmActions: [`arn:aws:sns:us-east-1:${ACCOUNT}:t${n}`] })
  const names = async (input: DescribeAlarmsCommandInput) =>
    (await described(input)).alarms.map(({ AlarmName }) => AlarmName)
  assert.deepEqual(await names({ AlarmNamePrefix: 'page-' }), ['page-1', 'page-2', 'page-3'])
  assert.deepEqual(await names({ AlarmNamePrefix: 'page-', StateValue: 'OK' }), [])
  assert.deepEqual(await names({ ActionPrefix: `arn:aws:sns:us-east-1:${ACCOUNT}:t2` }), ['page-2'])
  assert.deepEqual(await names({ AlarmTypes: ['CompositeAlarm'] }), [])
  const first = await described({ AlarmNamePrefix: 'page-', MaxRecords: 2 })
  assert.equal(first.alarms.length, 2)
  const rest = await described({ AlarmNamePrefix: 'page-', MaxRecords: 2, NextToken: first.next ?? '' })
  assert.deepEqual([rest.alarms.map(({ AlarmName }) => AlarmName), rest.next], [['page-3'], undefined])
  await assert.rejects(described({ AlarmNamePrefix: 'other', NextToken: first.next ?? '' }), {
    name: 'InvalidNextToken',
  })
  const stranger = as('999999999999')
  const { MetricAlarms } = await stranger.send(new DescribeAlarmsCommand({}))
  assert.deepEqual(MetricAlarms, [])
  stranger.destroy()
})

test('deleting deletes all or none, and the history stays', async () => {
  await put('gone')
  await assert.rejects(cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ['gone', 'never-was'] })), {
    name: 'ResourceNotFound',
  })
  assert.equal((await one('gone')).AlarmName, 'gone')
  await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ['gone'] }))
  assert.deepEqual((await described({ AlarmNames: ['gone'] })).alarms, [])
  const { items } = await history({ AlarmName: 'gone', MaxRecords: 1 })
  assert.equal(items[0]?.HistorySummary, 'Alarm "gone" deleted')
})

const REFUSED = [
  ['without a threshold', { Threshold: undefined }, 'The parameter Threshold is required.'],
  ['without a metric', { MetricName: undefined }, 'The parameter MetricName is required.'],
  [
    'with both kinds of statistic',
    { ExtendedStatistic: 'p99' },
    /Exactly one of the parameters Statistic and ExtendedStatistic/,
  ],
  [
    'with a statistic that is none',
    { Statistic: undefined, ExtendedStatistic: 'q1' },
    /q1 for parameter ExtendedStatistic/,
  ],
  ['with a period of 61 seconds', { Period: 61 }, 'Period must be 10, 20, 30 or a multiple of 60'],
  [
    'with more data points than periods',
    { DatapointsToAlarm: 2 },
    'DatapointsToAlarm must be less than or equal to EvaluationPeriods',
  ],
  ['over more than a day', { EvaluationPeriods: 1441 }, /Metrics cannot be checked across more than a day/],
  ['with an unknown word for missing data', { TreatMissingData: 'maybe' }, /maybe for parameter TreatMissingData/],
  ['of anomaly detection', { ComparisonOperator: 'GreaterThanUpperThreshold' }, /anomaly detection/],
  ['over metric math', { Metrics: [{ Id: 'm', Expression: '1' }] }, /metric math/],
  [
    'with six actions',
    { AlarmActions: ['1', '2', '3', '4', '5', '6'] },
    /Member must have length less than or equal to 5/,
  ],
] as const
for (const [what, change, message] of REFUSED)
  test(`an alarm ${what} is refused`, async () => {
    await assert.rejects(put('refused', change as unknown as Partial<PutMetricAlarmCommandInput>), {
      name: 'ValidationException',
      message,
    })
    assert.deepEqual((await described({ AlarmNames: ['refused'] })).alarms, [])
  })

test('a state needs an alarm, and data that is JSON', async () => {
  const set = (input: object) =>
    cloudWatch.send(new SetAlarmStateCommand({ AlarmName: 'busy', StateValue: 'OK', StateReason: '', ...input }))
  await assert.rejects(set({ AlarmName: 'none' }), { name: 'ResourceNotFound' })
  await assert.rejects(set({ StateReasonData: '{' }), { name: 'InvalidFormatFault' })
})

test('identity policies decide by the alarm', async () => {
  const arn = `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:mine-*`
  const all = `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:*`
  const user = await newUser(
    root.iam,
    'watcher',
    allow(['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarmHistory'], arn),
    allow(['cloudwatch:DescribeAlarms', 'cloudwatch:ListMetrics'], all),
  )
  const theirs = cloudWatchOf(trent, user)
  const putAs = (AlarmName: string) =>
    theirs.send(new PutMetricAlarmCommand({ AlarmName, ...RULE, Dimensions: [...RULE.Dimensions] }))
  await putAs('mine-1')
  await assert.doesNotReject(theirs.send(new DescribeAlarmsCommand({})))
  await assert.doesNotReject(theirs.send(new DescribeAlarmHistoryCommand({ AlarmName: 'mine-1' })))
  await assert.rejects(theirs.send(new DescribeAlarmHistoryCommand({})), { name: 'AccessDenied' })
  // It knows no resources: only a policy about everything lets somebody list metrics.
  await assert.rejects(theirs.send(new ListMetricsCommand({})), { name: 'AccessDenied' })
  const refused = {
    name: 'AccessDenied',
    message: /not authorized to perform: cloudwatch:PutMetricAlarm on resource: .*:alarm:busy/,
  }
  await assert.rejects(putAs('busy'), refused)
  await assert.rejects(theirs.send(new DeleteAlarmsCommand({ AlarmNames: ['mine-1', 'busy'] })), {
    name: 'AccessDenied',
  })
  assert.equal((await one('mine-1')).AlarmName, 'mine-1')
  theirs.destroy()
})

// The last one: it stops the service that the others use.
test('alarms and their history outlive a restart', async () => {
  const before = await one('page-1')
  const { items } = await history({ AlarmName: 'page-1' })
  await trent.close()
  await using again = await startTrent('dev', { data: trent.data ?? '' })
  const client = cloudWatchOf(again, { accessKeyId: ACCOUNT, secretAccessKey: 'x' })
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['page-1'] }))
  assert.deepEqual(MetricAlarms?.[0]?.AlarmConfigurationUpdatedTimestamp, before.AlarmConfigurationUpdatedTimestamp)
  // Its clock is real time again, and this history is of the future.
  const told = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: 'page-1' }))
  assert.equal(told.AlarmHistoryItems?.length, items.length)
  client.destroy()
})
