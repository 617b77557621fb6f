import { isError, type ServiceError } from '../domain/error.ts'
import type { DutyParts } from './duty-parts.ts'
import type { Change, Duty } from './ports.ts'
import { serviceEvent } from './service-event.ts'

/**
 * Deletes a key whose waiting period is over; a duty that a cancellation left behind is dropped.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function deleteDueKey(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  const key = await parts.store.findKey(duty.scope, duty.keyId)
  const time = parts.clock.now()
  const isDue = key?.state.name === 'PendingDeletion' && key.state.deletionDate <= time
  const changes: readonly Change[] = key && isDue ? [{ kind: 'delete-key', key }] : [{ kind: 'delete-duty', duty }]
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
