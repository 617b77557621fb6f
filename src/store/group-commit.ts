import { error, type ServiceError } from '../domain/error.ts'
import { COMMITS_PER_GROUP_MAX, REQUESTS_IN_FLIGHT_MAX } from '../domain/limits.ts'
import { createLogTruncation } from './log-truncation.ts'
import type { Subject } from './subject.ts'
import { type Connection, type Result, runTogether, type Work } from './transaction.ts'

export type GroupCommit = {
  /**
   * Does the work together with all that arrives in the same turn of the event loop: one transaction, one durable write.
   *
   * @returns `committed` once it is durable; `conflict` when only this work was undone; `ThrottlingException` when too many
   *   wait; `KMSInternalException` when the store could not write, and then nothing of it is kept. Rejects with what the work
   *   threw when that was neither.
   */
  submit(work: Work): Promise<'committed' | 'conflict' | ServiceError>
  /** Does what waits, and refuses everything after. */
  close(): void
}

type Waiting = { readonly work: Work; answer(result: Result): void }

/** @param committed - told what changed, after it is durable and before anybody is answered. */
export function createGroupCommit(
  connection: Connection,
  committed: (subjects: readonly Subject[]) => void,
): GroupCommit {
  const queue: Waiting[] = []
  const truncateLog = createLogTruncation(connection)
  let isScheduled = false
  let isClosed = false

  const commitGroup = () => {
    const group = queue.splice(0, COMMITS_PER_GROUP_MAX)
    const works = group.map(({ work }) => work)
    const results = runTogether(connection, works)
    for (const result of results) if (result.outcome === 'committed') committed(result.subjects)
    truncateLog(works.some((work, i) => work.destroys && results[i]?.outcome === 'committed'))
    for (const [i, result] of results.entries()) group[i]?.answer(result)
  }
  const schedule = () => {
    if (isScheduled || queue.length === 0) return
    isScheduled = true
    // After this turn's input has been read: whatever else arrives in it shares the durable write.
    setImmediate(() => {
      isScheduled = false
      if (queue.length > 0) commitGroup()
      schedule()
    })
  }

  return {
    submit(work) {
      if (isClosed) return Promise.resolve(error('KMSInternalException', 'The store is closed.'))
      if (queue.length >= REQUESTS_IN_FLIGHT_MAX) return Promise.resolve(error('ThrottlingException', 'Rate exceeded'))
      return new Promise((resolve, reject) => {
        const answer = (result: Result) =>
          result.outcome === 'mistake' ? reject(result.thrown) : resolve(result.outcome)
        queue.push({ work, answer })
        schedule()
      })
    },
    close() {
      isClosed = true
      while (queue.length > 0) commitGroup()
    },
  }
}
