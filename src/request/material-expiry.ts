import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Key, KeyMaterial } from '../domain/key.ts'
import { COMMIT_ATTEMPTS_MAX, IMPORTED_MATERIALS_MAX } from '../domain/limits.ts'
import type { DutyParts } from './duty-parts.ts'
import { importedMaterials, keyChanges, withoutMaterial } from './imported-material.ts'
import type { Duty } from './ports.ts'
import { serviceEvent } from './service-event.ts'

/**
 * Destroys every imported material of a key whose time is over, each with an event of its own. The key cannot be used until
 * the same material is imported again.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function expireDueMaterial(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  for (let attempt = 1; attempt <= IMPORTED_MATERIALS_MAX + COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const done = await attend(parts, duty)
    if (done !== 'again') return done
  }
  return error('ThrottlingException', 'The key is being changed by other requests.')
}

type Done = undefined | ServiceError | 'again'

async function attend(parts: DutyParts, duty: Duty): Promise<Done> {
  const { store, clock } = parts
  const key = await store.findKey(duty.scope, duty.keyId)
  // With a key go its duties, so that this one is gone already.
  if (!key) return undefined
  const time = clock.now()
  const materials = await importedMaterials(store, key)
  const lost = materials.find(({ imported }) => imported?.validTo !== undefined && imported.validTo <= time)
  if (lost) return expire(parts, { key, materials, lost, time })
  // As a new revision, so that a change made meanwhile is not undone.
  const committed = await store.commit(keyChanges(key, materials))
  if (isError(committed)) return committed
  return committed === 'conflict' ? 'again' : undefined
}

type Expiring = {
  readonly key: Key
  readonly materials: readonly KeyMaterial[]
  readonly lost: KeyMaterial
  readonly time: number
}

/** What is decided from a key that changed meanwhile is decided anew, and so is what else may be over. */
async function expire(parts: DutyParts, { key, materials, lost, time }: Expiring): Promise<Done> {
  const changes = await withoutMaterial(parts.store, key, materials, lost)
  const eventId = parts.ids.uuid()
  const event = { eventId, line: expiryEvent({ eventId, time, key, lost }) }
  const committed = await parts.store.commit(changes, event)
  if (isError(committed)) return committed
  if (committed === 'conflict') return 'again'
  parts.outbox.deliver(event)
  await parts.hsm.forget([lost.materialId])
  return 'again'
}

type Expired = {
  readonly eventId: string
  readonly time: number
  readonly key: Key
  readonly lost: KeyMaterial
}

/** Source: CloudTrail event that KMS writes when imported material expires. */
function expiryEvent({ eventId, time, key, lost }: Expired): string {
  return serviceEvent({
    eventId,
    time,
    eventName: 'DeleteExpiredKeyMaterial',
    key,
    serviceEventDetails: { keyId: key.arn, keyMaterialId: lost.materialId },
  })
}
