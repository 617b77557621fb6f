import type { EncryptionContext } from '../../domain/encryption-context.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { KeyMaterialId } from '../../domain/key.ts'
import type { DataKeyPairSpec } from '../../domain/key-spec.ts'
import type { DataKeyPair, KeyProcess, UsableKey } from '../../request/ports.ts'
import { additionalDataOf } from './conditions.ts'
import { type PlaintextWanted, recipientIn, secretWanted } from './data-key.ts'

type Wanted = {
  /** AWS offers SM2 in China alone. */
  readonly KeyPairSpec: DataKeyPairSpec | 'SM2'
  readonly EncryptionContext?: EncryptionContext
}

type DataKeyPairAction = 'kms:GenerateDataKeyPair' | 'kms:GenerateDataKeyPairWithoutPlaintext'

/** A data key pair, its private key encrypted under `key`. */
export async function dataKeyPair(
  hsm: KeyProcess,
  key: UsableKey<DataKeyPairAction> | ServiceError,
  { KeyPairSpec, EncryptionContext }: Wanted,
  plaintext: PlaintextWanted,
): Promise<(DataKeyPair & { readonly materialId: KeyMaterialId }) | ServiceError> {
  if (isError(key)) return key
  if (KeyPairSpec === 'SM2')
    return error('UnsupportedOperationException', `KeyPairSpec ${KeyPairSpec} is not supported.`)
  const additionalData = additionalDataOf(EncryptionContext)
  if (isError(additionalData)) return additionalData
  const wanted = { keyPairSpec: KeyPairSpec, ...secretWanted(plaintext) }
  const made = await hsm.generateDataKeyPair(key, wanted, additionalData, recipientIn(plaintext))
  return isError(made) ? made : { ...made, materialId: key.material.materialId }
}
