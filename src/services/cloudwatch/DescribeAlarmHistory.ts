import { ALARM_HISTORY_TYPES } from '../../domain/alarm.ts'
import { isError } from '../../domain/error.ts'
import { ALARM_HISTORY_AGE_MS } from '../../domain/limits.ts'
import { list, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { alarmTargets } from './alarm-target.ts'
import * as shapes from './shapes.ts'
import { numberAt, tokenOf } from './tokens.ts'

const PAGE = 100

const AlarmHistoryItem = structure({
  AlarmName: optional(text()),
  AlarmType: optional(text()),
  Timestamp: optional(timestamp()),
  HistoryItemType: optional(text()),
  HistorySummary: optional(text()),
  HistoryData: optional(text()),
})

/**
 * What became of alarms in the last 30 days, those that are deleted included.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
 */
export const DescribeAlarmHistory = operation({
  name: 'DescribeAlarmHistory',
  input: {
    AlarmName: optional(shapes.AlarmName),
    AlarmContributorId: optional(text(1, 16)),
    AlarmTypes: optional(shapes.AlarmTypes),
    HistoryItemType: optional(shapes.HistoryItemType),
    StartDate: optional(timestamp()),
    EndDate: optional(timestamp()),
    MaxRecords: optional(shapes.MaxRecords),
    NextToken: optional(shapes.NextToken),
    ScanBy: optional(shapes.ScanBy),
  },
  output: { AlarmHistoryItems: optional(list(AlarmHistoryItem)), NextToken: optional(text()) },
  errors: ['InvalidNextToken'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async ({ AlarmName = '*' }, { scope }) =>
    alarmTargets('cloudwatch:DescribeAlarmHistory', scope, [AlarmName]),
  async run({ NextToken, MaxRecords: limit = PAGE, ...input }, _granted, { caller: { scope }, store, clock }) {
    const after = numberAt(input, NextToken)
    if (isError(after)) return after
    const { AlarmName, HistoryItemType, StartDate, EndDate, ScanBy, AlarmTypes, AlarmContributorId } = input
    const type = ALARM_HISTORY_TYPES.find((each) => each === HistoryItemType)
    const isOfOthers = AlarmTypes !== undefined && AlarmTypes.length > 0 && !AlarmTypes.includes('MetricAlarm')
    // Contributors are of alarms over several time series, which there are none of.
    if (isOfOthers || AlarmContributorId !== undefined || (HistoryItemType !== undefined && !type))
      return { output: { AlarmHistoryItems: [] } }
    const { items, next } = await store.alarmHistory(scope, {
      from: Math.max(StartDate ?? 0, clock.now() - ALARM_HISTORY_AGE_MS),
      to: EndDate ?? Number.MAX_SAFE_INTEGER,
      limit,
      isAscending: ScanBy === 'TimestampAscending',
      ...(AlarmName === undefined ? {} : { name: AlarmName }),
      ...(type === undefined ? {} : { type }),
      ...(after === undefined ? {} : { after }),
    })
    return {
      output: {
        AlarmHistoryItems: items.map((item) => ({
          AlarmName: item.name,
          AlarmType: 'MetricAlarm',
          Timestamp: item.at,
          HistoryItemType: item.type,
          HistorySummary: item.summary,
          HistoryData: item.data,
        })),
        ...(next === undefined ? {} : { NextToken: tokenOf(input, next) }),
      },
    }
  },
})
