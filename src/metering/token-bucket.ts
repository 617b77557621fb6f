/** A rate that is kept to: it fills up again all the time, up to what comes in one second. */
type Bucket = { tokens: number; at: number }

/** Something that is taken from a bucket. */
export type Taking = {
  readonly bucket: string
  readonly count: number
  /** Requests a second; 0 lets nothing through. */
  readonly rate: number
}

export type TokenBuckets = {
  /**
   * Takes all of it, or nothing when one bucket has too little.
   *
   * @param now - milliseconds since the epoch.
   */
  take(takings: readonly Taking[], now: number): boolean
  readonly size: number
}

/** A rate below one a second still lets one through when it has waited long enough; two at once need room for both. */
const capacityOf = ({ rate, count }: Taking): number => (rate === 0 ? 0 : Math.max(rate, 1, count))

/**
 * Buckets by name, each made when it is first taken from.
 *
 * @param max - buckets at once. The one that was taken from least lately makes room; when it is not full by then, its user
 *   gains at most a second's requests.
 */
export function openTokenBuckets(max: number): TokenBuckets {
  const buckets = new Map<string, Bucket>()

  function filled(taking: Taking, now: number): Bucket {
    const capacity = capacityOf(taking)
    const known = buckets.get(taking.bucket)
    if (!known) return { tokens: capacity, at: now }
    // A clock that was put back fills nothing.
    const gained = (Math.max(now - known.at, 0) / 1_000) * taking.rate
    known.tokens = Math.min(known.tokens + gained, capacity)
    known.at = now
    return known
  }

  function keep(name: string, bucket: Bucket): void {
    // The last in the order of insertion is the one that was taken from last.
    buckets.delete(name)
    const [oldest] = buckets.size >= max ? buckets.keys() : []
    if (oldest !== undefined) buckets.delete(oldest)
    buckets.set(name, bucket)
  }

  return {
    take(takings, now) {
      const all = takings.map((taking) => ({ taking, bucket: filled(taking, now) }))
      for (const { taking, bucket } of all) keep(taking.bucket, bucket)
      // Hundredths of a token are lost to the fractions of a second.
      if (all.some(({ taking, bucket }) => bucket.tokens + 1e-9 < taking.count)) return false
      for (const { taking, bucket } of all) bucket.tokens -= taking.count
      return true
    },
    get size() {
      return buckets.size
    },
  }
}
