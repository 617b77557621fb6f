import type { Scope } from '../../domain/arn.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { parseKeyId } from '../../domain/key-id.ts'
import { IMPORTED_MATERIALS_MAX } from '../../domain/limits.ts'
import { type Dimension, KMS_NAMESPACE, type MetricHistory, minuteOf } from '../metric-history.ts'
import type { Clock, Store } from '../ports.ts'

/** Which figures are meant. Dimensions in order of name, all of them: CloudWatch adds nothing up over dimensions. */
export type MetricName = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly Dimension[]
}

/** What was measured in one minute, counted from the epoch. `values` tell samples of one minute apart; each stands for `weight`. */
export type MinuteFigure = { readonly minute: number; readonly value: number; readonly weight: number }

export type FigureParts = {
  readonly store: Pick<Store, 'findKey' | 'listMaterials'>
  readonly metrics: MetricHistory
  readonly clock: Clock
}

export const EXPIRATION = 'SecondsUntilKeyMaterialExpiration'

/** The unit of a metric, in CloudWatch's words. */
export const unitOf = ({ namespace, name }: MetricName): 'Count' | 'Seconds' =>
  namespace === KMS_NAMESPACE && name === EXPIRATION ? 'Seconds' : 'Count'

type Span = { readonly from: number; readonly to: number }

const byName = ([one]: Dimension, [other]: Dimension) => (one < other ? -1 : one > other ? 1 : 0)

/** Dimensions in the order that figures are kept by. */
export const sortedDimensions = (dimensions: readonly Dimension[]): readonly Dimension[] => dimensions.toSorted(byName)

/**
 * The seconds that a key's first material to be destroyed had left, at each minute since it was imported. Only what is here
 * now is known: the past of material that is gone is not.
 */
async function expirations({ store, clock }: FigureParts, scope: Scope, metric: MetricName, { from, to }: Span) {
  const [dimension, ...others] = metric.dimensions
  const keyId = dimension?.[0] === 'KeyId' && others.length === 0 ? parseKeyId(dimension[1]) : undefined
  const key = keyId && (await store.findKey(scope, keyId))
  const validTo = key?.imported?.validTo
  if (!key || validTo === undefined) return []
  const materials = await store.listMaterials(scope, key.keyId, { limit: IMPORTED_MATERIALS_MAX })
  const since = Math.min(
    ...materials.filter(({ imported }) => imported?.validTo !== undefined).map((each) => each.createdAt),
  )
  const last = Math.min(to - 1, minuteOf(clock.now()), minuteOf(validTo))
  const figures: MinuteFigure[] = []
  for (let minute = Math.max(from, minuteOf(since)); minute <= last; minute += 1)
    figures.push({ minute, value: Math.max(0, Math.round((validTo - minute * 60_000) / 1_000)), weight: 1 })
  return figures
}

/** Figures from one minute on and before another, oldest first; nothing for minutes without any. */
export async function figuresOf(
  parts: FigureParts,
  scope: Scope,
  metric: MetricName,
  span: Span,
): Promise<readonly MinuteFigure[] | ServiceError> {
  if (unitOf(metric) === 'Seconds') return expirations(parts, scope, metric, span)
  const counts = await parts.metrics.counts({ ...scope, ...metric }, span.from, span.to)
  // Each of the counted calls is a sample of the value one.
  return isError(counts) ? counts : counts.map(({ minute, count }) => ({ minute, value: 1, weight: count }))
}

const PERCENTILE = /^p(\d{1,2}(\.\d{1,10})?|100)$/

/** Statistics that can be asked for by name: the plain ones, and percentiles. */
export const isPercentile = (statistic: string): boolean => PERCENTILE.test(statistic)

function percentile(figures: readonly MinuteFigure[], percent: number): number {
  const sorted = figures.toSorted((one, other) => one.value - other.value)
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
  let seen = 0
  for (const { value, weight } of sorted) {
    seen += weight
    if (seen >= (total * percent) / 100) return value
  }
  return sorted.at(-1)?.value ?? 0
}

/** One statistic of figures, of which there is at least one. */
export function statisticOf(figures: readonly MinuteFigure[], statistic: string): number {
  const samples = figures.reduce((sum, { weight }) => sum + weight, 0)
  const sum = figures.reduce((total, { value, weight }) => total + value * weight, 0)
  const values = figures.map(({ value }) => value)
  switch (statistic) {
    case 'SampleCount':
      return samples
    case 'Sum':
      return sum
    case 'Average':
      return sum / samples
    case 'Minimum':
      return Math.min(...values)
    case 'Maximum':
      return Math.max(...values)
    default:
      return percentile(figures, Number(PERCENTILE.exec(statistic)?.[1] ?? 50))
  }
}

export type Bucket = { readonly start: number; readonly figures: readonly MinuteFigure[] }

/**
 * Figures by period.
 *
 * @param start - seconds since the epoch at which the first period begins.
 * @param period - seconds.
 * @returns the periods that have any, oldest first; `start` in seconds.
 */
export function bucketed(figures: readonly MinuteFigure[], start: number, period: number): readonly Bucket[] {
  const buckets = new Map<number, MinuteFigure[]>()
  for (const figure of figures) {
    const at = start + Math.floor((figure.minute * 60 - start) / period) * period
    const bucket = buckets.get(at)
    if (bucket) bucket.push(figure)
    else buckets.set(at, [figure])
  }
  return [...buckets].map(([at, each]) => ({ start: at, figures: each }))
}
