import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Key, KeyMaterial, KeyMaterialId, MaterialRotation } from '../domain/key.ts'
import { COMMIT_ATTEMPTS_MAX } from '../domain/limits.ts'
import { isReplica } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import { afterRotation, NEVER_ROTATED, nextRotation } from '../domain/rotation.ts'
import { authorizeDuty } from './authorize.ts'
import type { DutyParts } from './duty-parts.ts'
import { pendingRotated } from './imported-rotation.ts'
import { shareMaterial, synchronizationEvent } from './material-sharing.ts'
import type { Change, Duty, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'
import { serviceEvent } from './service-event.ts'

/** What a key rotates for next by itself: a replica gets the new material of its primary. */
const ownRotation = (key: Key): MaterialRotation | undefined => (isReplica(key) ? undefined : nextRotation(key))

/** The change that makes the store's duty say when `key` rotates next, or that it does not. */
export function rotationDuty(key: Key): Change {
  const duty = { scope: { account: key.account, region: key.region }, keyId: key.keyId, kind: 'rotate-key' } as const
  const next = ownRotation(key)
  return next ? { kind: 'put-duty', duty: { ...duty, dueAt: next.date } } : { kind: 'delete-duty', duty }
}

/**
 * All changes for a single-Region key or a primary whose rotation has changed: of itself, of its duty, and of its replicas,
 * which share its rotation.
 *
 * @param key - as it is to be, one revision on.
 */
export async function rotationChanges(store: Store, key: Key): Promise<readonly Change[]> {
  const replicas = await relatedKeys(store, key)
  const { rotation } = key
  return [
    { kind: 'update-key', key },
    rotationDuty(key),
    ...replicas.map((was) => ({ kind: 'update-key', key: nextRevision(was, rotation ? { rotation } : {}) }) as const),
  ]
}

/**
 * Gives a key new material when it is to rotate now; the material it had keeps decrypting. The duty of a key that is not to
 * rotate is put right. What was decided from a key that changed meanwhile is undone and decided anew.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function rotateDueKey(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const done = await attend(parts, duty)
    if (done !== 'conflict') return isError(done) ? done : undefined
  }
  return error('ThrottlingException', 'The key is being changed by other requests.')
}

type Done = Awaited<ReturnType<Store['commit']>>

async function attend(parts: DutyParts, duty: Duty): Promise<Done> {
  const key = await parts.store.findKey(duty.scope, duty.keyId)
  // With a key go its duties, so that this one is gone already.
  if (!key) return 'committed'
  const time = parts.clock.now()
  const next = ownRotation(key)
  if (!next || next.date > time) return putDutyRight(parts.store, key)
  return rotate(parts, { key, duty, rotation: { date: time, type: next.type } })
}

/** As a new revision: another call may have put the duty anew since the key was read, and that one must stay. */
function putDutyRight(store: Store, was: Key): Promise<Done> {
  const key = { ...was, revision: was.revision + 1 }
  return store.commit([{ kind: 'update-key', key }, rotationDuty(key)])
}

type Rotating = { readonly key: Key; readonly duty: Duty; readonly rotation: MaterialRotation }

async function rotate(parts: DutyParts, rotating: Rotating): Promise<Done> {
  const { key: was, duty, rotation } = rotating
  if (was.origin === 'EXTERNAL') return rotateImported(parts, rotating)
  const { account, region, keyId, keySpec, keyUsage, origin } = was
  const binding = { account, region, keyId, keySpec, keyUsage, origin }
  const proof = authorizeDuty('RotateKey', duty)
  const made = await parts.hsm.createMaterial(proof, binding)
  if (isError(made)) return made
  const material: KeyMaterial = { account, region, keyId, createdAt: rotation.date, ...made, rotation }
  const key: Key = {
    ...was,
    revision: was.revision + 1,
    currentMaterialId: made.materialId,
    rotation: afterRotation(was.rotation ?? NEVER_ROTATED, rotation),
  }
  const shared = await shareMaterial(parts, proof, { key, material })
  if (isError(shared)) return shared
  const eventId = parts.ids.uuid()
  const events = [
    { eventId, line: rotationEvent({ eventId, was, rotation, materialId: made.materialId }) },
    ...shared.replicas.map((replica) => synchronizationEvent(parts.ids, rotation.date, replica)),
  ]
  const changes: readonly Change[] = [
    { kind: 'update-key', key },
    { kind: 'insert-material', material },
    rotationDuty(key),
    ...shared.changes,
  ]
  const committed = await parts.store.commit(changes, events)
  if (committed === 'committed') for (const event of events) parts.outbox.deliver(event)
  return committed
}

/** To the material that waits; without any, because it has gone meanwhile, the rotation is over. */
async function rotateImported(parts: DutyParts, { key: was, rotation: by }: Rotating): Promise<Done> {
  const rotation = afterRotation(was.rotation ?? NEVER_ROTATED, by)
  const over = nextRevision(was, { rotation })
  const rotated = await pendingRotated(parts.store, was, { by, rotation })
  if (!rotated) return parts.store.commit(await rotationChanges(parts.store, over))
  const eventId = parts.ids.uuid()
  const event = { eventId, line: rotationEvent({ eventId, was, rotation: by, materialId: rotated.materialId }) }
  const committed = await parts.store.commit([...rotated.changes, rotationDuty(over)], event)
  if (committed === 'committed') parts.outbox.deliver(event)
  return committed
}

type Rotated = {
  readonly eventId: string
  readonly was: Key
  readonly rotation: MaterialRotation
  readonly materialId: KeyMaterialId
}

/** Source: CloudTrail event that KMS writes when it rotates a key. */
function rotationEvent({ eventId, was, rotation, materialId }: Rotated): string {
  return serviceEvent({
    eventId,
    time: rotation.date,
    eventName: 'RotateKey',
    key: was,
    serviceEventDetails: {
      rotationType: rotation.type,
      keyOrigin: was.origin,
      previousKeyMaterialId: was.currentMaterialId,
      currentKeyMaterialId: materialId,
      keyId: was.arn,
    },
  })
}
