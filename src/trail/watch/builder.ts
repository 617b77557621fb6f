import type { DatabaseSync } from 'node:sqlite'
import { FINDINGS_MAX, HISTORY_EVENTS_PER_COMMIT, WATCH_RULES } from '../../domain/limits.ts'
import type { Head } from '../chain.ts'
import { followBatches, type TrailPosition } from '../follow.ts'
import { integerOf, transaction } from '../sqlite.ts'
import { watchedEvent } from './event.ts'
import { openWatchMemory } from './memory.ts'
import { type Candidate, examine } from './rules.ts'
import { clearWatch, openWatchForWriting } from './watch-file.ts'

/** Looks for the unusual in events, in their order. */
export type WatchBuilder = Disposable & {
  /** Reads the trail up to `head`. Throws what the trail or SQLite answers; what is done stays done. */
  follow(directory: string, head: Pick<Head, 'segment' | 'batch'>): Promise<void>
  /** Takes events that are in no file. */
  add(lines: readonly string[]): void
  readonly db: DatabaseSync
}

/** Tells a finding, unless its topic was told a short while ago; then it is counted. */
function teller(db: DatabaseSync): (candidate: Candidate, at: number) => void {
  const topicOf = db.prepare('select told_at, suppressed from topics where topic = ?')
  const hold = db.prepare('update topics set suppressed = suppressed + 1 where topic = ?')
  const tell = db.prepare('insert or replace into topics values (?, ?, 0)')
  const keep = db.prepare('insert into findings (account, record) values (?, ?)')
  const drop = db.prepare('delete from findings where number <= ?')
  return ({ topic, quietMs, finding }, at) => {
    const row = topicOf.get(topic)
    if (row && at < integerOf(row, 'told_at') + quietMs) return void hold.run(topic)
    const suppressed = row ? integerOf(row, 'suppressed') : 0
    tell.run(topic, at)
    const { lastInsertRowid } = keep.run(finding.account, JSON.stringify({ ...finding, suppressed }))
    drop.run(Number(lastInsertRowid) - FINDINGS_MAX)
  }
}

const breathe = () => new Promise((resolve) => setImmediate(resolve))

type Progress = TrailPosition & { readonly begun: number }

function progressIn(db: DatabaseSync): Progress {
  const row = db.prepare('select segment, offset, batch, begun from progress').get() ?? {}
  return {
    segment: integerOf(row, 'segment'),
    offset: integerOf(row, 'offset'),
    batch: integerOf(row, 'batch'),
    begun: integerOf(row, 'begun'),
  }
}

/** Opens the file for its one writer. What events teach, what is found and the position are kept in one transaction. */
export function openWatchBuilder(path: string): WatchBuilder {
  const db = openWatchForWriting(path)
  let memory = openWatchMemory(db)
  const told = teller(db)
  const moveTo = db.prepare('update progress set segment = ?, offset = ?, batch = ?')
  const begin = db.prepare('update progress set begun = ?')
  const forget = db.prepare('delete from topics where told_at < ?')
  let progress = progressIn(db)

  function take(lines: readonly string[], isTold: boolean): void {
    let newest = 0
    for (const line of lines) {
      const event = watchedEvent(line)
      if (!event) continue
      newest = Math.max(newest, event.at)
      for (const each of examine(event, memory)) if (isTold) told(each, event.at)
    }
    if (newest > 0) forget.run(newest - WATCH_RULES.topicsKeptMs)
  }

  function write(work: () => void): void {
    try {
      transaction(db, work)
    } catch (cause) {
      // Denials are counted in memory, and would count twice.
      memory = openWatchMemory(db)
      throw cause
    }
  }

  /** The first time ever teaches only: what is in the trail already is nobody's news. */
  function beginAt(head: Pick<Head, 'batch'>): void {
    if (progress.batch > head.batch) write(() => clearWatch(db))
    progress = progressIn(db)
    if (progress.begun >= 0) return
    begin.run(head.batch)
    progress = progressIn(db)
  }

  return {
    db,
    async follow(directory, head) {
      beginAt(head)
      let waiting: { readonly lines: readonly string[]; readonly position: TrailPosition }[] = []
      let count = 0
      const flush = () => {
        const last = waiting.at(-1)
        if (!last) return
        write(() => {
          for (const { lines, position } of waiting) take(lines, position.batch > progress.begun)
          moveTo.run(last.position.segment, last.position.offset, last.position.batch)
        })
        progress = { ...last.position, begun: progress.begun }
        waiting = []
        count = 0
      }
      for await (const { events, position } of followBatches(directory, progress, head)) {
        waiting.push({ lines: events, position })
        count += events.length
        if (count < HISTORY_EVENTS_PER_COMMIT) continue
        flush()
        await breathe()
      }
      flush()
    },
    add: (lines) => write(() => take(lines, true)),
    [Symbol.dispose]: () => db.close(),
  }
}
