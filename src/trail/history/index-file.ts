import { rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { integerOf, openBeside, type Row } from '../sqlite.ts'

/** Version of the tables and of what is in them. An index of another one is made anew. */
const FORMAT = 1

/**
 * `marks` is all that a lookup reads: for each name, such as a user's or a key's, its events by time. One search of one
 * B-tree finds a page, however many events there are; the name without a text is that of all events of its account and Region.
 */
const SCHEMA = `
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
pragma user_version = ${FORMAT};`

/** What SQLite answers for a file that is no database, or a damaged one. Source: sqlite3.h, result codes. */
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

function isDamage(cause: unknown): boolean {
  const code = cause instanceof Error && 'errcode' in cause ? cause.errcode : undefined
  return typeof code === 'number' && ((code & 0xff) === SQLITE_CORRUPT || (code & 0xff) === SQLITE_NOTADB)
}

const version = (db: DatabaseSync) => integerOf(db.prepare('pragma user_version').get() ?? {}, 'user_version')

const remove = (path: string) => {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
}

function openWhole(path: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openBeside(path, 'normal')
    if (version(db) === 0) db.exec(`begin immediate;${SCHEMA}commit;`)
    if (version(db) === FORMAT) return db
  } catch (cause) {
    db?.close()
    if (!isDamage(cause)) throw cause
    return undefined
  }
  db.close()
  return undefined
}

/**
 * Opens the index for its one writer. It is made when it is missing, and anew when it is damaged or of another format: all
 * that it holds is computed from the trail.
 */
export function openForWriting(path: string): DatabaseSync {
  const db = openWhole(path)
  if (db) return db
  remove(path)
  const anew = openWhole(path)
  if (!anew) throw new Error('the index of events cannot be made')
  return anew
}

/** Empties the index. */
export function clear(db: DatabaseSync): void {
  db.exec('delete from marks; delete from event_ids; delete from events; delete from names')
  db.exec('update progress set segment = 0, offset = 0, batch = 0')
}

/** Opens the index for lookups; nothing while it was not made, or is being made anew. */
export function openForReading(path: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openBeside(path, 'normal')
    if (version(db) === FORMAT) return db
  } catch (cause) {
    db?.close()
    throw cause
  }
  db.close()
  return undefined
}

/** The bytes of a column that the schema says is a blob. */
export function bytesOf(row: Row, name: string): Uint8Array {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} is no blob`)
  return value
}
