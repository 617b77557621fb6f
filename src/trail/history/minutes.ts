import type { DatabaseSync } from 'node:sqlite'
import { HISTORY_AGE_MS, HISTORY_NAMES_KEPT, METRIC_SERIES_PRUNED } from '../../domain/limits.ts'
import { integerOf, textIn } from '../sqlite.ts'
import type { HistoryEntry } from './entry.ts'
import { type Dimension, type Series, seriesOf } from './series.ts'

/**
 * How often what happened in each minute, of each series. It is kept with the index of events, in the same transactions, so
 * that no event counts twice.
 */
export const MINUTES_SCHEMA = `
create table series (
  id integer primary key, account text not null, region text not null, namespace text not null, name text not null,
  dimensions text not null, unique (account, region, namespace, name, dimensions)
) strict;
create table minutes (series integer not null, minute integer not null, count integer not null,
  primary key (series, minute)) strict, without rowid`

export const MINUTES_CLEARED = 'delete from minutes; delete from series'

const MINUTE_MS = 60_000
export const minuteOf = (time: number): number => Math.floor(time / MINUTE_MS)

/** Counts events by the minute. */
export type MinuteCounts = {
  note(entry: HistoryEntry): void
  /** Writes what was noted, inside the caller's transaction. */
  write(): void
  /** Drops what is too old, of some series: all have their turn. */
  prune(now: number): void
}

type Numbered = readonly [account: string, region: string, namespace: string, name: string, dimensions: string]

const numberedOf = ({ account, region, namespace, name, dimensions }: Series): Numbered => [
  account,
  region,
  namespace,
  name,
  JSON.stringify(dimensions),
]

function seriesNumbers(db: DatabaseSync): (series: Series) => number {
  const find = db.prepare(
    'select id from series where account = ? and region = ? and namespace = ? and name = ? and dimensions = ?',
  )
  const insert = db.prepare('insert into series (account, region, namespace, name, dimensions) values (?, ?, ?, ?, ?)')
  const known = new Map<string, number>()
  return (series) => {
    const numbered = numberedOf(series)
    const key = numbered.join('\n')
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const row = find.get(...numbered)
    const number = row ? integerOf(row, 'id') : Number(insert.run(...numbered).lastInsertRowid)
    if (known.size >= HISTORY_NAMES_KEPT) known.clear()
    known.set(key, number)
    return number
  }
}

export function openMinuteCounts(db: DatabaseSync): MinuteCounts {
  const numberOf = seriesNumbers(db)
  const add = db.prepare(
    'insert into minutes values (?, ?, ?) on conflict (series, minute) do update set count = count + excluded.count',
  )
  const some = db.prepare('select id from series where id > ? order by id limit ?')
  const drop = db.prepare('delete from minutes where series = ? and minute < ?')
  /** Series by minute: a handful of minutes at a time. */
  const noted = new Map<number, Map<number, number>>()
  let pruned = 0
  return {
    note(entry) {
      const minute = minuteOf(entry.shown.EventTime)
      const counts = noted.get(minute) ?? new Map<number, number>()
      noted.set(minute, counts)
      for (const series of seriesOf(entry)) {
        const number = numberOf(series)
        counts.set(number, (counts.get(number) ?? 0) + 1)
      }
    },
    write() {
      for (const [minute, counts] of noted) for (const [number, count] of counts) add.run(number, minute, count)
      noted.clear()
    },
    prune(now) {
      const rows = some.all(pruned, METRIC_SERIES_PRUNED)
      for (const row of rows) drop.run(integerOf(row, 'id'), minuteOf(now - HISTORY_AGE_MS))
      const last = rows.at(-1)
      pruned = last && rows.length === METRIC_SERIES_PRUNED ? integerOf(last, 'id') : 0
    },
  }
}

export type MinuteCount = { readonly minute: number; readonly count: number }

/** The counts of one series from one minute on and before another, oldest first; minutes in which nothing happened are left out. */
export function readMinutes(db: DatabaseSync, series: Series, from: number, to: number): readonly MinuteCount[] {
  return db
    .prepare(
      `select m.minute, m.count from minutes m join series s on s.id = m.series
       where s.account = ? and s.region = ? and s.namespace = ? and s.name = ? and s.dimensions = ?
       and m.minute >= ? and m.minute < ? order by m.minute`,
    )
    .all(...numberedOf(series), from, to)
    .map((row) => ({ minute: integerOf(row, 'minute'), count: integerOf(row, 'count') }))
}

/** Which series are listed: of an account and Region, with something since a minute, after one of them in order. */
export type SeriesWanted = Pick<Series, 'account' | 'region'> & {
  readonly since: number
  readonly after: number
  readonly limit: number
}
export type ListedSeries = Omit<Series, 'account' | 'region'> & { readonly id: number }

function parseDimensions(text: string): readonly Dimension[] {
  return JSON.parse(text) as readonly Dimension[]
}

export function listSeries(
  db: DatabaseSync,
  { account, region, since, after, limit }: SeriesWanted,
): readonly ListedSeries[] {
  return db
    .prepare(
      `select id, namespace, name, dimensions from series s where account = ? and region = ? and id > ?
       and exists (select 1 from minutes m where m.series = s.id and m.minute >= ?) order by id limit ?`,
    )
    .all(account, region, after, since, limit)
    .map((row) => ({
      id: integerOf(row, 'id'),
      namespace: textIn(row, 'namespace'),
      name: textIn(row, 'name'),
      dimensions: parseDimensions(textIn(row, 'dimensions')),
    }))
}
