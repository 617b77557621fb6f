import { error, type ServiceError } from '../domain/error.ts'
import { observe } from '../domain/histogram.ts'
import type { Head, Link } from './chain.ts'
import { openTrailFigures, type TrailFigures } from './figures.ts'
import type { SegmentWriter } from './segment-writer.ts'
import { type Batch, trailQueue } from './trail-queue.ts'

/** What a caller is told whose event is not durable. */
export function notWritten(cause: unknown): ServiceError {
  return error('KMSInternalException', undefined, cause)
}

export type GroupCommit = {
  /** Answers once the line is durable; `undefined` at once when too many wait. */
  add(line: string): Promise<ServiceError | undefined> | undefined
  /** A line of the chain of its own. */
  addLink(link: Link): Promise<ServiceError | undefined>
  /** Until all that waits is answered. */
  idle(): Promise<void>
  readonly healthy: boolean
  readonly figures: TrailFigures
  /** Events that wait for the next write. */
  readonly pending: number
}

/** Writes batches one after the other: while one is on its way to the disk, the next collects. No timer is needed. */
export function groupCommit(writer: SegmentWriter, onWritten: (head: Head) => void): GroupCommit {
  const queue = trailQueue()
  const figures = openTrailFigures()
  let healthy = true
  let working: Promise<void> | undefined

  async function writeNext(batch: Batch): Promise<ServiceError | undefined> {
    const begun = performance.now()
    try {
      await writer.write(batch)
      healthy = true
      observe(figures.writes, (performance.now() - begun) / 1_000)
      figures.events += batch.lines.length
      figures.lastDurableAt = Date.now()
      onWritten(writer.head)
      return undefined
    } catch (cause) {
      healthy = false
      figures.failures += 1
      return notWritten(cause)
    }
  }

  async function drain(): Promise<void> {
    // Requests of one turn of the event loop go into one batch.
    await new Promise((resolve) => setImmediate(resolve))
    let problem: ServiceError | undefined
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      // What waited while a write failed fails with it; only what arrives later tries again.
      problem ??= await writeNext(next.batch)
      next.settle(problem)
    }
    working = undefined
  }

  function start(): void {
    working ??= drain()
  }

  return {
    add(line) {
      const answer = queue.add(line)
      start()
      return answer
    },
    addLink(link) {
      const answer = queue.addLink(link)
      start()
      return answer
    },
    idle: async () => working,
    get healthy() {
      return healthy
    },
    figures,
    get pending() {
      return queue.size
    },
  }
}
