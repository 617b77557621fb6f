/** How often a value was how large. Observing one allocates nothing. */
export type Histogram = {
  /** Upper bounds of the buckets, each included, in ascending order; one bucket more has what is above. */
  readonly bounds: readonly number[]
  /** Per bucket, not cumulative. */
  readonly counts: Float64Array
  sum: number
}

export function openHistogram(bounds: readonly number[]): Histogram {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 }
}

export function observe(histogram: Histogram, value: number): void {
  const { bounds, counts } = histogram
  let at = 0
  while (at < bounds.length && value > (bounds[at] as number)) at += 1
  counts[at] = (counts[at] as number) + 1
  histogram.sum += value
}

/** Seconds. From a tenth of what an idle service takes to the limit of a request. */
export const LATENCY_BOUNDS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const
