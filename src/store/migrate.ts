import type { DatabaseSync } from 'node:sqlite'
import { error, type ServiceError } from '../domain/error.ts'
import { SQLITE } from './migrations/dialect.ts'
import { MIGRATIONS, type Migration } from './migrations/index.ts'
import { integer } from './rows.ts'

const SCHEMA_VERSION = MIGRATIONS.length

/**
 * Brings the schema to this program's version, one transaction for each step, and records every step.
 *
 * @returns `KMSInternalException`, with nothing changed, for a store that a newer program has written.
 */
export function migrate(db: DatabaseSync): ServiceError | undefined {
  for (const migration of [...MIGRATIONS, undefined]) {
    // Taken for writing before it is looked at: another process may be opening the same store.
    db.exec('begin immediate')
    const version = schemaVersion(db)
    if (version > SCHEMA_VERSION) {
      db.exec('rollback')
      return newerStore(version)
    }
    if (migration !== undefined && migration.version > version) apply(db, migration)
    db.exec('commit')
  }
  return undefined
}

function apply(db: DatabaseSync, { version, name, statements }: Migration): void {
  if (version === 1) db.exec('create table migrations (version integer primary key, name text not null) strict')
  for (const statement of statements(SQLITE)) db.exec(statement)
  db.prepare('insert into migrations (version, name) values (?, ?)').run(version, name)
}

function schemaVersion(db: DatabaseSync): number {
  const known = db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'migrations'").get()
  if (known === undefined) return 0
  const row = db.prepare('select coalesce(max(version), 0) as version from migrations').get()
  return row === undefined ? 0 : integer(row, 'version')
}

const newerStore = (version: number) =>
  error(
    'KMSInternalException',
    `The store has schema version ${version}; this program knows up to ${SCHEMA_VERSION}. Use the newer program.`,
  )
