import { type Amount, dollars } from '../../metering/price-list.ts'
import {
  amountOf,
  monthOf,
  monthsIn,
  NO_USAGE,
  openBill,
  type Period,
  plusUsage,
  type Usage,
} from '../../metering/usage.ts'
import type { KeyLife, UsageGroup, UsageReader } from '../../trail/usage/reader.ts'

const DAY_MS = 86_400_000
/** Decimals of a dollar that JSON has: a request is six, an hour of a key more than there are. */
const DECIMALS = 9

/** One line of the report. */
export type CostLine = { readonly name: string; readonly usage: Usage }

export type CostReport = {
  readonly period: Period
  readonly by: UsageGroup
  /** The dearest first. */
  readonly lines: readonly CostLine[]
  /** What was left out of the lines, summed up. */
  readonly others?: { readonly count: number; readonly usage: Usage }
  readonly total: Usage
  readonly freeTier: Amount
}

/** Requests without a key, and keys, of which no principal and no operation can be told. */
export const NOBODY: { readonly [Group in UsageGroup]: string } = {
  account: '(none)',
  region: '(none)',
  key: '(no key)',
  principal: '(keys)',
  operation: '(keys)',
}

function nameOfKey({ arn, account, region }: KeyLife, by: UsageGroup): string {
  if (by === 'key') return arn
  if (by === 'account') return account
  return by === 'region' ? region : NOBODY[by]
}

const millis = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1_000)

function metered({ manager, created, scheduled, deleted, rotations }: KeyLife) {
  const [scheduledAt, deletedAt] = [millis(scheduled), millis(deleted)]
  return {
    manager,
    created: created * 1_000,
    rotations: rotations.map((time) => time * 1_000),
    ...(scheduledAt === undefined ? {} : { scheduled: scheduledAt }),
    ...(deletedAt === undefined ? {} : { deleted: deletedAt }),
  }
}

export type ReportOptions = {
  readonly period: Period
  readonly by: UsageGroup
  /** Lines at the most. */
  readonly limit: number
  /** Told now and then how far the report has come. */
  readonly progress?: (done: number, of: number) => void
}

const byAmount = (one: CostLine, other: CostLine): number => {
  const difference = amountOf(other.usage) - amountOf(one.usage)
  if (difference !== 0n) return difference > 0n ? 1 : -1
  return one.name < other.name ? -1 : 1
}

/** What was used in its first month before a period has used up the free tier; then the period, month by month. */
function partsOf(period: Period): readonly Period[] {
  const begin = monthOf(period.from).from
  return [...(begin < period.from ? [{ from: begin, to: period.from }] : []), ...monthsIn(period)]
}

/** What was used in a period that begins with a day, priced by AWS's list. */
export function costReport(usage: UsageReader, options: ReportOptions): CostReport {
  const { period, by, limit, progress } = options
  const bill = openBill(period)
  const parts = partsOf(period)
  for (const [index, { from, to }] of parts.entries()) {
    for (const counted of usage.requests(from / DAY_MS, Math.ceil(to / DAY_MS) - 1, by))
      bill.requests(counted.name === '' ? NOBODY[by] : counted.name, counted, from)
    progress?.(index + 1, parts.length)
  }
  for (const key of usage.keys()) bill.key(nameOfKey(key, by), metered(key))
  const all = [...bill.lines()].map(([name, used]) => ({ name, usage: used })).sort(byAmount)
  const left = all.slice(limit)
  const sum = (lines: readonly CostLine[]) => lines.reduce((total, line) => plusUsage(total, line.usage), NO_USAGE)
  return {
    period,
    by,
    lines: all.slice(0, limit),
    ...(left.length === 0 ? {} : { others: { count: left.length, usage: sum(left) } }),
    total: sum(all),
    freeTier: bill.freeTier(),
  }
}

function usageJson(usage: Usage) {
  const { requests, keyHours, rotationHours, requestAmount, keyAmount } = usage
  return {
    requests,
    keyHours,
    rotationHours,
    requestCost: dollars(requestAmount, DECIMALS),
    keyCost: dollars(keyAmount, DECIMALS),
    cost: dollars(amountOf(usage), DECIMALS),
  }
}

/** The report as JSON has it: amounts as texts, in US dollars. */
export function reportJson({ period, by, lines, others, total, freeTier }: CostReport) {
  return {
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    by,
    currency: 'USD',
    lines: lines.map(({ name, usage }) => ({ name, ...usageJson(usage) })),
    ...(others ? { others: { count: others.count, ...usageJson(others.usage) } } : {}),
    total: usageJson(total),
    freeTier: dollars(-freeTier, DECIMALS),
    cost: dollars(amountOf(total) - freeTier, DECIMALS),
  }
}
