import type { DatabaseSync } from 'node:sqlite'
import { error, type ServiceError } from '../domain/error.ts'
import { CHANGE_EPOCHS_MAX } from '../domain/limits.ts'
import { integer } from './rows.ts'
import { isConflict, isStoreFailure } from './sqlite-failure.ts'
import type { Statements } from './statements.ts'
import type { Subject } from './subject.ts'

export type Connection = { readonly db: DatabaseSync; readonly sql: Statements }

/** What one caller wants done in the transaction that it shares with its neighbours. */
export type Work = {
  /** Whether this takes a commit number. Emptying the outbox changes no state and takes none. */
  readonly isChange: boolean
  /** Whether what it deletes must be gone from the log file as well, before it is answered. */
  readonly destroys: boolean
  /** Writes with the commit number `epoch`. SQLite's constraint errors may pass through. */
  run(epoch: number): readonly Subject[] | 'conflict'
}

/** How one work ended. A programmer's mistake is undone alone and thrown to its own caller. */
export type Result =
  | { readonly outcome: 'committed'; readonly subjects: readonly Subject[] }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: ServiceError }
  | { readonly outcome: 'mistake'; readonly thrown: unknown }

/**
 * Does all works in one transaction with one durable write, each under a savepoint, so that a conflict undoes only its own.
 *
 * @returns one result for each work, in order; when the store could not write, `KMSInternalException` for every one, and then
 *   nothing of any is kept.
 */
export function runTogether({ db, sql }: Connection, works: readonly Work[]): readonly Result[] {
  try {
    sql.begin.run()
    const before = currentEpoch(sql)
    let epoch = before
    const results = works.map((work) => {
      const result = runOne(sql, work, epoch + 1)
      if (result.outcome === 'committed' && work.isChange) epoch++
      return result
    })
    if (epoch > before) moveEpoch(sql, epoch)
    sql.commit.run()
    return results
  } catch (thrown) {
    // Some failures, a full disk among them, make SQLite roll back by itself.
    if (db.isTransaction) sql.rollback.run()
    return works.map(() => failure(thrown))
  }
}

export function currentEpoch(sql: Statements): number {
  const row = sql.epoch.get()
  if (row === undefined) throw new TypeError('the store has no epoch')
  return integer(row, 'number')
}

function runOne(sql: Statements, work: Work, epoch: number): Result {
  sql.savepoint.run()
  const result = attempt(sql, work, epoch)
  if (result.outcome !== 'committed') sql.rollbackToSavepoint.run()
  sql.release.run()
  return result
}

function attempt(sql: Statements, work: Work, epoch: number): Result {
  try {
    const subjects = work.run(epoch)
    if (subjects === 'conflict') return { outcome: 'conflict' }
    let position = 0
    for (const { kind, account, region, name } of subjects)
      sql.insertChange.run(epoch, position++, kind, account, region, name)
    return { outcome: 'committed', subjects }
  } catch (thrown) {
    if (isStoreFailure(thrown)) throw thrown
    return isConflict(thrown) ? { outcome: 'conflict' } : { outcome: 'mistake', thrown }
  }
}

function moveEpoch(sql: Statements, epoch: number): void {
  sql.setEpoch.run(epoch)
  sql.pruneChanges.run(epoch - CHANGE_EPOCHS_MAX)
}

function failure(thrown: unknown): Result {
  if (!isStoreFailure(thrown)) return { outcome: 'mistake', thrown }
  return { outcome: error('KMSInternalException', 'The change could not be stored.', thrown) }
}
