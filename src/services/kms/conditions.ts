import { EMPTY_CONTEXT, type EncryptionContext, encodeContext } from '../../domain/encryption-context.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import { isRsaEncryption } from '../../domain/rsa-encryption.ts'
import type { Manner } from '../../request/ports.ts'
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

/**
 * How a key encrypts with `algorithm`. It is known to be one of the key's.
 *
 * @returns `ValidationException` for an encryption context that an asymmetric key could not be bound to.
 */
export function mannerOf(algorithm: string, context: EncryptionContext | undefined): Manner | ServiceError {
  if (!isRsaEncryption(algorithm)) return additionalDataOf(context)
  return context && context.size > 0
    ? error('ValidationException', 'EncryptionContext is not supported for asymmetric KMS keys.')
    : algorithm
}
