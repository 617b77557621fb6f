import { KEY_PROCESS_BACKOFF_MS, KEY_PROCESS_WAIT_MS } from '../domain/limits.ts'
import type { Connection } from './connection.ts'

export type Health = {
  /** Whether a process is there to answer. */
  readonly alive: boolean
  /** Processes that ended unasked and were replaced since the start. */
  readonly restarts: number
  /** Operating system's id of the process that answers. */
  readonly pid?: number
}

/** Keeps one process running. */
export type Supervisor = {
  /** The process that answers; while there is none, the next one, or nothing when none came within KEY_PROCESS_WAIT_MS. */
  connection(): Connection | Promise<Connection | undefined>
  /** Starts another process, hands over to it, and lets the old one finish what it was asked. Resolves when that is gone. */
  replace(): Promise<void>
  /** Lets the process finish and starts no other. */
  stop(): Promise<void>
  readonly health: Health
}

type State = {
  current: Connection | undefined
  restarts: number
  /** Starts in a row that did not last. */
  failures: number
  isStopping: boolean
  readonly waiters: Set<(connection: Connection | undefined) => void>
}

function announce(state: State, connection: Connection | undefined): void {
  for (const waiter of state.waiters) waiter(connection)
  state.waiters.clear()
}

function nextConnection(state: State): Promise<Connection | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => waiter(undefined), KEY_PROCESS_WAIT_MS)
    const waiter = (connection: Connection | undefined) => {
      clearTimeout(timer)
      state.waiters.delete(waiter)
      resolve(connection)
    }
    state.waiters.add(waiter)
  })
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** Doubled with every start that did not last, so that a process that cannot live does not eat the machine. */
const backoffMs = (failures: number) =>
  Math.min(KEY_PROCESS_BACKOFF_MS.first * 2 ** Math.min(failures, 16), KEY_PROCESS_BACKOFF_MS.longest)

/**
 * @param first - a process that serves.
 * @param start - starts another that is ready for every request; in words why not.
 */
export function supervise(
  first: Connection,
  start: () => Promise<Connection | string>,
  log: (message: string) => void,
): Supervisor {
  const state: State = { current: undefined, restarts: 0, failures: 0, isStopping: false, waiters: new Set() }
  const adopt = (connection: Connection) => {
    const since = Date.now()
    state.current = connection
    announce(state, connection)
    connection.ended.then(() => {
      if (state.current !== connection || state.isStopping) return
      if (Date.now() - since >= KEY_PROCESS_BACKOFF_MS.stableAfter) state.failures = 0
      log('the key process ended unasked')
      restart()
    })
  }
  /** Until a process serves: the pauses between starts are bounded, their number is not, because nothing works without. */
  const restart = async () => {
    state.current = undefined
    while (!state.isStopping && !state.current) {
      await pause(backoffMs(state.failures))
      state.failures += 1
      const connection = await start()
      if (typeof connection === 'string') log(connection)
      else if (state.isStopping || state.current) connection.kill()
      else {
        state.restarts += 1
        log('the key process was started again')
        adopt(connection)
      }
    }
  }
  const replaceNow = async () => {
    const old = state.current
    // While there is none, nothing is remembered: the next one is new by itself.
    if (!old) return
    const fresh = await start()
    if (typeof fresh === 'string') {
      // What must be forgotten is forgotten, even if calls then wait for a process.
      log(fresh)
      old.kill()
      return old.ended
    }
    // The old one ended meanwhile and another took its place, or none is wanted any more.
    if (state.isStopping || (state.current && state.current !== old)) return fresh.kill()
    adopt(fresh)
    await old.drain()
  }
  let replacements = Promise.resolve()
  adopt(first)
  return {
    connection: () => state.current ?? (state.isStopping ? Promise.resolve(undefined) : nextConnection(state)),
    replace() {
      replacements = replacements.then(replaceNow)
      return replacements
    },
    async stop() {
      state.isStopping = true
      announce(state, undefined)
      const { current } = state
      state.current = undefined
      await Promise.all([current?.drain(), replacements])
    },
    get health() {
      const { current, restarts } = state
      return { alive: current !== undefined, restarts, ...(current?.pid === undefined ? {} : { pid: current.pid }) }
    },
  }
}
