import {
  type Alarm,
  type AlarmHistoryItem,
  alarmArn,
  COMPARISONS,
  MISSING_DATA,
  STATISTICS,
} from '../../domain/alarm.ts'
import type { Scope } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { ALARM_WINDOW_MAX_SECONDS } from '../../domain/limits.ts'
import type { StructureOf, ValueOf } from '../../protocol/shape.ts'
import { isPercentile, sortedDimensions } from '../../request/alarms/figures.ts'
import type { PUT_METRIC_ALARM } from './put-input.ts'
import type { MetricAlarm } from './shapes.ts'

type Input = StructureOf<typeof PUT_METRIC_ALARM>

const wrong = (message: string): ServiceError => error('ValidationException', message)
const missing = (name: string) => wrong(`The parameter ${name} is required.`)

/** Periods of CloudWatch. Source: PutMetricAlarm and MetricStat. */
export const isPeriod = (seconds: number): boolean => [1, 5, 10, 20, 30].includes(seconds) || seconds % 60 === 0

function refusedKinds({ Metrics, EvaluationCriteria, ThresholdMetricId }: Input): ServiceError | undefined {
  if (Metrics !== undefined || ThresholdMetricId !== undefined)
    return wrong('Alarms over metric math and anomaly detection are not supported.')
  return EvaluationCriteria === undefined ? undefined : wrong('Alarms over PromQL queries are not supported.')
}

function statisticOf({ Statistic, ExtendedStatistic }: Input): string | ServiceError {
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    return wrong('Exactly one of the parameters Statistic and ExtendedStatistic must be specified.')
  if (ExtendedStatistic !== undefined && !isPercentile(ExtendedStatistic))
    return wrong(`The value ${ExtendedStatistic} for parameter ExtendedStatistic is not supported.`)
  return Statistic ?? ExtendedStatistic ?? ''
}

function metricOf(input: Input): Alarm['metric'] | ServiceError {
  const { Namespace, MetricName, Dimensions = [], Period, Unit } = input
  if (Namespace === undefined) return missing('Namespace')
  if (MetricName === undefined) return missing('MetricName')
  if (Period === undefined) return missing('Period')
  const statistic = statisticOf(input)
  if (isError(statistic)) return statistic
  if (!isPeriod(Period) || Period === 1 || Period === 5) return wrong('Period must be 10, 20, 30 or a multiple of 60')
  const names = Dimensions.map(({ Name }) => Name)
  if (new Set(names).size < names.length) return wrong('The value for parameter Dimensions has a name twice.')
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: sortedDimensions(Dimensions.map(({ Name, Value }) => [Name, Value] as const)),
    statistic,
    period: Period,
    ...(Unit === undefined ? {} : { unit: Unit }),
  }
}

type Rule = Pick<Alarm, 'evaluationPeriods' | 'datapointsToAlarm' | 'threshold' | 'comparison' | 'missingData'>

function ruleOf(input: Input): Rule | ServiceError {
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, ComparisonOperator, TreatMissingData, Period = 60 } = input
  if (EvaluationPeriods === undefined) return missing('EvaluationPeriods')
  if (ComparisonOperator === undefined) return missing('ComparisonOperator')
  if (Threshold === undefined) return missing('Threshold')
  const comparison = COMPARISONS.find((each) => each === ComparisonOperator)
  if (!comparison) return wrong(`The comparison ${ComparisonOperator} needs anomaly detection, which is not supported.`)
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods)
    return wrong('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  const missingData = MISSING_DATA.find((each) => each === TreatMissingData)
  if (TreatMissingData !== undefined && !missingData)
    return wrong(`The value ${TreatMissingData} for parameter TreatMissingData is not supported.`)
  const window = Period >= 3_600 ? ALARM_WINDOW_MAX_SECONDS.hourly : ALARM_WINDOW_MAX_SECONDS.usual
  if (EvaluationPeriods * Period > window)
    return wrong(
      `Metrics cannot be checked across more than ${window / 86_400 === 1 ? 'a day' : '7 days'} (EvaluationPeriods * Period must be <= ${window}).`,
    )
  return {
    evaluationPeriods: EvaluationPeriods,
    comparison,
    threshold: Threshold,
    ...(DatapointsToAlarm === undefined ? {} : { datapointsToAlarm: DatapointsToAlarm }),
    ...(missingData === undefined ? {} : { missingData }),
  }
}

const INITIAL = 'Unchecked: Initial alarm creation'

/** The alarm that a request asks for, in place of the one there was, whose state it keeps. */
export function requestedAlarm(
  input: Input,
  { scope, was, now }: { readonly scope: Scope; readonly was: Alarm | undefined; readonly now: number },
): Alarm | ServiceError {
  const refused = refusedKinds(input)
  if (refused) return refused
  const metric = metricOf(input)
  if (isError(metric)) return metric
  const rule = ruleOf(input)
  if (isError(rule)) return rule
  const { AlarmName, AlarmDescription, ActionsEnabled = true } = input
  return {
    account: scope.account,
    region: scope.region,
    name: AlarmName,
    revision: (was?.revision ?? 0) + 1,
    ...(AlarmDescription === undefined ? {} : { description: AlarmDescription }),
    actionsEnabled: ActionsEnabled,
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    metric,
    ...rule,
    state: was?.state ?? { value: 'INSUFFICIENT_DATA', reason: INITIAL, updatedAt: now },
    transitionedAt: was?.transitionedAt ?? now,
    configuredAt: now,
  }
}

const isPlain = (statistic: string) => STATISTICS.some((each) => each === statistic)

/** An alarm as answers tell it. */
export function shownAlarm(alarm: Alarm): ValueOf<typeof MetricAlarm> {
  const { metric, state } = alarm
  return {
    AlarmName: alarm.name,
    AlarmArn: alarmArn(alarm, alarm.name),
    AlarmConfigurationUpdatedTimestamp: alarm.configuredAt,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    StateValue: state.value,
    StateReason: state.reason,
    StateUpdatedTimestamp: state.updatedAt,
    StateTransitionedTimestamp: alarm.transitionedAt,
    MetricName: metric.name,
    Namespace: metric.namespace,
    Dimensions: metric.dimensions.map(([Name, Value]) => ({ Name, Value })),
    Period: metric.period,
    EvaluationPeriods: alarm.evaluationPeriods,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    ...(isPlain(metric.statistic) ? { Statistic: metric.statistic } : { ExtendedStatistic: metric.statistic }),
    ...(alarm.description === undefined ? {} : { AlarmDescription: alarm.description }),
    ...(state.reasonData === undefined ? {} : { StateReasonData: state.reasonData }),
    ...(metric.unit === undefined ? {} : { Unit: metric.unit }),
    ...(alarm.missingData === undefined ? {} : { TreatMissingData: alarm.missingData }),
    ...(alarm.datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: alarm.datapointsToAlarm }),
  }
}

/** What history tells of an alarm: as answers do, without its state. */
function configurationOf(alarm: Alarm): object {
  const { StateValue: _, StateReason: __, StateReasonData: ___, ...shown } = shownAlarm(alarm)
  const named = Object.entries(shown).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value])
  return Object.fromEntries(named)
}

const WORDS = { Create: 'created', Update: 'updated', Delete: 'deleted' } as const

/** The line of history of an alarm that somebody made, changed or deleted. */
export function configurationItem(kind: keyof typeof WORDS, alarm: Alarm, at: number): AlarmHistoryItem {
  const { account, region, name } = alarm
  const word = WORDS[kind]
  return {
    account,
    region,
    name,
    at,
    type: 'ConfigurationUpdate',
    summary: `Alarm "${name}" ${word}`.slice(0, 255),
    data: JSON.stringify({ version: '1.0', type: kind, [`${word}Alarm`]: configurationOf(alarm) }),
  }
}
