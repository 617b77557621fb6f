import type { DatabaseSync } from 'node:sqlite'
import { HISTORY_AGE_MS, HISTORY_EVENTS_PER_COMMIT, HISTORY_NAMES_KEPT } from '../../domain/limits.ts'
import type { Head } from '../chain.ts'
import { type FollowedBatch, followBatches, type TrailPosition } from '../follow.ts'
import { integerOf, transaction } from '../sqlite.ts'
import { ATTRIBUTES, type Attribute, attributesOf, entryOf, type HistoryEntry } from './entry.ts'
import { bytesOf, clear, openForWriting } from './index-file.ts'
import { type MinuteCounts, openMinuteCounts } from './minutes.ts'
import { pack, unpack } from './packed.ts'

/** The kind of the name that all events of an account and Region have. */
export const EVERY = -1
export const kindOf = (attribute: Attribute): number => ATTRIBUTES.indexOf(attribute)

/** Adds events to the index. */
export type HistoryBuilder = Disposable & {
  /** Reads the trail up to `head`. Throws what the trail or SQLite answers; what is done stays done. */
  follow(directory: string, head: Pick<Head, 'segment' | 'batch'>, now: number): Promise<void>
  /** Adds events that are in no file. */
  add(lines: readonly string[], now: number): void
  /** Drops up to so many events that are too old to be looked up. @returns whether there may be more. */
  prune(now: number): boolean
  readonly position: TrailPosition
}

type Name = readonly [account: string, region: string, kind: number, name: string]

const seconds = (time: number) => Math.floor(time / 1_000)
/** The 16 bytes of a UUID; any other id as it is. */
export function eventIdBytes(eventId: string): Uint8Array {
  const hex = eventId.replaceAll('-', '')
  return /^[0-9a-f]{32}$/.test(hex) ? Buffer.from(hex, 'hex') : Buffer.from(eventId)
}

function namesOf(entry: HistoryEntry): readonly Name[] {
  const { account, region } = entry
  const named = attributesOf(entry).map(([attribute, name]) => [account, region, kindOf(attribute), name] as const)
  return [[account, region, EVERY, ''], ...named]
}

/** The numbers of names, of which many are met again and again. */
function nameNumbers(db: DatabaseSync): (name: Name) => number {
  const find = db.prepare('select id from names where account = ? and region = ? and kind = ? and name = ?')
  const insert = db.prepare('insert into names (account, region, kind, name) values (?, ?, ?, ?)')
  const known = new Map<string, number>()
  return (name) => {
    const key = name.join('\n')
    const cached = known.get(key)
    if (cached !== undefined) return cached
    const row = find.get(...name)
    const number = row ? integerOf(row, 'id') : Number(insert.run(...name).lastInsertRowid)
    if (known.size >= HISTORY_NAMES_KEPT) known.clear()
    known.set(key, number)
    return number
  }
}

function adder(db: DatabaseSync, minutes: MinuteCounts): (line: string, now: number) => void {
  const numberOf = nameNumbers(db)
  const event = db.prepare('insert into events (time, body) values (?, ?)')
  const eventId = db.prepare('insert into event_ids values (?, ?) on conflict do nothing')
  const isThere = db.prepare('select 1 from event_ids where event_id = ?')
  const mark = db.prepare('insert into marks values (?, ?, ?)')
  return (line, now) => {
    const entry = entryOf(line)
    if (!entry || entry.shown.EventTime < now - HISTORY_AGE_MS) return
    const id = eventIdBytes(entry.shown.EventId)
    if (isThere.get(id)) return
    const time = seconds(entry.shown.EventTime)
    const number = event.run(time, pack(line)).lastInsertRowid
    eventId.run(id, number)
    for (const name of namesOf(entry)) mark.run(numberOf(name), time, number)
    minutes.note(entry)
  }
}

function remover(db: DatabaseSync): (now: number) => boolean {
  const oldest = db.prepare('select id, time, body from events order by id limit ?')
  const find = db.prepare('select id from names where account = ? and region = ? and kind = ? and name = ?')
  const mark = db.prepare('delete from marks where name = ? and time = ? and event = ?')
  const eventId = db.prepare('delete from event_ids where event_id = ?')
  const event = db.prepare('delete from events where id = ?')
  return (now) =>
    transaction(db, () => {
      const rows = oldest.all(HISTORY_EVENTS_PER_COMMIT)
      for (const row of rows) {
        const [id, time] = [integerOf(row, 'id'), integerOf(row, 'time')]
        if (time >= seconds(now - HISTORY_AGE_MS)) return false
        const entry = entryOf(unpack(bytesOf(row, 'body')))
        for (const name of entry ? namesOf(entry) : []) {
          const number = find.get(...name)
          if (number) mark.run(integerOf(number, 'id'), time, id)
        }
        if (entry) eventId.run(eventIdBytes(entry.shown.EventId))
        event.run(id)
      }
      return rows.length === HISTORY_EVENTS_PER_COMMIT
    })
}

function positionIn(db: DatabaseSync): TrailPosition {
  const row = db.prepare('select segment, offset, batch from progress').get() ?? {}
  return { segment: integerOf(row, 'segment'), offset: integerOf(row, 'offset'), batch: integerOf(row, 'batch') }
}

/** A turn of the event loop, so that messages are heard between two transactions. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

/** Opens the index for its one writer; see `openForWriting`. Position and events are kept in the same transaction. */
export function openHistoryBuilder(path: string): HistoryBuilder & { readonly db: DatabaseSync } {
  const db = openForWriting(path)
  let minutes = openMinuteCounts(db)
  let add = adder(db, minutes)
  const removeOldest = remover(db)
  const moveTo = db.prepare('update progress set segment = ?, offset = ?, batch = ?')
  let position = positionIn(db)

  /** What both remember of rows is no longer so. */
  function renew(): void {
    minutes = openMinuteCounts(db)
    add = adder(db, minutes)
  }

  function write(lines: Iterable<string>, now: number, done: () => void): void {
    try {
      transaction(db, () => {
        for (const line of lines) add(line, now)
        minutes.write()
        done()
      })
    } catch (cause) {
      // They are made again with the next attempt, and would count twice or name rows that were rolled back.
      renew()
      throw cause
    }
  }

  function commit(batches: readonly FollowedBatch[], now: number): void {
    const last = batches.at(-1)
    if (!last) return
    const { segment, offset, batch } = last.position
    const lines = batches.flatMap(({ events }) => events)
    write(lines, now, () => moveTo.run(segment, offset, batch))
    position = last.position
  }

  return {
    db,
    async follow(directory, head, now) {
      // An index that knows more than the trail belongs to another one.
      if (position.batch > head.batch) {
        transaction(db, () => clear(db))
        renew()
        position = positionIn(db)
      }
      let waiting: FollowedBatch[] = []
      let count = 0
      for await (const followed of followBatches(directory, position, head)) {
        waiting.push(followed)
        count += followed.events.length
        if (count < HISTORY_EVENTS_PER_COMMIT) continue
        commit(waiting, now)
        waiting = []
        count = 0
        await breathe()
      }
      commit(waiting, now)
    },
    add: (lines, now) => write(lines, now, () => undefined),
    prune(now) {
      minutes.prune(now)
      return removeOldest(now)
    },
    get position() {
      return position
    },
    [Symbol.dispose]: () => db.close(),
  }
}
