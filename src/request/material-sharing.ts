import { isError, type ServiceError } from '../domain/error.ts'
import type { Key, KeyMaterial } from '../domain/key.ts'
import { nextRevision } from '../domain/next-revision.ts'
import type { Authorized, Change, Ids, KeyProcess, OutboxEvent, OwnAction, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'
import { serviceEvent } from './service-event.ts'

export type SharedMaterial = {
  readonly changes: readonly Change[]
  /** Those that have the material once the changes are committed. */
  readonly replicas: readonly Key[]
}

/**
 * What makes new material of a primary, and the rotation that brought it, its replicas' as well, for the commit that
 * makes it the primary's: it is nowhere used before it is everywhere. A replica that has no material yet gets this one with
 * all others from its own duty; nothing is to share for other keys.
 *
 * @param key - the primary as it is to be, with `material` as its current one.
 * @returns the error of the key process when it cannot wrap the material for another Region.
 */
export async function shareMaterial(
  { store, hsm }: { readonly store: Store; readonly hsm: KeyProcess },
  proof: Authorized<OwnAction>,
  { key, material }: { readonly key: Key; readonly material: KeyMaterial },
): Promise<SharedMaterial | ServiceError> {
  const changes: Change[] = []
  const replicas: Key[] = []
  for (const was of await relatedKeys(store, key)) {
    const rotation = key.rotation ? { rotation: key.rotation } : {}
    if (was.currentMaterialId === undefined) {
      changes.push({ kind: 'update-key', key: nextRevision(was, rotation) })
      continue
    }
    const copy = await materialFor(hsm, proof, { key, material, replica: was })
    if (isError(copy)) return copy
    const replica = nextRevision(was, { ...rotation, currentMaterialId: material.materialId })
    changes.push({ kind: 'update-key', key: replica }, { kind: 'insert-material', material: copy })
    replicas.push(replica)
  }
  return { changes, replicas }
}

/** A primary's material as its replica's: the same with the same id, wrapped for the replica's Region. */
export async function materialFor(
  hsm: KeyProcess,
  proof: Authorized<OwnAction>,
  { key, material, replica }: { readonly key: Key; readonly material: KeyMaterial; readonly replica: Key },
): Promise<KeyMaterial | ServiceError> {
  const wrapped = await hsm.rewrapMaterial(proof, { key, material }, replica.region)
  return isError(wrapped) ? wrapped : { ...material, region: replica.region, wrapped }
}

/**
 * The event of a replica that was given material. Source: CloudTrail event that KMS writes for SynchronizeMultiRegionKey,
 * which has a request id although nobody asked.
 *
 * @param time - milliseconds since the epoch.
 */
export function synchronizationEvent(ids: Ids, time: number, key: Key): OutboxEvent {
  const eventId = ids.uuid()
  const eventName = 'SynchronizeMultiRegionKey'
  return {
    eventId,
    line: serviceEvent({ eventId, time, eventName, key, requestId: ids.uuid(), eventType: 'AwsApiCall' }),
  }
}
