import type { DatabaseSync } from 'node:sqlite'
import { type DerivedSchema, openDerived, openDerivedForReading } from '../derived-file.ts'
import type { Row } from '../sqlite.ts'
import { MINUTES_CLEARED, MINUTES_SCHEMA } from './minutes.ts'

/**
 * `marks` is all that a lookup reads: for each name, such as a user's or a key's, its events by time. One search of one
 * B-tree finds a page, however many events there are; the name without a text is that of all events of its account and Region.
 */
const SQL = `
create table progress (
  id integer primary key check (id = 1), segment integer not null, offset integer not null, batch integer not null
) strict;
insert into progress values (1, 0, 0, 0);
create table names (
  id integer primary key, account text not null, region text not null, kind integer not null, name text not null,
  unique (account, region, kind, name)
) strict;
create table events (id integer primary key, time integer not null, body blob not null) strict;
create table event_ids (event_id blob primary key, event integer not null) strict, without rowid;
create table marks (name integer not null, time integer not null, event integer not null, primary key (name, time, event))
  strict, without rowid;
${MINUTES_SCHEMA}`

/** The format is the version of the tables and of what is in them. */
const SCHEMA: DerivedSchema = { sql: SQL, format: 2 }

/**
 * Opens the index for its one writer. It is made when it is missing, and anew when it is damaged or of another format: all
 * that it holds is computed from the trail.
 */
export function openForWriting(path: string): DatabaseSync {
  return openDerived(path, SCHEMA)
}

/** Empties the index. */
export function clear(db: DatabaseSync): void {
  db.exec('delete from marks; delete from event_ids; delete from events; delete from names')
  db.exec(MINUTES_CLEARED)
  db.exec('update progress set segment = 0, offset = 0, batch = 0')
}

/** Opens the index for lookups; nothing while it was not made, or is being made anew. */
export function openForReading(path: string): DatabaseSync | undefined {
  return openDerivedForReading(path, SCHEMA)
}

/** The bytes of a column that the schema says is a blob. */
export function bytesOf(row: Row, name: string): Uint8Array {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} is no blob`)
  return value
}
