import type { DatabaseSync } from 'node:sqlite'
import { type DerivedSchema, openDerived, openDerivedForReading } from '../derived-file.ts'

/**
 * How often each caller did what with which key on which day, and from when to when keys existed. Days, and the seconds of the
 * other columns, count from the epoch, UTC. `variant` is the spec of the key pair that was asked for, else those of the keys.
 *
 * `mark` is the end of the last line that was read, by which the same trail is known again.
 */
const SQL = `
create table progress (
  id integer primary key check (id = 1), segment integer not null, offset integer not null, batch integer not null,
  mark text not null, latest integer not null
) strict;
insert into progress values (1, 0, 0, 0, '', 0);
create table names (id integer primary key, name text not null unique) strict;
create table keys (
  arn text not null, created integer not null, account text not null, region text not null, key_id text not null,
  spec text not null, manager text not null, scheduled integer, deleted integer, primary key (arn, created)
) strict, without rowid;
create table rotations (
  account text not null, key_id text not null, time integer not null, primary key (account, key_id, time)
) strict, without rowid;
create table usage (
  day integer not null, account integer not null, region integer not null, key integer not null,
  principal integer not null, operation integer not null, variant integer not null, outcome integer not null,
  count integer not null, primary key (day, account, region, key, principal, operation, variant, outcome)
) strict, without rowid`

/** The format is the version of the tables and of what is in them. */
const SCHEMA: DerivedSchema = { sql: SQL, format: 1 }

/** Opens the file, made anew when it has to be. Several processes may write it in turns. */
export function openUsageForWriting(path: string): DatabaseSync {
  return openDerived(path, SCHEMA)
}

export function openUsageForReading(path: string): DatabaseSync | undefined {
  return openDerivedForReading(path, SCHEMA)
}

/** Empties the file. */
export function clearUsage(db: DatabaseSync): void {
  db.exec('delete from usage; delete from rotations; delete from keys; delete from names')
  db.exec(`update progress set segment = 0, offset = 0, batch = 0, mark = '', latest = 0`)
}
