import {
  type Amount,
  CHARGED_ROTATIONS_MAX,
  FREE_REQUESTS_PER_MONTH,
  keyHourPrice,
  type PriceClass,
  type PricedRequest,
  priceClassOf,
  REQUEST_PRICES,
} from './price-list.ts'

const HOUR_MS = 3_600_000

/** From the first millisecond on, up to and without the last; whole hours, UTC. */
export type Period = { readonly from: number; readonly to: number }

/** So many requests. */
export type CountedRequests = PricedRequest & {
  /** Of the caller, who pays. */
  readonly account: string
  readonly count: number
}

/** One key's life. Times are milliseconds since the epoch. */
export type MeteredKey = {
  readonly manager: string
  readonly created: number
  /** Deletion is or was scheduled, and was not cancelled. */
  readonly scheduled?: number
  readonly deleted?: number
  /** In order. */
  readonly rotations: readonly number[]
}

/** For how long keys existed, and what that costs. */
export type KeyHours = {
  readonly keyHours: number
  /** Hours of rotations that are charged. */
  readonly rotationHours: number
  readonly keyAmount: Amount
}

/** What somebody used, and what it costs. */
export type Usage = KeyHours & {
  readonly requests: { readonly [Class in PriceClass]: number }
  readonly requestAmount: Amount
}

const NO_HOURS: KeyHours = { keyHours: 0, rotationHours: 0, keyAmount: 0n }
const NO_REQUESTS = { standard: 0, rsa2048: 0, asymmetric: 0, eccPair: 0, rsaPair: 0, unbilled: 0 } as const

export const amountOf = ({ requestAmount, keyAmount }: Usage): Amount => requestAmount + keyAmount

const plusHours = (one: KeyHours, other: KeyHours): KeyHours => ({
  keyHours: one.keyHours + other.keyHours,
  rotationHours: one.rotationHours + other.rotationHours,
  keyAmount: one.keyAmount + other.keyAmount,
})

/** Both together. */
export function plusUsage(one: Usage, other: Usage): Usage {
  const requests: { [Class in PriceClass]: number } = { ...one.requests }
  for (const name of PRICE_CLASSES) requests[name] += other.requests[name]
  return { ...plusHours(one, other), requests, requestAmount: one.requestAmount + other.requestAmount }
}

export const NO_USAGE: Usage = { ...NO_HOURS, requests: NO_REQUESTS, requestAmount: 0n }

/** Requests that are charged for, and those that are not. */
export function requestsOf({ requests }: Usage): { readonly billed: number; readonly unbilled: number } {
  const { unbilled, ...billed } = requests
  return { billed: Object.values(billed).reduce((sum, count) => sum + count, 0), unbilled }
}

/** The calendar month of a moment, UTC. */
export function monthOf(time: number): Period {
  const date = new Date(time)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return { from: Date.UTC(year, month), to: Date.UTC(year, month + 1) }
}

/** The parts of a period, each in one calendar month. */
export function monthsIn({ from, to }: Period): readonly (Period & { readonly hoursInMonth: number })[] {
  const parts: (Period & { readonly hoursInMonth: number })[] = []
  for (let start = from; start < to; ) {
    const month = monthOf(start)
    const end = Math.min(month.to, to)
    parts.push({ from: start, to: end, hoursInMonth: (month.to - month.from) / HOUR_MS })
    start = end
  }
  return parts
}

/** Hours of the clock that were begun between two moments, as far as they are in the period. */
function hoursWithin(from: number, to: number, period: Period): number {
  const start = Math.max(Math.floor(from / HOUR_MS) * HOUR_MS, period.from)
  const end = Math.min(Math.ceil(to / HOUR_MS) * HOUR_MS, period.to)
  return Math.max(end - start, 0) / HOUR_MS
}

/**
 * What a key costs in a period. It costs nothing while its deletion is pending, and all of that time when it is cancelled;
 * disabled, or without material, it costs the same. Keys of services are free.
 *
 * Source: KMS pricing; KMS developer guide, deleting keys.
 */
export function keyHours({ manager, created, scheduled, deleted, rotations }: MeteredKey, period: Period): KeyHours {
  const end = Math.min(scheduled ?? Infinity, deleted ?? Infinity)
  if (manager === 'AWS' || end <= period.from || created >= period.to) return NO_HOURS
  // A replica has the materials of its primary from the beginning.
  const charged = rotations.filter((time) => time < end).slice(0, CHARGED_ROTATIONS_MAX)
  return monthsIn(period).reduce((usage, part) => {
    const until = Math.min(end, part.to)
    const existed = hoursWithin(created, until, part)
    const rotationHours = charged.reduce(
      (sum, time) => sum + (time < part.to ? hoursWithin(Math.max(time, created), until, part) : 0),
      0,
    )
    const keyAmount = keyHourPrice(part.hoursInMonth) * BigInt(existed + rotationHours)
    return plusHours(usage, { keyHours: existed, rotationHours, keyAmount })
  }, NO_HOURS)
}

/** A bill that is being made. */
export type Bill = {
  /**
   * Requests of a calendar month, within the period; or before it in its first month, which use up the free tier.
   *
   * @param from - the earliest that they were made, milliseconds since the epoch; all are of its month and its side of the
   *   period's beginning.
   */
  requests(name: string, counted: CountedRequests, from: number): void
  key(name: string, key: MeteredKey): void
  /** By name, in no order; all of them together are the bill. */
  lines(): ReadonlyMap<string, Usage>
  /** What the free requests of the period would have cost. */
  freeTier(): Amount
}

/** What is known of a name while the bill is made; changed in place, for millions of rows go in. */
type Tally = { readonly requests: { [Class in PriceClass]: number }; hours: KeyHours }

const PRICE_CLASSES = Object.keys(REQUEST_PRICES) as readonly PriceClass[]

function usageOf({ requests, hours }: Tally): Usage {
  const amounts = PRICE_CLASSES.map((name) => REQUEST_PRICES[name].price * BigInt(requests[name]))
  return { ...hours, requests, requestAmount: amounts.reduce((sum, amount) => sum + amount, 0n) }
}

/** Requests of the same kind are met again and again. */
function rememberedClasses(): (request: PricedRequest) => PriceClass {
  const known = new Map<string, PriceClass>()
  return (request) => {
    const kind = `${request.operation} ${request.outcome} ${request.variant}`
    const cached = known.get(kind)
    if (cached !== undefined) return cached
    const found = priceClassOf(request)
    known.set(kind, found)
    return found
  }
}

/** Free requests used of the months of accounts. Each account has its own: in AWS those of an organisation share one. */
function openFreeTier(period: Period) {
  type Months = Map<number, Map<string, number>>
  const [before, within]: readonly [Months, Months] = [new Map(), new Map()]
  // Millions of requests are of the same few months.
  let month = { ...monthOf(period.from) }
  return {
    take({ account, count }: CountedRequests, time: number): void {
      if (time < month.from || time >= month.to) month = monthOf(time)
      const months = time < period.from ? before : within
      const counts = months.get(month.from) ?? new Map<string, number>()
      months.set(month.from, counts.set(account, (counts.get(account) ?? 0) + count))
    },
    amount(): Amount {
      let free = 0
      for (const [begin, accounts] of within)
        for (const [account, count] of accounts) {
          const left = FREE_REQUESTS_PER_MONTH - (before.get(begin)?.get(account) ?? 0)
          free += Math.min(Math.max(left, 0), count)
        }
      return REQUEST_PRICES.standard.price * BigInt(free)
    },
  }
}

/** Opens the bill of a period. */
export function openBill(period: Period): Bill {
  const tallies = new Map<string, Tally>()
  const classOf = rememberedClasses()
  const free = openFreeTier(period)
  const tallyOf = (name: string): Tally => {
    const known = tallies.get(name)
    if (known) return known
    const tally: Tally = { requests: { ...NO_REQUESTS }, hours: NO_HOURS }
    tallies.set(name, tally)
    return tally
  }
  return {
    requests(name, counted, time) {
      const priceClass = classOf(counted)
      if (time >= period.to) return
      if (REQUEST_PRICES[priceClass].isInFreeTier) free.take(counted, time)
      if (time >= period.from) tallyOf(name).requests[priceClass] += counted.count
    },
    key(name, key) {
      const hours = keyHours(key, period)
      if (hours.keyHours === 0) return
      const tally = tallyOf(name)
      tally.hours = plusHours(tally.hours, hours)
    },
    lines: () => new Map([...tallies].map(([name, tally]) => [name, usageOf(tally)] as const)),
    freeTier: () => free.amount(),
  }
}
