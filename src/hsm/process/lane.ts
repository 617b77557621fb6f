/** A queue beside the event loop, for work that takes longer than anybody else should wait. */
export type Lane = {
  /** Does `work` when its turn comes; `overloaded`, and nothing is done, while too much waits. */
  run<T>(work: () => T | Promise<T>): Promise<T | 'overloaded'>
}

export type LaneOptions = {
  /** Works at the same time. What is asynchronous runs on threads that compete with the event loop for cores. */
  readonly atOnce: number
  /** Works that may wait. */
  readonly waitingMax: number
  /** So many requests were answered without a lane. */
  readonly answered: () => number
}

/** Milliseconds of this thread that a work takes from nobody who would notice. */
const UNNOTICED_MS = 2
/** How many times as long as it held up this thread a work gives way to others, as long as there are any. */
const GIVES_WAY = 4

/**
 * Some works have no asynchronous form, and hold up everybody for as long as they take. Then the others get four fifths
 * of the time, so that a stream of such works delays them by one work and not by a queue.
 */
async function giveWay(blockedMs: number, answered: () => number): Promise<void> {
  for (let left = blockedMs * GIVES_WAY; left > 0; left -= UNNOTICED_MS) {
    const before = answered()
    await new Promise((resolve) => setTimeout(resolve, UNNOTICED_MS))
    if (answered() === before) return
  }
}

export function createLane({ atOnce, waitingMax, answered }: LaneOptions): Lane {
  const waiting: Array<() => Promise<void>> = []
  let running = 0
  const startNext = () => {
    const start = running < atOnce ? waiting.shift() : undefined
    if (!start) return
    running += 1
    // In a turn of its own: what a work does in this thread happens between two rounds of requests, never before one.
    setImmediate(async () => {
      const begun = performance.now()
      const done = start()
      const blockedMs = performance.now() - begun
      await done
      if (blockedMs > UNNOTICED_MS) await giveWay(blockedMs, answered)
      running -= 1
      startNext()
    })
  }
  return {
    run(work) {
      if (waiting.length >= waitingMax) return Promise.resolve('overloaded')
      return new Promise((resolve) => {
        waiting.push(async () => resolve(await work()))
        startNext()
      })
    },
  }
}
