import { monthOf, type Period } from '../../metering/usage.ts'

export type PeriodOptions = { readonly month?: string; readonly from?: string; readonly to?: string }

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Midnight, UTC, of a day as people write it; nothing for what is none, such as February 30. */
function parseDay(text: string): number | undefined {
  const time = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text ? undefined : time
}

/** What has not come yet costs nothing: the hour that has begun is the last. */
const upTo = (period: Period, now: number): Period => ({
  from: period.from,
  to: Math.max(Math.min(period.to, Math.ceil(now / HOUR_MS) * HOUR_MS), period.from),
})

/**
 * The period that the options name, days and months in UTC, both days included.
 *
 * @param now - milliseconds since the epoch.
 * @returns what is wrong, as one line for a person.
 */
export function periodOf({ month, from, to }: PeriodOptions, now: number): Period | string {
  if (month !== undefined) {
    if (from !== undefined || to !== undefined) return '--month goes without --from and --to'
    return MONTH.test(month) ? upTo(monthOf(Date.parse(`${month}-01T00:00:00Z`)), now) : notA('month', month, '2026-11')
  }
  if (from === undefined) return to === undefined ? upTo(monthOf(now), now) : '--to goes with --from'
  const [first, last] = [parseDay(from), to === undefined ? now : parseDay(to)]
  if (first === undefined) return notA('day', from, '2026-11-01')
  if (last === undefined) return notA('day', to ?? '', '2026-11-01')
  if (first > last) return '--from is after --to'
  return upTo({ from: first, to: Math.floor(last / DAY_MS) * DAY_MS + DAY_MS }, now)
}

const notA = (what: string, given: string, example: string) => `'${given}' is no ${what} such as ${example}`
