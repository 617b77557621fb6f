import { rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { integerOf, openBeside } from './sqlite.ts'

/** Tables of a file whose content is computed from the trail. One of another format is made anew. */
export type DerivedSchema = { readonly sql: string; readonly format: number }

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

function openWhole(path: string, { sql, format }: DerivedSchema): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openBeside(path, 'normal')
    if (version(db) === 0) db.exec(`begin immediate;${sql};pragma user_version = ${format};commit;`)
    if (version(db) === format) return db
  } catch (cause) {
    db?.close()
    if (!isDamage(cause)) throw cause
    return undefined
  }
  db.close()
  return undefined
}

/** Opens such a file for writing. It is made when it is missing, and anew when it is damaged or of another format. */
export function openDerived(path: string, schema: DerivedSchema): DatabaseSync {
  const db = openWhole(path, schema)
  if (db) return db
  remove(path)
  const anew = openWhole(path, schema)
  if (!anew) throw new Error('what is computed from the trail cannot be stored')
  return anew
}

/** Opens such a file for reading; nothing while it was not made, or is being made anew. */
export function openDerivedForReading(path: string, { format }: DerivedSchema): DatabaseSync | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openBeside(path, 'normal')
    if (version(db) === format) return db
  } catch (cause) {
    db?.close()
    throw cause
  }
  db.close()
  return undefined
}
