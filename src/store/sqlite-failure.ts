/** Result codes of SQLite. Source: https://www.sqlite.org/rescode.html */
const TAKEN_OR_GONE: ReadonlySet<number> = new Set([
  787, // SQLITE_CONSTRAINT_FOREIGNKEY: the key is gone.
  1555, // SQLITE_CONSTRAINT_PRIMARYKEY
  2067, // SQLITE_CONSTRAINT_UNIQUE
])
/** Primary codes, the low byte of a result code. */
const STORE_FAILED: ReadonlySet<number> = new Set([
  3, // SQLITE_PERM
  5, // SQLITE_BUSY: another process held the store for longer than the timeout.
  6, // SQLITE_LOCKED
  7, // SQLITE_NOMEM
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  11, // SQLITE_CORRUPT
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  15, // SQLITE_PROTOCOL
  26, // SQLITE_NOTADB
])

/** True for whatever SQLite itself refused, a missing table among it: when a store is opened, that is the file's fault. */
export const isSqliteError = (thrown: unknown): boolean => codeOf(thrown) !== undefined

function codeOf(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
    ? thrown.errcode
    : undefined
}

/** True when a row was not as a change expected: a name was taken, or the key it refers to is gone. */
export function isConflict(thrown: unknown): boolean {
  const code = codeOf(thrown)
  return code !== undefined && TAKEN_OR_GONE.has(code)
}

/** True when the store itself failed: the disk is full, the file cannot be read. Any other code is a programmer's mistake. */
export function isStoreFailure(thrown: unknown): boolean {
  const code = codeOf(thrown)
  return code !== undefined && STORE_FAILED.has(code & 0xff)
}
