import type { Key, KeyMaterial, KeyMaterialId, MaterialRotation, Rotation } from '../domain/key.ts'
import { firstExpiry, importedKey, isBound, isPresent, stateWithMaterial } from '../domain/key-import.ts'
import { IMPORTED_MATERIALS_MAX } from '../domain/limits.ts'
import type { Change, Duty, Store } from './ports.ts'

/** All materials of a key with imported material, oldest first, those that were destroyed included. */
export function importedMaterials(store: Store, key: Key): Promise<readonly KeyMaterial[]> {
  return store.listMaterials(key, key.keyId, { limit: IMPORTED_MATERIALS_MAX })
}

/** The change that makes the store's duty say when the next material of `key` is to be destroyed, or that none is. */
function expiryDuty(key: Key, materials: readonly KeyMaterial[]): Change {
  const duty: Omit<Duty, 'dueAt'> = {
    scope: { account: key.account, region: key.region },
    keyId: key.keyId,
    kind: 'expire-material',
  }
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

export type ImportedChange = { readonly key: Key; readonly changes: readonly Change[] }

/** What changes with one more material, or with one that is as it is here now. */
export function withMaterial(was: Key, materials: readonly KeyMaterial[], material: KeyMaterial): ImportedChange {
  const isKnown = materials.some(({ materialId }) => materialId === material.materialId)
  const all = isKnown ? replaced(materials, material) : [...materials, material]
  const key = keyWith(was, all, { currentMaterialId: was.currentMaterialId ?? material.materialId })
  const kind = isKnown ? 'update-material' : 'insert-material'
  return { key, changes: [{ kind: 'update-key', key }, { kind, material }, expiryDuty(key, all)] }
}

const replaced = (materials: readonly KeyMaterial[], material: KeyMaterial) =>
  materials.map((other) => (other.materialId === material.materialId ? material : other))

/**
 * What changes when a material is destroyed. What a key is bound to stays known, so that the same can be imported again;
 * what only waited for its rotation is gone.
 */
export function withoutMaterial(was: Key, materials: readonly KeyMaterial[], lost: KeyMaterial): ImportedChange {
  const rest = isBound(lost)
    ? replaced(materials, destroyed(lost))
    : materials.filter(({ materialId }) => materialId !== lost.materialId)
  const key = keyWith(was, rest)
  const change: Change = isBound(lost)
    ? { kind: 'update-material', material: destroyed(lost) }
    : { kind: 'delete-material', material: lost }
  return { key, changes: [{ kind: 'update-key', key }, change, expiryDuty(key, rest)] }
}

function destroyed(material: KeyMaterial): KeyMaterial {
  const { validTo: _, ...imported } = material.imported ?? {}
  return { ...material, wrapped: parseWrapped(new Uint8Array()), imported }
}

function parseWrapped(bytes: Uint8Array): KeyMaterial['wrapped'] {
  return bytes as KeyMaterial['wrapped']
}

/** Makes the store's duty right again. As a new revision, so that a change made meanwhile is not undone. */
export function dutyPutRight(was: Key, materials: readonly KeyMaterial[]): readonly Change[] {
  const key = keyWith(was, materials)
  return [{ kind: 'update-key', key }, expiryDuty(key, materials)]
}

/** What changes when the material that waits becomes the current one; nothing when none waits. */
export async function pendingRotated(
  store: Store,
  was: Key,
  rotation: MaterialRotation,
  after: Rotation,
): Promise<(ImportedChange & { readonly materialId: KeyMaterialId }) | undefined> {
  const materials = await importedMaterials(store, was)
  const waiting = materials.find((material) => !isBound(material) && isPresent(material))
  if (!waiting) return undefined
  const { awaits: _, ...imported } = waiting.imported ?? {}
  const material: KeyMaterial = { ...waiting, rotation, imported }
  const all = replaced(materials, material)
  const { materialId } = material
  const key = keyWith(was, all, { currentMaterialId: materialId, rotation: after })
  const changes: readonly Change[] = [
    { kind: 'update-key', key },
    { kind: 'update-material', material },
    expiryDuty(key, all),
  ]
  return { key, changes, materialId }
}
