import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { ImportedMaterial, Key, KeyMaterial } from '../../domain/key.ts'
import { parseKeyMaterialId } from '../../domain/key-id.ts'
import { isPresent } from '../../domain/key-import.ts'
import { refuseUnrotatableOnDemand } from '../../domain/rotation.ts'
import { list, oneOf, optional, structure, timestamp, type ValueOf } from '../../protocol/shape.ts'
import { isPendingEverywhere } from '../../request/imported-material.ts'
import { operation } from '../../request/operation.ts'
import type { Store } from '../../request/ports.ts'
import { onlyKey } from '../../request/targets.ts'
import { expirationOf } from './key-metadata.ts'
import { cutPage, PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

const RotationsListEntry = structure({
  KeyId: optional(shapes.KeyIdType),
  KeyMaterialId: optional(shapes.BackingKeyIdType),
  KeyMaterialDescription: optional(shapes.KeyMaterialDescriptionType),
  ImportState: optional(shapes.ImportState),
  KeyMaterialState: optional(shapes.KeyMaterialState),
  ExpirationModel: optional(shapes.ExpirationModelType),
  ValidTo: optional(timestamp()),
  RotationDate: optional(timestamp()),
  RotationType: optional(shapes.RotationType),
})

/**
 * The completed rotations of a key, oldest first; with ALL_KEY_MATERIAL its first material as well, and imported material that
 * waits for its rotation.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
 */
export const ListKeyRotations = operation({
  name: 'ListKeyRotations',
  input: {
    KeyId: shapes.KeyIdType,
    IncludeKeyMaterial: optional(oneOf('ALL_KEY_MATERIAL', 'ROTATIONS_ONLY')),
    ...shapes.pageInput,
  },
  output: { Rotations: optional(list(RotationsListEntry)), ...shapes.pageOutput },
  errors: [
    'NotFoundException',
    'InvalidArnException',
    'InvalidMarkerException',
    'KMSInvalidStateException',
    'UnsupportedOperationException',
  ],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:ListKeyRotations', input.KeyId, 'refused')),
  async run(input, { key: { key } }, call) {
    const refused = refuseUnrotatableOnDemand(key)
    if (refused) return refused
    const wanted = pageOf(input, PAGES.ListKeyRotations)
    if (isError(wanted)) return wanted
    const after = wanted.after === undefined ? undefined : await materialAfter(call.store, key, wanted.after)
    if (isError(after)) return after
    const isRotated = input.IncludeKeyMaterial !== 'ALL_KEY_MATERIAL'
    const page = { limit: wanted.limit + 1, isRotated, ...(after ? { after } : {}) }
    const materials = await call.store.listMaterials(key, key.keyId, page)
    const { page: shown, ...rest } = cutPage(materials, wanted.limit, (material) => material.materialId)
    const pending = await pendingStateOf(call.store, key)
    return { output: { Rotations: shown.map((material) => entryOf(key, material, pending)), ...rest } }
  },
})

/** The material that the page before ended with; one that the key does not have was never in its marker. */
async function materialAfter(store: Store, key: Key, name: string): Promise<KeyMaterial | ServiceError> {
  const materialId = parseKeyMaterialId(name)
  const material = materialId && (await store.findMaterial(key.region, materialId))
  return material && material.account === key.account && material.keyId === key.keyId
    ? material
    : error('InvalidMarkerException')
}

type MaterialState = ValueOf<typeof shapes.KeyMaterialState>

/** The state of material that waits. In several Regions it is imported into each before it can be rotated to. */
async function pendingStateOf(store: Store, key: Key): Promise<MaterialState> {
  return (await isPendingEverywhere(store, key)) ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION'
}

function entryOf(key: Key, material: KeyMaterial, pending: MaterialState) {
  const { materialId, rotation, imported } = material
  return {
    KeyId: key.keyId,
    KeyMaterialId: materialId,
    KeyMaterialState: stateOf(key, material, pending),
    ...(rotation ? { RotationDate: rotation.date, RotationType: rotation.type } : {}),
    ...(imported ? importOf(material, imported) : {}),
  }
}

function stateOf(key: Key, { materialId, imported }: KeyMaterial, pending: MaterialState): MaterialState {
  if (imported?.awaits === 'ROTATION') return pending
  return materialId === key.currentMaterialId ? 'CURRENT' : 'NON_CURRENT'
}

function importOf(material: KeyMaterial, { description, validTo }: ImportedMaterial) {
  const isHere = isPresent(material)
  return {
    ImportState: isHere ? ('IMPORTED' as const) : ('PENDING_IMPORT' as const),
    ...(description === undefined ? {} : { KeyMaterialDescription: description }),
    ...(isHere ? expirationOf(validTo) : {}),
  }
}
