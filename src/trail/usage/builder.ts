import { closeSync, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { HISTORY_EVENTS_PER_COMMIT } from '../../domain/limits.ts'
import type { Head } from '../chain.ts'
import { type FollowedBatch, followBatches, type TrailPosition } from '../follow.ts'
import { plainPath } from '../segment-name.ts'
import { integerOf, textIn, transaction } from '../sqlite.ts'
import { openUsageAdder } from './adder.ts'
import { clearUsage, openUsageForWriting } from './usage-file.ts'

/** Counts what events tell of usage. */
export type UsageBuilder = Disposable & {
  /**
   * Reads the trail up to `head`. Throws what the trail or SQLite answers; what is done stays done.
   *
   * @param told - told now and then how far it has come, and asked whether to leave the rest for another time.
   */
  follow(directory: string, head: Pick<Head, 'segment' | 'batch'>, told?: Told): Promise<void>
  readonly position: TrailPosition
}

type Told = {
  readonly progress?: (position: TrailPosition) => void
  readonly isInterrupted?: () => boolean
}

type Progress = TrailPosition & { readonly mark: string }

/** Bytes that tell one line of the chain from any other: its hash. */
const MARK_BYTES = 70

function progressIn(db: DatabaseSync): Progress {
  const row = db.prepare('select segment, offset, batch, mark from progress').get() ?? {}
  return {
    segment: integerOf(row, 'segment'),
    offset: integerOf(row, 'offset'),
    batch: integerOf(row, 'batch'),
    mark: textIn(row, 'mark'),
  }
}

/** The end of the line before a position; nothing where the segment is packed, for then it cannot have changed any more. */
function markAt(directory: string, { segment, offset }: TrailPosition): string | undefined {
  const start = Math.max(offset - MARK_BYTES, 0)
  let file: number | undefined
  try {
    file = openSync(plainPath(directory, segment), 'r')
    const bytes = Buffer.alloc(offset - start)
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, start))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** What was read may have been cut off by a crash, or be of another trail that stood here before. */
function isOfAnother(directory: string, progress: Progress, head: Pick<Head, 'batch'>): boolean {
  if (progress.segment === 0) return false
  const mark = markAt(directory, progress)
  return progress.batch > head.batch || (mark !== undefined && mark !== progress.mark)
}

const breathe = () => new Promise((resolve) => setImmediate(resolve))

/** Opens the file of usage. Position and counts are kept in one transaction, so that nothing is counted twice or never. */
export function openUsageBuilder(path: string): UsageBuilder {
  const db = openUsageForWriting(path)
  const adder = openUsageAdder(db)
  const moveTo = db.prepare('update progress set segment = ?, offset = ?, batch = ?, mark = ?')
  let progress = progressIn(db)

  /** @returns false when another process came before: then its position counts, and nothing is added. */
  function commit(directory: string, batches: readonly FollowedBatch[]): boolean {
    const last = batches.at(-1)
    if (!last) return true
    const { segment, offset, batch } = last.position
    const mark = markAt(directory, last.position) ?? ''
    let isMine = false
    try {
      isMine = transaction(db, () => {
        const now = progressIn(db)
        if (now.segment !== progress.segment || now.offset !== progress.offset) return false
        adder.add(batches.flatMap(({ events }) => events))
        moveTo.run(segment, offset, batch, mark)
        return true
      })
    } finally {
      // What was not committed gave numbers to names that nobody kept.
      if (!isMine) adder.forget()
    }
    progress = progressIn(db)
    return isMine
  }

  async function advance(
    directory: string,
    head: Pick<Head, 'segment' | 'batch'>,
    { progress: tell, isInterrupted }: Told,
  ): Promise<boolean> {
    let waiting: FollowedBatch[] = []
    let count = 0
    for await (const followed of followBatches(directory, progress, head)) {
      waiting.push(followed)
      count += followed.events.length
      if (count < HISTORY_EVENTS_PER_COMMIT) continue
      if (!commit(directory, waiting)) return false
      tell?.(progress)
      if (isInterrupted?.()) return true
      waiting = []
      count = 0
      await breathe()
    }
    return commit(directory, waiting)
  }

  return {
    async follow(directory, head, told = {}) {
      progress = progressIn(db)
      if (isOfAnother(directory, progress, head)) {
        transaction(db, () => clearUsage(db))
        adder.forget()
        progress = progressIn(db)
      }
      while (!(await advance(directory, head, told))) await breathe()
    },
    get position() {
      return progress
    },
    [Symbol.dispose]: () => db.close(),
  }
}
