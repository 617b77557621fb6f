import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { ImportedMaterial, Key, KeyMaterial } from '../../domain/key.ts'
import { isBound, refuseImport } from '../../domain/key-import.ts'
import { IMPORTED_MATERIAL_VALID_MAX_MS } from '../../domain/limits.ts'
import { refuseReplica } from '../../domain/multi-region.ts'
import { oneOf, optional, type StructureOf, timestamp } from '../../protocol/shape.ts'
import { announced, importedMaterials, withMaterial } from '../../request/imported-material.ts'
import { operation } from '../../request/operation.ts'
import type { NewMaterial } from '../../request/ports.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

const input = {
  KeyId: shapes.KeyIdType,
  ImportToken: shapes.CiphertextType,
  EncryptedKeyMaterial: shapes.CiphertextType,
  ValidTo: optional(timestamp()),
  ExpirationModel: optional(shapes.ExpirationModelType),
  ImportType: optional(oneOf('NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL')),
  KeyMaterialDescription: optional(shapes.KeyMaterialDescriptionType),
  KeyMaterialId: optional(shapes.BackingKeyIdType),
} as const
type Input = StructureOf<typeof input>

/**
 * Brings key material in. The first material of a key binds the key to it for ever; a symmetric key takes more, one at a time,
 * which waits for a rotation on demand.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
 */
export const ImportKeyMaterial = operation({
  name: 'ImportKeyMaterial',
  input,
  output: { KeyId: optional(shapes.KeyIdType), KeyMaterialId: optional(shapes.BackingKeyIdType) },
  errors: [
    'InvalidArnException',
    'UnsupportedOperationException',
    'NotFoundException',
    'KMSInvalidStateException',
    'InvalidCiphertextException',
    'IncorrectKeyMaterialException',
    'ExpiredImportTokenException',
    'InvalidImportTokenException',
  ],
  readOnly: false,
  quota: 'management',
  // In which states it works is asked after the key's origin.
  states: 'any',
  event: { response: 'output' },
  targets: (input, find) => onlyKey(find.key('kms:ImportKeyMaterial', input.KeyId, 'refused')),
  conditions: (input) => ({
    'kms:ExpirationModel': input.ExpirationModel,
    // Seconds since the epoch, which operators on dates and on numbers both read.
    'kms:ValidTo': input.ValidTo === undefined ? undefined : String(input.ValidTo / 1000),
  }),
  async run(input, { key: { key, proof } }, { store, hsm, clock }) {
    const now = clock.now()
    const refused = refuseImport('importable', key) ?? refuseExpiration(input, now)
    if (refused) return refused
    const materials = await importedMaterials(store, key)
    const type = importTypeOf(input, key, materials)
    if (isError(type)) return type
    const brought = { token: input.ImportToken, wrapped: input.EncryptedKeyMaterial, now }
    const made = await hsm.importMaterial(proof, key, brought)
    if (isError(made)) return made
    const known = materials.find(({ materialId }) => materialId === made.materialId)
    const other = refuseOther({ key, input, type, made, known })
    if (other) return other
    const { account, region, keyId } = key
    const material: KeyMaterial = {
      ...(known ?? { account, region, keyId, createdAt: now }),
      ...made,
      imported: importedOf(input, known?.imported ?? newlyImported(materials)),
    }
    const elsewhere = known || isBound(material) ? [] : await announced(store, key, material)
    const changes = [...withMaterial(key, materials, material), ...elsewhere]
    return { output: { KeyId: key.arn, KeyMaterialId: made.materialId }, changes }
  },
})

const invalid = (message: string) => error('ValidationException', message)

/** Source: ImportKeyMaterial; the first text from recorded answers, the others are our own. */
function refuseExpiration({ ExpirationModel, ValidTo }: Input, now: number): ServiceError | undefined {
  if (ExpirationModel === 'KEY_MATERIAL_DOES_NOT_EXPIRE')
    return ValidTo === undefined
      ? undefined
      : invalid('A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE')
  if (ValidTo === undefined) return invalid('A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES')
  if (ValidTo <= now) return invalid('The validTo date must be in the future')
  return ValidTo - now > IMPORTED_MATERIAL_VALID_MAX_MS
    ? invalid('The validTo date must be no more than 365 days from now')
    : undefined
}

type ImportType = NonNullable<Input['ImportType']>

/**
 * What the request means to bring. Several materials, and what tells them apart, are for symmetric keys alone; a new one has
 * no id yet that the request could name.
 */
function importTypeOf(
  { ImportType, KeyMaterialDescription, KeyMaterialId }: Input,
  key: Key,
  materials: readonly KeyMaterial[],
): ImportType | ServiceError {
  const type = ImportType ?? (materials.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL')
  const isPlain = ImportType === undefined && KeyMaterialDescription === undefined && KeyMaterialId === undefined
  if (key.keySpec !== 'SYMMETRIC_DEFAULT' && !isPlain)
    return invalid('ImportType, KeyMaterialDescription and KeyMaterialId are valid only for symmetric encryption keys.')
  if (type === 'NEW_KEY_MATERIAL' && KeyMaterialId !== undefined)
    return invalid('KeyMaterialId is not valid if the ImportType is NEW_KEY_MATERIAL.')
  // A replica takes what its primary has, and knows of it from there.
  return (type === 'NEW_KEY_MATERIAL' ? refuseReplica(key) : undefined) ?? type
}

type Import = {
  readonly key: Key
  readonly input: Input
  readonly type: ImportType
  readonly made: NewMaterial
  readonly known: KeyMaterial | undefined
}

const incorrect = (message: string) => error('IncorrectKeyMaterialException', message)

/** Whether the material is what the request says that it is. Text of the second refusal: recorded answer. */
function refuseOther({ key, input, type, made: { materialId }, known }: Import): ServiceError | undefined {
  if (type === 'EXISTING_KEY_MATERIAL') {
    const isNamed = input.KeyMaterialId === undefined || input.KeyMaterialId === materialId
    return known && isNamed
      ? undefined
      : incorrect(`The key material in the request is not the key material that was imported into ${key.arn}.`)
  }
  const pending = key.imported?.pendingMaterialId
  if (known) return incorrect(`The key material in the request was imported into ${key.arn} before.`)
  return pending === undefined
    ? undefined
    : error(
        'KMSInvalidStateException',
        `New key material (id: ${materialId}) cannot be imported into KMS key ${key.arn}, because another key material (id: ${pending}) is pending rotation.`,
      )
}

/** The first material needs no rotation: there is nothing to rotate from. */
function newlyImported(materials: readonly KeyMaterial[]): ImportedMaterial {
  return materials.length === 0 ? {} : { awaits: 'ROTATION' }
}

/** A description that is left out stays as it was; a date does not. */
function importedOf({ KeyMaterialDescription, ValidTo }: Input, before: ImportedMaterial): ImportedMaterial {
  const { validTo: _, ...kept } = before
  return {
    ...kept,
    ...(KeyMaterialDescription === undefined ? {} : { description: KeyMaterialDescription }),
    ...(ValidTo === undefined ? {} : { validTo: ValidTo }),
  }
}
