/** Lets work on one resource go one after the other. */
export type Turns = {
  /** Runs `work` once everything that took a turn of that name before has ended, and answers what it answers. */
  take<T>(name: string, work: () => Promise<T>): Promise<T>
}

/** Waiting work is bounded by the requests in flight, each of which waits for one turn. */
export function openTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    take(name, work) {
      const turn = (last.get(name) ?? Promise.resolve()).then(work, work)
      last.set(name, turn)
      const end = () => {
        if (last.get(name) === turn) last.delete(name)
      }
      turn.then(end, end)
      return turn
    },
  }
}
