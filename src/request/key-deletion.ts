import { isError, type ServiceError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import { hasReplicas, withoutReplica } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import type { DutyParts } from './duty-parts.ts'
import type { Change, Duty, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'
import { serviceEvent } from './service-event.ts'

const DAY_MS = 86_400_000

/**
 * Deletes a key whose waiting period is over; a duty that a cancellation left behind is dropped.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function deleteDueKey(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  const key = await parts.store.findKey(duty.scope, duty.keyId)
  const time = parts.clock.now()
  const isDue = key?.state.name === 'PendingDeletion' && key.state.deletionDate <= time
  const changes: readonly Change[] =
    key && isDue
      ? [{ kind: 'delete-key', key }, ...(await changesLeft(parts.store, key, time))]
      : [{ kind: 'delete-duty', duty }]
  const eventId = parts.ids.uuid()
  const event = { eventId, line: key ? serviceEvent({ eventId, time, eventName: 'DeleteKey', key }) : '' }
  const committed = await parts.store.commit(changes, isDue ? event : undefined)
  if (isError(committed)) return committed
  // A conflict is a change made meanwhile, such as a cancellation; the duty is looked at anew.
  if (committed === 'conflict' || !key || !isDue) return undefined
  parts.outbox.deliver(event)
  await parts.hsm.forget(key.currentMaterialId ? [key.currentMaterialId] : [])
  return undefined
}

/** What changes for the keys that were related to a deleted one. */
async function changesLeft(store: Store, deleted: Key, time: number): Promise<readonly Change[]> {
  const left = await relatedKeys(store, deleted)
  return left.flatMap((was) => {
    const related = was.related && withoutReplica(was.related, deleted.region)
    const key = nextRevision(was, related ? { related } : {})
    return isFreed(key) ? startWaiting(key, key.state.pendingWindowDays, time) : [{ kind: 'update-key', key }]
  })
}

type Waiting = Key & { readonly state: { readonly name: 'PendingReplicaDeletion' } }

/** Whether a primary waited for the deletion of its last replica. */
function isFreed(key: Key): key is Waiting {
  return key.state.name === 'PendingReplicaDeletion' && !hasReplicas(key)
}

/** The waiting period begins with the deletion of the last replica. Source: KMS developer guide, deleting multi-Region keys. */
function startWaiting(key: Key, pendingWindowDays: number, time: number): readonly Change[] {
  const deletionDate = time + pendingWindowDays * DAY_MS
  const duty: Duty = { scope: key, keyId: key.keyId, kind: 'delete-key', dueAt: deletionDate }
  return [
    { kind: 'update-key', key: { ...key, state: { name: 'PendingDeletion', deletionDate } } },
    { kind: 'put-duty', duty },
  ]
}
