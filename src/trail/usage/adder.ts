import type { DatabaseSync } from 'node:sqlite'
import { HISTORY_NAMES_KEPT } from '../../domain/limits.ts'
import { integerOf, textIn } from '../sqlite.ts'
import { type KeyChange, type UsageEntry, type UsedRequest, usageOf } from './entry.ts'

const DAY_SECONDS = 86_400
/** Joins the specs of a request's keys. */
const BETWEEN = ' '

/** Remembers what `find` found, of so many names at the most. */
function remembered<T>(find: (name: string) => T | undefined): { of(name: string): T | undefined; clear(): void } {
  const known = new Map<string, T>()
  return {
    of(name) {
      const cached = known.get(name)
      if (cached !== undefined) return cached
      const found = find(name)
      if (found === undefined) return undefined
      if (known.size >= HISTORY_NAMES_KEPT) known.clear()
      known.set(name, found)
      return found
    },
    clear: () => known.clear(),
  }
}

function nameNumbers(db: DatabaseSync) {
  const find = db.prepare('select id from names where name = ?')
  const insert = db.prepare('insert into names (name) values (?)')
  return remembered((name) => {
    const row = find.get(name)
    return row ? integerOf(row, 'id') : Number(insert.run(name).lastInsertRowid)
  })
}

function keySpecs(db: DatabaseSync) {
  const find = db.prepare('select spec from keys where arn = ? order by created desc limit 1')
  return remembered((arn) => {
    const row = find.get(arn)
    return row && textIn(row, 'spec')
  })
}

/** A key is there once, however many events tell of its creation; one of the same id may come after it. */
function keyChanges(db: DatabaseSync): (change: KeyChange, time: number) => void {
  const last = 'and created = (select max(created) from keys where arn = ?)'
  const isThere = db.prepare('select 1 from keys where arn = ? and deleted is null')
  const insert = db.prepare(
    'insert into keys (arn, created, account, region, key_id, spec, manager) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing',
  )
  const schedule = db.prepare(`update keys set scheduled = ? where arn = ? ${last}`)
  const remove = db.prepare(`update keys set deleted = ? where arn = ? ${last}`)
  const rotate = db.prepare('insert into rotations values (?, ?, ?) on conflict do nothing')
  return (change, time) => {
    switch (change.kind) {
      case 'created': {
        const { arn, account, region, keyId, spec, manager } = change
        if (!isThere.get(arn)) insert.run(arn, time, account, region, keyId, spec, manager)
        return
      }
      case 'rotated':
        rotate.run(change.account, change.keyId, time)
        return
      case 'deleted':
        remove.run(time, change.arn, change.arn)
        return
      default:
        schedule.run(change.kind === 'deletion-scheduled' ? time : null, change.arn, change.arn)
    }
  }
}

/** Adds events to the file, inside the transaction of whoever calls. */
export type UsageAdder = {
  add(lines: readonly string[]): void
  /** What it remembers of a file that was emptied or written by another is forgotten. */
  forget(): void
}

export function openUsageAdder(db: DatabaseSync): UsageAdder {
  const numbers = nameNumbers(db)
  const specs = keySpecs(db)
  const change = keyChanges(db)
  const count = db.prepare(
    `insert into usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict do update set count = count + excluded.count`,
  )
  const latest = db.prepare('update progress set latest = max(latest, ?)')

  const number = (name: string): number => {
    const id = numbers.of(name)
    if (id === undefined) throw new TypeError('a name has no number')
    return id
  }
  const variantOf = ({ keyPairSpec, keys }: UsedRequest): string =>
    keyPairSpec ?? keys.map((arn) => specs.of(arn) ?? '').join(BETWEEN)

  function rowOf({ time, request }: UsageEntry & { readonly request: UsedRequest }): string {
    const { account, region, key, principal, operation, outcome } = request
    const names = [account, region, key, principal, operation, variantOf(request), outcome]
    return [Math.floor(time / DAY_SECONDS), ...names.map(number)].join()
  }

  return {
    add(lines) {
      const counts = new Map<string, number>()
      let newest = 0
      for (const line of lines) {
        const entry = usageOf(line)
        if (!entry) continue
        newest = Math.max(newest, entry.time)
        if (entry.change) change(entry.change, entry.time)
        if (!entry.request) continue
        const row = rowOf({ ...entry, request: entry.request })
        counts.set(row, (counts.get(row) ?? 0) + 1)
      }
      for (const [row, times] of counts) count.run(...row.split(',').map(Number), times)
      if (newest > 0) latest.run(newest)
    },
    forget() {
      numbers.clear()
      specs.clear()
    },
  }
}
