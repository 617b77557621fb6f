import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Key, KeyMaterial, KeyState } from '../domain/key.ts'
import { COMMIT_ATTEMPTS_MAX, SHARED_MATERIALS_PER_COMMIT } from '../domain/limits.ts'
import { isReplica } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import { authorizeDuty } from './authorize.ts'
import type { DutyParts } from './duty-parts.ts'
import { knownToReplica } from './imported-material.ts'
import { materialFor, synchronizationEvent } from './material-sharing.ts'
import type { Change, Duty, Store } from './ports.ts'
import { primaryOf } from './related-keys.ts'

/** The duty of a replica that is being made. */
export function synchronizationDuty({ account, region, keyId }: Key, dueAt: number): Duty {
  return { scope: { account, region }, keyId, kind: 'synchronize-key', dueAt }
}

/**
 * Gives a new replica every material of its primary, after which it can be used. However often it is interrupted, it goes
 * on with what is missing. What was decided from a key that changed meanwhile is undone and decided anew.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function synchronizeDueKey(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const done = await attend(parts, duty)
    if (done !== 'conflict') return isError(done) ? done : undefined
  }
  return error('ThrottlingException', 'The key is being changed by other requests.')
}

type Done = Awaited<ReturnType<Store['commit']>>

/** The replica is read first: a rotation of its primary, after which more is missing, makes a new revision of it. */
async function attend(parts: DutyParts, duty: Duty): Promise<Done> {
  const replica = await parts.store.findKey(duty.scope, duty.keyId)
  // With a key go its duties, so that this one is gone already.
  if (!replica) return 'committed'
  const primary = await primaryOf(parts.store, replica)
  if (!primary || !isReplica(replica)) return parts.store.commit([{ kind: 'delete-duty', duty }])
  const copied = await copyMaterials(parts, duty, { primary, replica })
  return Array.isArray(copied) ? finish(parts, duty, { primary, replica, copied }) : copied
}

type Pair = { readonly primary: Key; readonly replica: Key }

/** Copies what is missing page by page. @returns the changes of the last page, to be committed with the end of it all. */
async function copyMaterials(parts: DutyParts, duty: Duty, pair: Pair): Promise<Change[] | Exclude<Done, 'committed'>> {
  const { primary } = pair
  // Imported material is imported into each Region by its owner.
  if (primary.origin !== 'AWS_KMS') return []
  let after: KeyMaterial | undefined
  for (;;) {
    const page = { limit: SHARED_MATERIALS_PER_COMMIT, ...(after ? { after } : {}) }
    const materials = await parts.store.listMaterials(primary, primary.keyId, page)
    const copies = await missingCopies(parts, duty, pair, materials)
    if (isError(copies)) return copies
    if (materials.length < SHARED_MATERIALS_PER_COMMIT) return copies
    const committed = await parts.store.commit(copies)
    if (committed !== 'committed') return committed
    after = materials.at(-1)
  }
}

async function missingCopies(
  { store, hsm }: DutyParts,
  duty: Duty,
  { primary, replica }: Pair,
  materials: readonly KeyMaterial[],
): Promise<Change[] | ServiceError> {
  const copies: Change[] = []
  for (const material of materials) {
    if (await store.findMaterial(replica.region, material.materialId)) continue
    const proof = authorizeDuty('SynchronizeMultiRegionKey', duty)
    const copy = await materialFor(hsm, proof, { key: primary, material, replica })
    if (isError(copy)) return copy
    copies.push({ kind: 'insert-material', material: copy })
  }
  return copies
}

async function finish(
  { store, ids, clock, outbox }: DutyParts,
  duty: Duty,
  { primary, replica: was, copied }: Pair & { readonly copied: readonly Change[] },
): Promise<Done> {
  const { currentMaterialId } = primary
  const isImported = primary.origin !== 'AWS_KMS'
  const state: KeyState = isImported ? { name: 'PendingImport' } : { name: 'Enabled' }
  const known = isImported ? await knownToReplica(store, primary, was) : undefined
  const replica = nextRevision(was, {
    // A deletion that was scheduled meanwhile stands.
    ...(was.state.name === 'Creating' ? { state } : {}),
    ...(isImported || currentMaterialId === undefined ? {} : { currentMaterialId }),
    ...known?.shared,
    ...(primary.rotation ? { rotation: primary.rotation } : {}),
  })
  const event = synchronizationEvent(ids, clock.now(), replica)
  const changes: readonly Change[] = [
    { kind: 'update-key', key: replica },
    ...copied,
    ...(known?.changes ?? []),
    { kind: 'delete-duty', duty },
  ]
  const committed = await store.commit(changes, event)
  if (committed === 'committed') outbox.deliver(event)
  return committed
}
