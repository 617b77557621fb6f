import { STORE_BUSY_TIMEOUT_MS } from '../domain/limits.ts'
import { integer } from './rows.ts'
import { isStoreFailure } from './sqlite-failure.ts'
import type { Connection } from './transaction.ts'

/**
 * Cuts the log after destroyed key material: SQLite overwrites deleted rows in the database file (`secure_delete`), but the
 * log keeps the pages as they were until it is cut.
 *
 * The result is called after every group, with whether it destroyed anything. While another process still reads from the log
 * it cannot be cut, and the next group tries again; closing the store cuts it in any case.
 */
export function createLogTruncation(connection: Connection): (destroyed: boolean) => void {
  let isOwed = false
  return (destroyed) => {
    isOwed ||= destroyed
    if (isOwed) isOwed = !truncate(connection)
  }
}

function truncate({ db, sql }: Connection): boolean {
  try {
    // A reader may take its time: the next group tries again, and nobody stands still until then.
    db.exec('pragma busy_timeout = 0')
    const row = sql.truncateLog.get()
    return row !== undefined && integer(row, 'busy') === 0
  } catch (thrown) {
    // The deletion itself is durable and is answered so; the log is owed still.
    if (isStoreFailure(thrown)) return false
    throw thrown
  } finally {
    db.exec(`pragma busy_timeout = ${STORE_BUSY_TIMEOUT_MS}`)
  }
}
