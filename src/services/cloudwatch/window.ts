import type { Scope } from '../../domain/arn.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import {
  type Bucket,
  bucketed,
  type FigureParts,
  figuresOf,
  type MetricName,
  sortedDimensions,
  unitOf,
} from '../../request/alarms/figures.ts'
import { minuteOf } from '../../request/metric-history.ts'

export type Asked = {
  readonly scope: Scope
  readonly metric: MetricName
  readonly unit?: string
  /** Milliseconds since the epoch; the end is not included. */
  readonly from: number
  readonly to: number
  /** Seconds. */
  readonly period: number
}

/** A metric as requests name it. */
export function metricName(given: {
  readonly Namespace?: string
  readonly MetricName?: string
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[]
}): MetricName {
  const { Namespace: namespace = '', MetricName: name = '', Dimensions = [] } = given
  return { namespace, name, dimensions: sortedDimensions(Dimensions.map(({ Name, Value }) => [Name, Value] as const)) }
}

/** Figures by period, oldest first. The first period begins at the full minute of the start. Source: GetMetricData. */
export async function bucketsOf(parts: FigureParts, asked: Asked): Promise<readonly Bucket[] | ServiceError> {
  const { scope, metric, unit, from, to, period } = asked
  if (unit !== undefined && unit !== unitOf(metric)) return []
  const first = minuteOf(from)
  const figures = await figuresOf(parts, scope, metric, { from: first, to: Math.ceil(to / 60_000) })
  if (isError(figures)) return figures
  return bucketed(figures, first * 60, period)
}
