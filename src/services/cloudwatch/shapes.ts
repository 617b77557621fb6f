import { ALARM_HISTORY_TYPES, ALARM_STATES, STATISTICS } from '../../domain/alarm.ts'
import { boolean, double, integer, list, oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'

/** Shapes that several operations share, named as in the service model (2010-08-01). */

export const AlarmName = text(1, 255)
export const AlarmNames = list(AlarmName, undefined, 100)
export const MetricName = text(1, 255)
export const Namespace = text(1, 255, '[^:].*')
export const Period = integer(1)
export const MaxRecords = integer(1, 100)
export const NextToken = text()
export const ResourceList = list(text(1, 1024), undefined, 5)
export const Statistic = oneOf(...STATISTICS)
export const StateValue = oneOf(...ALARM_STATES)
export const HistoryItemType = oneOf(...ALARM_HISTORY_TYPES, 'AlarmContributorStateUpdate', 'AlarmContributorAction')
export const AlarmTypes = list(oneOf('CompositeAlarm', 'MetricAlarm'))
export const ScanBy = oneOf('TimestampDescending', 'TimestampAscending')
export const ComparisonOperator = oneOf(
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
)

const RATES = [
  'Bytes',
  'Kilobytes',
  'Megabytes',
  'Gigabytes',
  'Terabytes',
  'Bits',
  'Kilobits',
  'Megabits',
  'Gigabits',
  'Terabits',
] as const
export const StandardUnit = oneOf(
  'Seconds',
  'Microseconds',
  'Milliseconds',
  ...RATES,
  'Percent',
  'Count',
  ...RATES.map((unit) => `${unit}/Second` as const),
  'Count/Second',
  'None',
)

export const Dimension = structure({ Name: text(1, 255), Value: text(1, 1024) })
export const Dimensions = list(Dimension, undefined, 30)

export const Metric = structure({
  Namespace: optional(Namespace),
  MetricName: optional(MetricName),
  Dimensions: optional(Dimensions),
})

export const MetricDataQuery = structure({
  Id: text(1, 255),
  MetricStat: optional(structure({ Metric, Period, Stat: text(), Unit: optional(StandardUnit) })),
  Expression: optional(text(1, 2048)),
  Label: optional(text()),
  ReturnData: optional(boolean()),
  Period: optional(Period),
  AccountId: optional(text(1, 255)),
})

/** In the order in which the query protocol answers. */
export const MetricAlarm = structure({
  AlarmName: optional(text()),
  AlarmArn: optional(text()),
  AlarmDescription: optional(text()),
  AlarmConfigurationUpdatedTimestamp: optional(timestamp()),
  ActionsEnabled: optional(boolean()),
  OKActions: optional(list(text())),
  AlarmActions: optional(list(text())),
  InsufficientDataActions: optional(list(text())),
  StateValue: optional(text()),
  StateReason: optional(text()),
  StateReasonData: optional(text()),
  StateUpdatedTimestamp: optional(timestamp()),
  MetricName: optional(text()),
  Namespace: optional(text()),
  Statistic: optional(text()),
  Dimensions: optional(list(structure({ Name: text(), Value: text() }))),
  Period: optional(integer()),
  Unit: optional(text()),
  EvaluationPeriods: optional(integer()),
  Threshold: optional(double()),
  ComparisonOperator: optional(text()),
  ExtendedStatistic: optional(text()),
  TreatMissingData: optional(text()),
  DatapointsToAlarm: optional(integer()),
  StateTransitionedTimestamp: optional(timestamp()),
})
