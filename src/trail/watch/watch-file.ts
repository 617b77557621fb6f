import type { DatabaseSync } from 'node:sqlite'
import { type DerivedSchema, openDerived, openDerivedForReading } from '../derived-file.ts'
import { integerOf, textIn } from '../sqlite.ts'
import type { Finding, KeptFinding } from './finding.ts'

/**
 * What was learnt from the trail, and what was found in it. `begun` is the batch after which findings are told: what is older
 * only teaches. Findings are numbered on for ever; the oldest go.
 */
const SQL = `
create table progress (
  id integer primary key check (id = 1), segment integer not null, offset integer not null, batch integer not null,
  begun integer not null
) strict;
insert into progress values (1, 0, 0, 0, -1);
create table canaries (key text primary key) strict, without rowid;
create table first_uses (key text primary key, at integer not null) strict, without rowid;
create table seen (key text not null, kind text not null, subject text not null, primary key (key, kind, subject))
  strict, without rowid;
create table topics (topic text primary key, told_at integer not null, suppressed integer not null) strict, without rowid;
create table findings (
  number integer primary key autoincrement, account text not null, record text not null
) strict;
create index findings_by_account on findings (account, number)`

const SCHEMA: DerivedSchema = { sql: SQL, format: 1 }

export const openWatchForWriting = (path: string): DatabaseSync => openDerived(path, SCHEMA)
export const openWatchForReading = (path: string): DatabaseSync | undefined => openDerivedForReading(path, SCHEMA)

export function clearWatch(db: DatabaseSync): void {
  db.exec('delete from canaries; delete from first_uses; delete from seen; delete from topics')
  db.exec('update progress set segment = 0, offset = 0, batch = 0, begun = -1')
}

function parseFinding(text: string): Finding {
  return JSON.parse(text) as Finding
}

/** Findings after a number, oldest first. */
export function findingsAfter(db: DatabaseSync, number: number, limit: number): readonly KeptFinding[] {
  return db
    .prepare('select number, record from findings where number > ? order by number limit ?')
    .all(number, limit)
    .map((row) => ({ ...parseFinding(textIn(row, 'record')), number: integerOf(row, 'number') }))
}

/** Findings of an account before a number, newest first. */
export function findingsBefore(
  db: DatabaseSync,
  accounts: readonly string[],
  before: number,
  limit: number,
): readonly KeptFinding[] {
  const marks = accounts.map(() => '?').join()
  return db
    .prepare(
      `select number, record from findings where account in (${marks}) and number < ? order by number desc limit ?`,
    )
    .all(...accounts, before, limit)
    .map((row) => ({ ...parseFinding(textIn(row, 'record')), number: integerOf(row, 'number') }))
}
