import { error, type ServiceError } from './error.ts'
import type { KeySpec, RsaKeySpec } from './key-spec.ts'

/** Bytes of the modulus, and so of every ciphertext and signature. */
export const RSA_MODULUS_BYTES = {
  RSA_2048: 256,
  RSA_3072: 384,
  RSA_4096: 512,
} as const satisfies Record<RsaKeySpec, number>

/** Bytes that each padding takes: twice the hash and two more. Source: RFC 8017, 7.1.1, step 1b. */
const OAEP_BYTES = {
  RSAES_OAEP_SHA_1: 2 * 20 + 2,
  RSAES_OAEP_SHA_256: 2 * 32 + 2,
} as const

export type RsaEncryptionAlgorithm = keyof typeof OAEP_BYTES
export type EncryptionAlgorithm = 'SYMMETRIC_DEFAULT' | RsaEncryptionAlgorithm

export function isRsaKeySpec(keySpec: KeySpec): keySpec is RsaKeySpec {
  return Object.hasOwn(RSA_MODULUS_BYTES, keySpec)
}

export function isRsaEncryption(algorithm: string): algorithm is RsaEncryptionAlgorithm {
  return Object.hasOwn(OAEP_BYTES, algorithm)
}

/** Bytes that a key can encrypt at the most. */
export function rsaPlaintextMaxBytes(keySpec: RsaKeySpec, algorithm: RsaEncryptionAlgorithm): number {
  return RSA_MODULUS_BYTES[keySpec] - OAEP_BYTES[algorithm]
}

/** @returns `ValidationException` for a plaintext that the key cannot take. Text: recorded answer. */
export function refuseLongPlaintext(
  keySpec: KeySpec,
  algorithm: RsaEncryptionAlgorithm,
  plaintext: Uint8Array,
): ServiceError | undefined {
  const max = isRsaKeySpec(keySpec) ? rsaPlaintextMaxBytes(keySpec, algorithm) : 0
  return plaintext.length <= max ? undefined : plaintextTooLong(keySpec, algorithm)
}

export function plaintextTooLong(keySpec: KeySpec, algorithm: RsaEncryptionAlgorithm): ServiceError {
  const max = isRsaKeySpec(keySpec) ? rsaPlaintextMaxBytes(keySpec, algorithm) : 0
  return error(
    'ValidationException',
    `Algorithm ${algorithm} and key spec ${keySpec} cannot encrypt data larger than ${max} bytes.`,
  )
}
