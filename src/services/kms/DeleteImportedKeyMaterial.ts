import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key, KeyMaterial } from '../../domain/key.ts'
import { isBound, isPresent, refuseImport } from '../../domain/key-import.ts'
import { isReplica } from '../../domain/multi-region.ts'
import { optional } from '../../protocol/shape.ts'
import { importedMaterials, withoutMaterial } from '../../request/imported-material.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * Destroys imported material: the current one, unless another is named. A key that needs it waits for the same to be imported
 * again. Without anything to destroy the call succeeds.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html
 */
export const DeleteImportedKeyMaterial = operation({
  name: 'DeleteImportedKeyMaterial',
  input: { KeyId: shapes.KeyIdType, KeyMaterialId: optional(shapes.BackingKeyIdType) },
  output: { KeyId: optional(shapes.KeyIdType), KeyMaterialId: optional(shapes.BackingKeyIdResponseType) },
  errors: ['InvalidArnException', 'UnsupportedOperationException', 'NotFoundException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  // In which states it works is asked after the key's origin.
  states: 'any',
  event: { response: 'output' },
  targets: (input, find) => onlyKey(find.key('kms:DeleteImportedKeyMaterial', input.KeyId, 'refused')),
  async run(input, { key: { key } }, { store }) {
    const refused = refuseImport('emptiable', key)
    if (refused) return refused
    const materials = await importedMaterials(store, key)
    const material = namedMaterial(key, materials, input.KeyMaterialId)
    if (isError(material)) return material
    const output = { KeyId: key.arn, KeyMaterialId: material?.materialId ?? '' }
    if (!material || isGone(key, material)) return { output }
    const changes = await withoutMaterial(store, key, materials, material)
    return { output, changes, forget: [material.materialId] }
  },
})

/** Whether nothing is left to destroy. What waits for its rotation is known everywhere as long as its primary knows it. */
function isGone(key: Key, material: KeyMaterial): boolean {
  return !isPresent(material) && (isBound(material) || isReplica(key))
}

/** @returns nothing when none is named and the key never had any; `NotFoundException` for an id of no material of the key. */
function namedMaterial(
  key: Key,
  materials: readonly KeyMaterial[],
  named: string | undefined,
): KeyMaterial | ServiceError | undefined {
  const wanted = named ?? key.currentMaterialId
  const found = materials.find(({ materialId }) => materialId === wanted)
  if (found || named === undefined) return found
  return error('NotFoundException', `Key material '${named}' does not exist in key '${key.arn}'`)
}
