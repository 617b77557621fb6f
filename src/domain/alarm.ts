import type { Scope } from './arn.ts'
import { partitionOf } from './arn.ts'

/** What CloudWatch alarms are, and how they are decided. Source: CloudWatch API reference 2010-08-01 and user guide. */

export const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const
export type Statistic = (typeof STATISTICS)[number]

export const ALARM_STATES = ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const
export type AlarmStateValue = (typeof ALARM_STATES)[number]

export const COMPARISONS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
] as const
export type Comparison = (typeof COMPARISONS)[number]

export const MISSING_DATA = ['missing', 'notBreaching', 'breaching', 'ignore'] as const
export type MissingData = (typeof MISSING_DATA)[number]

export type AlarmState = {
  readonly value: AlarmStateValue
  readonly reason: string
  /** JSON. */
  readonly reasonData?: string
  /** Milliseconds since the epoch. */
  readonly updatedAt: number
}

/** Which figures an alarm looks at. */
export type AlarmMetric = {
  readonly namespace: string
  readonly name: string
  /** Name and value, in order of name. */
  readonly dimensions: readonly (readonly [name: string, value: string])[]
  /** A statistic, or a percentile such as `p99`. */
  readonly statistic: string
  /** Seconds. */
  readonly period: number
  readonly unit?: string
}

export type Alarm = Scope & {
  readonly name: string
  /** Grows by one with every change. */
  readonly revision: number
  readonly description?: string
  readonly actionsEnabled: boolean
  readonly okActions: readonly string[]
  readonly alarmActions: readonly string[]
  readonly insufficientDataActions: readonly string[]
  readonly metric: AlarmMetric
  readonly evaluationPeriods: number
  /** How many of them must breach; all when absent. */
  readonly datapointsToAlarm?: number
  readonly threshold: number
  readonly comparison: Comparison
  readonly missingData?: MissingData
  readonly state: AlarmState
  /** When the state last became another one. */
  readonly transitionedAt: number
  readonly configuredAt: number
}

export const ALARM_HISTORY_TYPES = ['ConfigurationUpdate', 'StateUpdate', 'Action'] as const
export type AlarmHistoryType = (typeof ALARM_HISTORY_TYPES)[number]

export type AlarmHistoryItem = Scope & {
  readonly name: string
  readonly at: number
  readonly type: AlarmHistoryType
  readonly summary: string
  /** JSON. */
  readonly data: string
}

export function alarmArn({ account, region }: Scope, name: string): string {
  return `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${name}`
}

type Rule = Pick<
  Alarm,
  'evaluationPeriods' | 'datapointsToAlarm' | 'threshold' | 'comparison' | 'missingData' | 'state'
>

const BREACHES: { readonly [C in Comparison]: (value: number, threshold: number) => boolean } = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
}

/** Periods before those of the alarm that stand in for missing ones. Source: user guide, "evaluation range", by its tables. */
export const EVALUATION_SPARE_PERIODS = 2

/**
 * The state that figures make.
 *
 * @param values - of the periods of the evaluation range, oldest first: `evaluationPeriods` and the spare ones before; nothing
 *   for a period without data.
 * @returns nothing when the alarm keeps its state. Source: CloudWatch user guide, how alarms treat missing data.
 */
export function judged(rule: Rule, values: readonly (number | undefined)[]): AlarmStateValue | undefined {
  const { evaluationPeriods: periods, datapointsToAlarm: wanted = periods, missingData = 'missing' } = rule
  const known = values.filter((value) => value !== undefined).slice(-periods)
  const missing = periods - known.length
  const breaching = known.filter((value) => BREACHES[rule.comparison](value, rule.threshold)).length
  if (breaching >= wanted) return 'ALARM'
  // So many are in order that what is missing could not make an alarm.
  if (known.length - breaching > periods - wanted) return 'OK'
  switch (missingData) {
    case 'breaching':
      return breaching + missing >= wanted ? 'ALARM' : 'OK'
    case 'notBreaching':
      return 'OK'
    case 'ignore':
      return known.length > 0 && breaching < known.length ? 'OK' : undefined
    case 'missing':
      if (known.length === 0) return 'INSUFFICIENT_DATA'
      return breaching === known.length ? 'ALARM' : 'OK'
  }
}

const COMPARED: { readonly [C in Comparison]: string } = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  GreaterThanThreshold: 'greater than',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
}

/** Numbers as CloudWatch writes them: at least one decimal. */
const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value))

const points = (count: number) => `${count} datapoint${count === 1 ? '' : 's'}`

/** Why an alarm has come to a state, in CloudWatch's words. Source: recorded alarm histories. */
export function reasonOf(rule: Rule, value: AlarmStateValue, values: readonly (number | undefined)[]): string {
  const known = values.filter((each) => each !== undefined).slice(-rule.evaluationPeriods)
  if (value === 'INSUFFICIENT_DATA' || known.length === 0) {
    const missing = rule.evaluationPeriods
    const unknown = `${points(missing)} ${missing === 1 ? 'was' : 'were'} unknown`
    return value === 'INSUFFICIENT_DATA'
      ? `Insufficient Data: ${unknown}.`
      : `Threshold Crossed: no datapoints were received for ${missing} period${missing === 1 ? '' : 's'} and ${points(missing)} of them ${missing === 1 ? 'was' : 'were'} treated as [${value === 'ALARM' ? 'Breaching' : 'NonBreaching'}].`
  }
  const shown = known.map(decimal).join(', ')
  const verb = known.length === 1 ? 'was' : 'were'
  const not = value === 'OK' ? ' not' : ''
  return `Threshold Crossed: ${points(known.length)} [${shown}] ${verb}${not} ${COMPARED[rule.comparison]} the threshold (${decimal(rule.threshold)}).`
}
