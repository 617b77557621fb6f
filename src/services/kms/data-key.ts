import type { EncryptionContext } from '../../domain/encryption-context.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { KeyMaterialId } from '../../domain/key.ts'
import type { DataKey, KeyProcess, Recipient, UsableKey } from '../../request/ports.ts'
import { additionalDataOf } from './conditions.ts'

type Wanted = {
  readonly KeySpec?: 'AES_256' | 'AES_128'
  readonly NumberOfBytes?: number
  readonly EncryptionContext?: EncryptionContext
}

type DataKeyAction = 'kms:GenerateDataKey' | 'kms:GenerateDataKeyWithoutPlaintext'

const SPEC_BYTES = { AES_128: 16, AES_256: 32 } as const

/** What becomes of the secret beside its ciphertext. */
export type PlaintextWanted = 'none' | 'in the clear' | Recipient

export const secretWanted = (plaintext: PlaintextWanted) => ({ withPlaintext: plaintext !== 'none' })
export const recipientIn = (plaintext: PlaintextWanted) => (typeof plaintext === 'string' ? undefined : plaintext)

/** A data key of the size that exactly one of KeySpec and NumberOfBytes gives. */
export async function dataKey(
  hsm: KeyProcess,
  key: UsableKey<DataKeyAction> | ServiceError,
  wanted: Wanted,
  plaintext: PlaintextWanted,
): Promise<(DataKey & { readonly materialId: KeyMaterialId }) | ServiceError> {
  if (isError(key)) return key
  if ((wanted.KeySpec === undefined) === (wanted.NumberOfBytes === undefined))
    return error('ValidationException', 'Please specify either number of bytes or key spec.')
  const bytes = wanted.KeySpec ? SPEC_BYTES[wanted.KeySpec] : (wanted.NumberOfBytes ?? 0)
  const additionalData = additionalDataOf(wanted.EncryptionContext)
  if (isError(additionalData)) return additionalData
  const made = await hsm.generateDataKey(
    key,
    { bytes, ...secretWanted(plaintext) },
    additionalData,
    recipientIn(plaintext),
  )
  return isError(made) ? made : { ...made, materialId: key.material.materialId }
}
