import type { Key, KeyMaterialId, MaterialRotation, Rotation } from '../domain/key.ts'
import { importedMaterials, isPendingEverywhere, keyChanges, replaced } from './imported-material.ts'
import type { Change, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'

export type ImportedRotation = { readonly materialId: KeyMaterialId; readonly changes: readonly Change[] }

/**
 * What changes when the material that waits becomes the current one, of a key and of all its replicas: it is nowhere used
 * before it is everywhere.
 *
 * @param rotated - how the material became the current one, and what is left of the key's rotation.
 * @returns nothing when none waits, or not everywhere.
 */
export async function pendingRotated(
  store: Store,
  key: Key,
  rotated: { readonly by: MaterialRotation; readonly rotation: Rotation },
): Promise<ImportedRotation | undefined> {
  const materialId = key.imported?.pendingMaterialId
  if (materialId === undefined || !(await isPendingEverywhere(store, key))) return undefined
  const changes: Change[] = []
  for (const each of [key, ...(await relatedKeys(store, key))]) {
    const materials = await importedMaterials(store, each)
    const waiting = materials.find((material) => material.materialId === materialId)
    if (!waiting) return undefined
    const { awaits: _, ...imported } = waiting.imported ?? {}
    const material = { ...waiting, rotation: rotated.by, imported }
    const changed = { currentMaterialId: materialId, rotation: rotated.rotation }
    changes.push(...keyChanges(each, replaced(materials, material), changed), { kind: 'update-material', material })
  }
  return { materialId, changes }
}
