import type { ImportedKey, Key, KeyMaterial } from '../domain/key.ts'
import { firstExpiry, importedKey, isBound, isPresent, stateWithMaterial } from '../domain/key-import.ts'
import { IMPORTED_MATERIALS_MAX } from '../domain/limits.ts'
import { isReplica } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import type { Change, Duty, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'

/** All materials of a key with imported material, oldest first, those that are not here included. */
export function importedMaterials(store: Store, key: Key): Promise<readonly KeyMaterial[]> {
  return store.listMaterials(key, key.keyId, { limit: IMPORTED_MATERIALS_MAX })
}

/** The change that makes the store's duty say when the next material of `key` is to be destroyed, or that none is. */
function expiryDuty(key: Key, materials: readonly KeyMaterial[]): Change {
  const { account, region, keyId } = key
  const duty: Omit<Duty, 'dueAt'> = { scope: { account, region }, keyId, kind: 'expire-material' }
  const dueAt = firstExpiry(materials)
  return dueAt === undefined ? { kind: 'delete-duty', duty } : { kind: 'put-duty', duty: { ...duty, dueAt } }
}

/** `was`, one revision on, with what `materials` make of it. */
function keyWith(was: Key, materials: readonly KeyMaterial[], changed: Partial<Key> = {}): Key {
  const { imported: _, ...rest } = was
  const imported = importedKey(materials)
  const state = stateWithMaterial(was.state, imported?.isComplete === true)
  return { ...rest, ...changed, ...(imported ? { imported } : {}), state, revision: was.revision + 1 }
}

/** The changes of a key, and of the duty to destroy its materials, that make them say what `materials` are. */
export function keyChanges(was: Key, materials: readonly KeyMaterial[], changed: Partial<Key> = {}): readonly Change[] {
  const key = keyWith(was, materials, changed)
  return [{ kind: 'update-key', key }, expiryDuty(key, materials)]
}

export const replaced = (materials: readonly KeyMaterial[], material: KeyMaterial): readonly KeyMaterial[] =>
  materials.map((other) => (other.materialId === material.materialId ? material : other))

/** What changes with one more material, or with one that is as it is here now. */
export function withMaterial(was: Key, materials: readonly KeyMaterial[], material: KeyMaterial): readonly Change[] {
  const isKnown = materials.some(({ materialId }) => materialId === material.materialId)
  const all = isKnown ? replaced(materials, material) : [...materials, material]
  const isFirst = was.currentMaterialId === undefined && isBound(material)
  const changed = isFirst ? { currentMaterialId: material.materialId } : {}
  return [...keyChanges(was, all, changed), { kind: isKnown ? 'update-material' : 'insert-material', material }]
}

/** What is known of material without the material, which the key can have again or, in another Region, is yet to have. */
export function withoutBytes(material: KeyMaterial): KeyMaterial {
  const { validTo: _, ...imported } = material.imported ?? {}
  return { ...material, wrapped: parseWrapped(new Uint8Array()), imported }
}

function parseWrapped(bytes: Uint8Array): KeyMaterial['wrapped'] {
  return bytes as KeyMaterial['wrapped']
}

/**
 * What changes when a material is destroyed. What a key is bound to stays known, so that the same can be imported again;
 * what only waited for its rotation is gone, with a primary from its replicas as well.
 */
export async function withoutMaterial(
  store: Store,
  key: Key,
  materials: readonly KeyMaterial[],
  lost: KeyMaterial,
): Promise<readonly Change[]> {
  if (!isBound(lost) && !isReplica(key)) return forgotten(store, key, lost)
  const material = withoutBytes(lost)
  return [...keyChanges(key, replaced(materials, material)), { kind: 'update-material', material }]
}

async function forgotten(store: Store, primary: Key, { materialId }: KeyMaterial): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const key of [primary, ...(await relatedKeys(store, primary))]) {
    const materials = await importedMaterials(store, key)
    const material = materials.find((other) => other.materialId === materialId)
    if (!material) {
      // A replica that is being made may be about to learn of it; the new revision makes it look again.
      changes.push({ kind: 'update-key', key: nextRevision(key, {}) })
      continue
    }
    const rest = materials.filter((other) => other !== material)
    changes.push(...keyChanges(key, rest), { kind: 'delete-material', material })
  }
  return changes
}

/** What new material of a primary changes for its replicas: they know of it, and wait until it is imported there as well. */
export async function announced(store: Store, primary: Key, material: KeyMaterial): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const replica of await relatedKeys(store, primary)) {
    const known = withoutBytes({ ...material, region: replica.region })
    changes.push(...withMaterial(replica, await importedMaterials(store, replica), known))
  }
  return changes
}

/** What a new replica knows of the materials of its primary, each of which its owner imports there as well. */
export async function knownToReplica(
  store: Store,
  primary: Key,
  replica: Key,
): Promise<{ readonly changes: readonly Change[]; readonly shared: Partial<Key> }> {
  const all = (await importedMaterials(store, primary)).map((material) =>
    withoutBytes({ ...material, region: replica.region }),
  )
  const known = new Set((await importedMaterials(store, replica)).map(({ materialId }) => materialId))
  const missing = all.filter(({ materialId }) => !known.has(materialId))
  const imported: ImportedKey | undefined = importedKey(all)
  const { currentMaterialId } = primary
  return {
    changes: missing.map((material) => ({ kind: 'insert-material', material })),
    shared: { ...(imported ? { imported } : {}), ...(currentMaterialId ? { currentMaterialId } : {}) },
  }
}

/** Whether a key and all that are related to it have the material that waits for its rotation. */
export async function isPendingEverywhere(store: Store, key: Key): Promise<boolean> {
  const materialId = key.imported?.pendingMaterialId
  if (materialId === undefined) return false
  for (const { region } of [key, ...(await relatedKeys(store, key))]) {
    const material = await store.findMaterial(region, materialId)
    if (!material || !isPresent(material)) return false
  }
  return true
}
