import { unreachable } from '../domain/brand.ts'
import type { ServiceError } from '../domain/error.ts'
import type { DutyParts } from './duty-parts.ts'
import { deleteDueKey } from './key-deletion.ts'
import { rotateDueKey } from './key-rotation.ts'
import { expireDueMaterial } from './material-expiry.ts'
import type { Duty } from './ports.ts'
import { changeDuePrimary } from './primary-change.ts'
import { synchronizeDueKey } from './replica-synchronization.ts'

/** Duties looked up at once. */
const BATCH = 100

/**
 * Does everything that is due by the clock. A duty that fails holds up none of its neighbours.
 *
 * @returns the first error of a batch, with which what comes after the batch is left for the next run.
 */
export async function runDueDuties(parts: DutyParts): Promise<ServiceError | undefined> {
  for (;;) {
    const due = await parts.store.dueDuties(parts.clock.now(), BATCH)
    let failed: ServiceError | undefined
    for (const duty of due) {
      const failure = await runDuty(parts, duty)
      failed ??= failure
    }
    if (failed || due.length < BATCH) return failed
  }
}

/** @returns the error with which the duty stays for another run. */
export function runDuty(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  switch (duty.kind) {
    case 'delete-key':
      return deleteDueKey(parts, duty)
    case 'expire-material':
      return expireDueMaterial(parts, duty)
    case 'rotate-key':
      return rotateDueKey(parts, duty)
    case 'synchronize-key':
      return synchronizeDueKey(parts, duty)
    case 'update-primary':
      return changeDuePrimary(parts, duty)
    default:
      return unreachable(duty.kind)
  }
}

/** Looks for due work now and then. */
export type Scheduler = { stop(): Promise<void> }

/** Milliseconds between looks at most: another node may have added an earlier duty. */
const LOOK_MS = 30_000
const SOONEST_MS = 1_000

export function openScheduler(parts: DutyParts): Scheduler {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const look = async () => {
    const failed = await runDueDuties(parts)
    if (failed)
      parts.log.error('due work could not be done and will be tried again', { code: failed.code, cause: failed.cause })
    const next = await parts.store.nextDutyAt()
    const waitMs = next === undefined ? LOOK_MS : Math.min(LOOK_MS, Math.max(SOONEST_MS, next - parts.clock.now()))
    timer = setTimeout(start, waitMs).unref()
  }
  const start = () => {
    running = look().catch((cause) => {
      parts.log.error('due work failed', { cause })
      timer = setTimeout(start, LOOK_MS).unref()
    })
  }
  start()
  return {
    async stop() {
      await running
      clearTimeout(timer)
    },
  }
}
