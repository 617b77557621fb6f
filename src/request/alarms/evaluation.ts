import {
  type Alarm,
  type AlarmHistoryItem,
  type AlarmState,
  type AlarmStateValue,
  EVALUATION_SPARE_PERIODS,
  judged,
  reasonOf,
} from '../../domain/alarm.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { type FigureParts, figuresOf, type MinuteFigure, statisticOf, unitOf } from './figures.ts'

const MINUTE_MS = 60_000

/** Times as CloudWatch writes them into its own JSON. */
export const instant = (time: number): string => new Date(time).toISOString().replace('Z', '+0000')

/** An alarm after some minutes, with what happened to it; nothing when its state stayed. */
export type Evaluated = { readonly alarm: Alarm; readonly items: readonly AlarmHistoryItem[] }

const periodMinutes = ({ metric }: Alarm): number => Math.max(1, Math.ceil(metric.period / 60))

/** The statistic of each period up to a minute, oldest first. */
function valuesAt(alarm: Alarm, figures: readonly MinuteFigure[], minute: number): readonly (number | undefined)[] {
  const { evaluationPeriods, metric } = alarm
  const length = periodMinutes(alarm)
  const count = evaluationPeriods + EVALUATION_SPARE_PERIODS
  const first = minute - count * length
  const periods: MinuteFigure[][] = Array.from({ length: count }, () => [])
  for (const figure of figures) periods[Math.floor((figure.minute - first) / length)]?.push(figure)
  return periods.map((each) => (each.length === 0 ? undefined : statisticOf(each, metric.statistic)))
}

function stateOf(
  alarm: Alarm,
  value: AlarmStateValue,
  values: readonly (number | undefined)[],
  at: number,
): AlarmState {
  const { metric, evaluationPeriods, threshold } = alarm
  const recentDatapoints = values.filter((each) => each !== undefined).slice(-evaluationPeriods)
  const data = {
    version: '1.0',
    queryDate: instant(at),
    startDate: instant(at - evaluationPeriods * periodMinutes(alarm) * MINUTE_MS),
    statistic: metric.statistic,
    period: metric.period,
    recentDatapoints,
    threshold,
  }
  return { value, reason: reasonOf(alarm, value, values), reasonData: JSON.stringify(data), updatedAt: at }
}

/** An alarm in another state, and the line of its history. The revision is left to who stores it. */
export function moved(alarm: Alarm, state: AlarmState): Evaluated {
  const told = ({ value, reason, reasonData }: AlarmState) => ({
    stateValue: value,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: parseReasonData(reasonData) }),
  })
  const item: AlarmHistoryItem = {
    account: alarm.account,
    region: alarm.region,
    name: alarm.name,
    at: state.updatedAt,
    type: 'StateUpdate',
    summary: `Alarm updated from ${alarm.state.value} to ${state.value}`,
    data: JSON.stringify({ version: '1.0', oldState: told(alarm.state), newState: told(state) }),
  }
  const transitionedAt = alarm.state.value === state.value ? alarm.transitionedAt : state.updatedAt
  return { alarm: { ...alarm, state, transitionedAt }, items: [item] }
}

function parseReasonData(text: string): unknown {
  return JSON.parse(text)
}

/**
 * Evaluates an alarm at every full minute after `from` up to `to`, both counted from the epoch.
 *
 * Its figures are read once, so that catching up after a stop or a leap of the clock is one read.
 */
export async function evaluate(
  parts: FigureParts,
  alarm: Alarm,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Evaluated | undefined | ServiceError> {
  const window = (alarm.evaluationPeriods + EVALUATION_SPARE_PERIODS) * periodMinutes(alarm)
  const span = { from: from + 1 - window, to }
  const isOtherUnit = alarm.metric.unit !== undefined && alarm.metric.unit !== unitOf(alarm.metric)
  const figures = isOtherUnit ? [] : await figuresOf(parts, alarm, alarm.metric, span)
  if (isError(figures)) return figures
  let current: Evaluated = { alarm, items: [] }
  for (let minute = from + 1; minute <= to; minute += 1) {
    const seen = figures.filter((figure) => figure.minute >= minute - window && figure.minute < minute)
    const values = valuesAt(alarm, seen, minute)
    const value = judged(alarm, values)
    if (value === undefined || value === current.alarm.state.value) continue
    const next = moved(current.alarm, stateOf(alarm, value, values, minute * MINUTE_MS))
    current = { alarm: next.alarm, items: [...current.items, ...next.items] }
  }
  return current.items.length === 0 ? undefined : current
}
