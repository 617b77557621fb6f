import { chmodSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** Milliseconds that a statement waits for another connection's transaction. */
const BUSY_MS = 5_000

/**
 * Opens a database beside the trail, for its owner alone.
 *
 * @param synchronous - `full` for what cannot be made again, `normal` for what is computed from the trail: it stays consistent.
 * @throws what SQLite answers.
 */
export function openBeside(path: string, synchronous: 'full' | 'normal'): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS })
  if (path !== ':memory:') chmodSync(path, 0o600)
  db.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma trusted_schema = off`)
  return db
}

/** Runs `work` in one transaction: all of it or nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (cause) {
    db.exec('rollback')
    throw cause
  }
}

/** A column that the schema says is an integer. */
export function integerOf(row: Row, name: string): number {
  const value = row[name]
  if (typeof value !== 'number') throw new TypeError(`${name} is no integer`)
  return value
}

/** A column that the schema says is a text. */
export function textIn(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`)
  return value
}

/** A column that may be null. */
export function textOrNone(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : textIn(row, name)
}
