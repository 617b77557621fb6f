import type { ServiceError } from '../domain/error.ts'
import type { ListedSeries, MinuteCount, SeriesWanted } from '../trail/history/minutes.ts'
import type { Series } from '../trail/history/series.ts'

export { type ListedSeries, type MinuteCount, minuteOf } from '../trail/history/minutes.ts'
export { type Dimension, KMS_NAMESPACE, OWN_NAMESPACE, type Series } from '../trail/history/series.ts'

/** What happened by the minute, as the trail tells it; `KMSInternalException` when the index cannot be read. */
export type MetricHistory = {
  /** From one minute on and before another, counted from the epoch; oldest first. */
  counts(series: Series, from: number, to: number): Promise<readonly MinuteCount[] | ServiceError>
  series(wanted: SeriesWanted): Promise<readonly ListedSeries[] | ServiceError>
}
