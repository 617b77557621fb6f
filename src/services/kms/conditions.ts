import { EMPTY_CONTEXT, type EncryptionContext, encodeContext } from '../../domain/encryption-context.ts'
import type { ServiceError } from '../../domain/error.ts'
import type { ConditionValues } from '../../request/targets.ts'

/** `kms:EncryptionContext:…` for each pair and `kms:EncryptionContextKeys`; nothing for an empty context. */
export function contextConditions(context: EncryptionContext | undefined): ConditionValues {
  if (!context || context.size === 0) return {}
  const pairs = [...context].map(([name, value]) => [`kms:EncryptionContext:${name}`, value] as const)
  return { ...Object.fromEntries(pairs), 'kms:EncryptionContextKeys': [...context.keys()] }
}

/** The encryption context as the cipher's additional data. */
export function additionalDataOf(context: EncryptionContext | undefined): Uint8Array | ServiceError {
  return encodeContext(context ?? EMPTY_CONTEXT)
}
