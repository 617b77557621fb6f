import { isError, type ServiceError } from '../domain/error.ts'
import { EVENTS_PER_COMMIT_MAX } from '../domain/limits.ts'
import type { Change, OutboxEvent, Store } from '../request/ports.ts'
import { createAlarmReads } from './alarms.ts'
import { createCensusReads } from './census.ts'
import { applyChange } from './changes.ts'
import { createKeyStoreReads } from './custom-key-stores.ts'
import { openDatabase } from './database.ts'
import { createGrants } from './grants.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import { createIamReads } from './iam-reads.ts'
import { createKeyUsageReads, putKeyUsagesWork } from './key-usages.ts'
import { createLists } from './lists.ts'
import { createSnapshots } from './snapshots.ts'
import type { Statements } from './statements.ts'
import { domainKeySubject, type Subject, settingSubject } from './subject.ts'
import type { Connection, Work } from './transaction.ts'

/**
 * Opens the store, makes it when there is none (mode 0600), and brings an older one to this program's schema.
 *
 * Several processes may open one store, each with a cache of its own: who may share a data directory is for its owner to
 * say. Methods other than `commit` reject when the store cannot be read or written.
 *
 * @param path - of the database file; `:memory:` keeps everything in memory and forgets it.
 * @returns `KMSInternalException` with one line for the operator when the file is not a store, is damaged, cannot be read
 *   and written, or was written by a newer program. Such a file is left as it was.
 */
export async function openSqliteStore({ path }: { readonly path: string }): Promise<Store | ServiceError> {
  const connection = openDatabase(path)
  return isError(connection) ? connection : createStore(connection)
}

function createStore(connection: Connection): Store {
  const { db, sql } = connection
  const { forget, ...finders } = createSnapshots(sql)
  const { forget: forgetGrants, ...grants } = createGrants(sql)
  const commits = createGroupCommit(connection, (subjects) => {
    forget(subjects)
    forgetGrants(subjects)
  })
  return {
    ...finders,
    ...grants,
    ...createLists(sql),
    ...createKeyStoreReads(sql),
    ...createKeyUsageReads(sql),
    ...createIamReads(sql),
    ...createCensusReads(sql),
    ...createAlarmReads(sql),
    ...createWrites(sql, commits),
    async [Symbol.asyncDispose]() {
      commits.close()
      if (db.isOpen) db.close()
    },
  }
}

function createWrites(
  sql: Statements,
  commits: GroupCommit,
): Pick<Store, 'commit' | 'clearOutbox' | 'insertDomainKey' | 'putKeyUsages' | 'putSetting'> {
  return {
    commit: (changes, events = []) => commits.submit(commitWork(sql, changes, 'eventId' in events ? [events] : events)),
    clearOutbox: (eventIds) => mustCommit(commits, clearOutboxWork(sql, eventIds)),
    insertDomainKey: (key) =>
      mustCommit(
        commits,
        plainWork(() => {
          sql.insertDomainKey.run(key.region, key.id, key.createdAt, key.wrapped)
          return [domainKeySubject(key.region, key.id)]
        }),
      ),
    putKeyUsages: (usages) => mustCommit(commits, putKeyUsagesWork(sql, usages)),
    putSetting: (name, value) =>
      mustCommit(
        commits,
        plainWork(() => {
          sql.putSetting.run(name, value)
          return [settingSubject(name)]
        }),
      ),
  }
}

const plainWork = (run: () => readonly Subject[]): Work => ({ isChange: true, destroys: false, run })

/** What must be gone from the log as well; material that is written anew is destroyed in the form that it had before. */
const DESTROYING: ReadonlySet<Change['kind']> = new Set([
  'delete-key',
  'delete-key-store',
  'update-material',
  'delete-material',
])

function commitWork(sql: Statements, changes: readonly Change[], events: readonly OutboxEvent[]): Work {
  if (events.length > EVENTS_PER_COMMIT_MAX) throw new TypeError('a commit has too many events')
  return {
    isChange: true,
    destroys: changes.some(({ kind }) => DESTROYING.has(kind)),
    run(epoch) {
      const touched: Subject[] = []
      for (const change of changes) {
        const subjects = applyChange(sql, change)
        if (subjects === 'conflict') return 'conflict'
        touched.push(...subjects)
      }
      let number = epoch * EVENTS_PER_COMMIT_MAX
      for (const event of events) sql.insertEvent.run(number++, event.eventId, event.line)
      return touched
    },
  }
}

function clearOutboxWork(sql: Statements, eventIds: readonly string[]): Work {
  return {
    isChange: false,
    destroys: false,
    run() {
      for (const eventId of eventIds) sql.deleteEvent.run(eventId)
      return []
    },
  }
}

/** For writes that have no answer but done: their callers cannot go on without. */
async function mustCommit(commits: GroupCommit, work: Work): Promise<void> {
  const outcome = await commits.submit(work)
  if (outcome === 'committed') return
  throw new Error(`the store did not write: ${isError(outcome) ? outcome.message : outcome}`, { cause: outcome })
}
