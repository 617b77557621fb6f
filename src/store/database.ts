import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { STORE_BUSY_TIMEOUT_MS, STORE_PAGE_CACHE_KIB } from '../domain/limits.ts'
import { migrate } from './migrate.ts'
import { integer } from './rows.ts'
import { isSqliteError } from './sqlite-failure.ts'
import { prepareStatements } from './statements.ts'
import type { Connection } from './transaction.ts'

const IN_MEMORY = ':memory:'
/** `TRNT` in ASCII: the application id in the file's header. Source: https://www.sqlite.org/fileformat.html#application_id */
const APPLICATION_ID = 0x54524e54

const PRAGMAS = [
  'pragma journal_mode = wal',
  // An answer is given only after the disk has it; `normal` would lose acknowledged commits when the power fails.
  'pragma synchronous = full',
  // macOS: a plain fsync stops at the drive's cache there.
  'pragma fullfsync = on',
  // Deleted rows are overwritten: destroyed key material must not stay in free pages.
  'pragma secure_delete = on',
  'pragma temp_store = memory',
  'pragma trusted_schema = off',
  `pragma cache_size = -${STORE_PAGE_CACHE_KIB}`,
]

const refused = (message: string, cause?: unknown) => error('KMSInternalException', message, cause)

/** @returns the open database at this program's schema, or why it was refused: see `openSqliteStore`. */
export function openDatabase(path: string): Connection | ServiceError {
  return (path === IN_MEMORY ? undefined : makeFile(path)) ?? connect(path)
}

/** Makes the file, for the owner only: SQLite would follow the umask, and gives its log the mode of the file. */
function makeFile(path: string): ServiceError | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) closeSync(openSync(path, 'wx', 0o600))
    else if (!stat.isFile()) return refused('The store cannot be opened: it is not a file.')
    return undefined
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown)
      return refused(`The store cannot be opened: ${thrown.code} from the file system.`, thrown)
    throw thrown
  }
}

function connect(path: string): Connection | ServiceError {
  let db: DatabaseSync | undefined
  let connection: Connection | ServiceError | undefined
  try {
    db = new DatabaseSync(path, { timeout: STORE_BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
    connection = prepare(db)
  } catch (thrown) {
    if (!isSqliteError(thrown)) throw thrown
    connection = refused(`The store cannot be opened: ${messageOf(thrown)}.`, thrown)
  } finally {
    if (db?.isOpen && (connection === undefined || isError(connection))) db.close()
  }
  return connection
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : 'unknown')

function prepare(db: DatabaseSync): Connection | ServiceError {
  const stranger = checkOwner(db)
  if (stranger !== undefined) return stranger
  for (const pragma of PRAGMAS) db.exec(pragma)
  return migrate(db) ?? { db, sql: prepareStatements(db) }
}

/** Only reads what is not ours. The first read also finds what is no database, or is cut off. */
function checkOwner(db: DatabaseSync): ServiceError | undefined {
  const tables = integer(db.prepare('select count(*) as count from sqlite_schema').get() ?? {}, 'count')
  const owner = integer(db.prepare('pragma application_id').get() ?? {}, 'application_id')
  if (owner === APPLICATION_ID) return undefined
  if (owner !== 0 || tables > 0) return refused('The store cannot be opened: the file belongs to another program.')
  // Before the log is switched on, so that it is in the file itself however soon the process ends.
  db.exec(`pragma application_id = ${APPLICATION_ID}`)
  return undefined
}
