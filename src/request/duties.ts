import { isError, type ServiceError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import { eventLine } from '../trail/event.ts'
import type { Log } from './log.ts'
import type { Outbox } from './outbox.ts'
import type { Change, Clock, Duty, Ids, KeyProcess, Store } from './ports.ts'

export type DutyParts = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** Duties looked up at once. */
const BATCH = 100

/**
 * Does everything that is due by the clock: today, deleting keys whose waiting period is over.
 *
 * @returns the first error, with which the rest is left for the next run.
 */
export async function runDueDuties(parts: DutyParts): Promise<ServiceError | undefined> {
  for (;;) {
    const due = await parts.store.dueDuties(parts.clock.now(), BATCH)
    for (const duty of due) {
      const failed = await runDuty(parts, duty)
      if (failed) return failed
    }
    if (due.length < BATCH) return undefined
  }
}

async function runDuty(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  const key = await parts.store.findKey(duty.scope, duty.keyId)
  const isDue = key?.state.name === 'PendingDeletion' && key.state.deletionDate <= parts.clock.now()
  const changes: readonly Change[] = key && isDue ? [{ kind: 'delete-key', key }] : [{ kind: 'delete-duty', duty }]
  const eventId = parts.ids.uuid()
  const event = { eventId, line: key ? deletionEvent(key, eventId, parts.clock.now()) : '' }
  const committed = await parts.store.commit(changes, isDue ? event : undefined)
  if (isError(committed)) return committed
  // A conflict is a change made meanwhile, such as a cancellation; the duty is looked at anew.
  if (committed === 'conflict' || !key || !isDue) return undefined
  parts.outbox.deliver(event)
  await parts.hsm.forget(key.currentMaterialId ? [key.currentMaterialId] : [])
  return undefined
}

/** Source: CloudTrail event that KMS writes when it deletes a key. */
function deletionEvent(key: Key, eventId: string, time: number): string {
  return eventLine({
    eventId,
    time,
    eventSource: 'kms.amazonaws.com',
    eventName: 'DeleteKey',
    region: key.region,
    account: key.account,
    sourceIpAddress: 'AWS Internal',
    userAgent: 'AWS Internal',
    identity: { accountId: key.account, invokedBy: 'AWS Internal' },
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    resources: [{ accountId: key.account, type: 'AWS::KMS::Key', ARN: key.arn }],
    eventType: 'AwsServiceEvent',
  })
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
