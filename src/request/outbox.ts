import { isError } from '../domain/error.ts'
import type { Log } from './log.ts'
import type { OutboxEvent, Store, Trail } from './ports.ts'

/** Moves events of committed changes from the store's outbox to the trail. */
export type Outbox = {
  /** The event is durable in the store; it will be in the trail soon, at the latest after the next start. */
  deliver(event: OutboxEvent): void
  /** Resolves when all that was delivered so far is in the trail, or could not be written. */
  drain(): Promise<void>
}

const RETRY_MS = 1_000
/** Events written and cleared together. */
const BATCH_MAX = 1_000

/** Delivers in order, one batch under way at a time. What cannot be written stays in the store and is tried again. */
export function openOutbox(store: Store, trail: Trail, log: Log): Outbox {
  let waiting: OutboxEvent[] = []
  let running: Promise<void> | undefined
  let isPaused = false
  const run = async () => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH_MAX)
      const failures = await Promise.all(batch.map((event) => trail.append(event.line)))
      const written = batch.filter((_event, index) => !isError(failures[index]))
      if (written.length > 0) await store.clearOutbox(written.map((event) => event.eventId))
      if (written.length === batch.length) continue
      waiting = [...batch.filter((_event, index) => isError(failures[index])), ...waiting]
      log.error('events of committed changes wait in the store: the trail cannot be written', { count: waiting.length })
      isPaused = true
      return
    }
  }
  const start = () => {
    running ??= run()
      .catch((cause) => log.error('delivering events failed', { cause }))
      .finally(() => {
        running = undefined
        if (isPaused) setTimeout(resume, RETRY_MS).unref()
        // What arrived after the last look found a delivery still running, so nobody else starts it.
        else if (waiting.length > 0) start()
      })
  }
  const resume = () => {
    isPaused = false
    start()
  }
  return {
    deliver(event) {
      waiting.push(event)
      if (!isPaused) start()
    },
    async drain() {
      resume()
      await running
    },
  }
}

/**
 * At start: events that a crash left in the outbox go to the trail, unless it holds them already.
 *
 * @param isWritten - which of these event ids the trail holds.
 */
export async function recoverOutbox(
  store: Store,
  outbox: Outbox,
  isWritten: (eventIds: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  for (;;) {
    const left = await store.outbox(BATCH_MAX)
    if (left.length === 0) return
    const written = await isWritten(left.map((event) => event.eventId))
    await store.clearOutbox([...written])
    for (const event of left) if (!written.has(event.eventId)) outbox.deliver(event)
    await outbox.drain()
    if ((await store.outbox(1)).length > 0 && written.size === 0) return
  }
}
