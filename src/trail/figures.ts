import { type Histogram, LATENCY_BOUNDS_S, openHistogram } from '../domain/histogram.ts'

/** How the writing of the trail goes. */
export type TrailFigures = {
  /** Seconds that a batch took to become durable. */
  readonly writes: Histogram
  /** Events that are durable since the start. */
  events: number
  /** Writes that failed since the start. */
  failures: number
  /** Milliseconds since the epoch of the last write that became durable, by the system's clock. */
  lastDurableAt?: number
}

export function openTrailFigures(): TrailFigures {
  return { writes: openHistogram(LATENCY_BOUNDS_S), events: 0, failures: 0 }
}
