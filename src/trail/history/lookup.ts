import type { DatabaseSync } from 'node:sqlite'
import { integerOf, type Row } from '../sqlite.ts'
import { EVERY, eventIdBytes, kindOf } from './builder.ts'
import { type Attribute, entryOf, type HistoryEntry, type ShownEvent } from './entry.ts'
import { bytesOf } from './index-file.ts'
import { unpack } from './packed.ts'

/** Where a page ends: the next one begins with what is older. */
export type HistoryMark = { readonly time: number; readonly event: number }

/** Which events are wanted. Times are seconds since the epoch, both included. */
export type HistoryQuery = {
  readonly account: string
  readonly region: string
  readonly attribute?: { readonly key: Attribute; readonly value: string }
  readonly from: number
  readonly to: number
  readonly after?: HistoryMark
  readonly limit: number
}

export type HistoryPage = { readonly events: readonly ShownEvent[]; readonly next?: HistoryMark }

/** One search of the primary key: the row value bounds it above, the time below. */
export const PAGE_SQL =
  'select time, event from marks where name = ? and (time, event) < (?, ?) and time >= ? order by time desc, event desc limit ?'

function eventOf(db: DatabaseSync, number: number): ReturnType<typeof entryOf> {
  const row: Row | undefined = db.prepare('select body from events where id = ?').get(number)
  return row && entryOf(unpack(bytesOf(row, 'body')))
}

function byId(db: DatabaseSync, { account, region, from, to }: HistoryQuery, eventId: string): HistoryPage {
  const row = db.prepare('select event from event_ids where event_id = ?').get(eventIdBytes(eventId))
  const entry = row && eventOf(db, integerOf(row, 'event'))
  if (!entry || entry.account !== account || entry.region !== region) return { events: [] }
  const time = entry.shown.EventTime / 1_000
  return { events: time >= from && time <= to && entry.shown.EventId === eventId ? [entry.shown] : [] }
}

/** @returns a page of the events that the index holds, newest first. Throws what SQLite answers. */
export function lookUp(db: DatabaseSync, query: HistoryQuery): HistoryPage {
  const { account, region, attribute, from, to, after, limit } = query
  if (attribute?.key === 'EventId') return byId(db, query, attribute.value)
  const name = db
    .prepare('select id from names where account = ? and region = ? and kind = ? and name = ?')
    .get(account, region, attribute ? kindOf(attribute.key) : EVERY, attribute?.value ?? '')
  if (!name) return { events: [] }
  const below = after ?? { time: to + 1, event: 0 }
  const marks = db
    .prepare(PAGE_SQL)
    .all(integerOf(name, 'id'), below.time, below.event, from, limit + 1)
    .map((row) => ({ time: integerOf(row, 'time'), event: integerOf(row, 'event') }))
  const page = marks.slice(0, limit)
  const last = page.at(-1)
  const events = page.flatMap(({ event }) => eventOf(db, event)?.shown ?? [])
  return { events, ...(marks.length > limit && last ? { next: last } : {}) }
}

/** Whose events of which Region are counted; times are whole hours, in seconds since the epoch, the last one not included. */
export type HourQuery = Pick<HistoryQuery, 'account' | 'region' | 'from' | 'to'> & {
  /** ARN of the resource that the events are about. */
  readonly resource: string
}

/** Events of an hour, which begins at `start`, seconds since the epoch. */
export type HourCount = { readonly start: number; readonly count: number }

/** Both names have the event under the same time and number: what another service was asked about the resource is no use of it. */
const HOUR_SQL = `select count(*) as count from marks where name = ? and time >= ? and time < ?
and exists (select 1 from marks as source where source.name = ? and source.time = marks.time and source.event = marks.event)`

const HOUR_SECONDS = 3_600

/** A turn of the event loop: calls go on between two hours of a busy resource. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

/** @returns the hours in which KMS was called about a resource, oldest first. Rejects with what SQLite answers. */
export async function countByHour(db: DatabaseSync, query: HourQuery): Promise<readonly HourCount[]> {
  const { account, region, resource, from, to } = query
  const find = db.prepare('select id from names where account = ? and region = ? and kind = ? and name = ?')
  const name = find.get(account, region, kindOf('ResourceName'), resource)
  const source = find.get(account, region, kindOf('EventSource'), 'kms.amazonaws.com')
  const hour = db.prepare(HOUR_SQL)
  const hours: HourCount[] = []
  for (let start = from; name && source && start < to; start += HOUR_SECONDS) {
    const row = hour.get(integerOf(name, 'id'), start, start + HOUR_SECONDS, integerOf(source, 'id'))
    const count = row ? integerOf(row, 'count') : 0
    if (count === 0) continue
    hours.push({ start, count })
    await breathe()
  }
  return hours
}

/** The names of an access key in each Region of its account: Regions are stepped through, because accounts have many names. */
const KEY_NAMES_SQL = `
with recursive regions (region) as (
  select min(region) from names where account = ?1
  union all
  select (select min(region) from names where account = ?1 and names.region > regions.region) from regions
  where regions.region is not null
)
select names.id from regions join names
on names.account = ?1 and names.region = regions.region and names.kind = ?2 and names.name = ?3`

/** @returns the newest event, of any Region, of a call that was signed with an access key. Throws what SQLite answers. */
export function lastUseOf(db: DatabaseSync, account: string, accessKeyId: string): HistoryEntry | undefined {
  const newest = db.prepare('select time, event from marks where name = ? order by time desc, event desc limit 1')
  const [last] = db
    .prepare(KEY_NAMES_SQL)
    .all(account, kindOf('AccessKeyId'), accessKeyId)
    .map((name) => newest.get(integerOf(name, 'id')))
    .filter((row) => row !== undefined)
    .map((row) => ({ time: integerOf(row, 'time'), event: integerOf(row, 'event') }))
    .sort((one, other) => other.time - one.time || other.event - one.event)
  return last && eventOf(db, last.event)
}
