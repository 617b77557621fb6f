/** A queue beside the event loop, for work that takes longer than anybody else should wait. */
export type Lane = {
  /** Does `work` when its turn comes; `overloaded`, and nothing is done, while too much waits. */
  run<T>(work: () => T | Promise<T>): Promise<T | 'overloaded'>
}

/**
 * @param atOnce - works at the same time. What is asynchronous runs on threads that compete with the event loop for cores.
 * @param waitingMax - works that may wait.
 */
export function createLane(atOnce: number, waitingMax: number): Lane {
  const waiting: Array<() => Promise<void>> = []
  let running = 0
  const startNext = () => {
    const start = running < atOnce ? waiting.shift() : undefined
    if (!start) return
    running += 1
    // In a turn of its own: what a work does in this thread happens between two rounds of requests, never before one.
    setImmediate(async () => {
      await start()
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
