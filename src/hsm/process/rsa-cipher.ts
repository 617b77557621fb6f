import { constants, type KeyObject, publicEncrypt, subtle } from 'node:crypto'
import {
  isRsaEncryption,
  isRsaKeySpec,
  type RsaEncryptionAlgorithm,
  rsaPlaintextMaxBytes,
} from '../../domain/rsa-encryption.ts'
import type { Refusal } from '../wire.ts'
import type { KeyPairMaterial } from './material.ts'

/** The hash of OAEP and of its mask generation, by the names of OpenSSL and of Web Crypto. The label is empty. */
const HASHES = {
  RSAES_OAEP_SHA_1: { openssl: 'sha1', web: 'SHA-1' },
  RSAES_OAEP_SHA_256: { openssl: 'sha256', web: 'SHA-256' },
} as const satisfies Record<RsaEncryptionAlgorithm, object>

/** An RSA key and the algorithm that it encrypts with. */
export type RsaCipher = { readonly material: KeyPairMaterial; readonly algorithm: RsaEncryptionAlgorithm }

/** @returns nothing when the key does not encrypt, or not with `algorithm`. */
export function rsaCipher(material: KeyPairMaterial, algorithm: string): RsaCipher | undefined {
  const isFit = isRsaKeySpec(material.keySpec) && material.keyUsage === 'ENCRYPT_DECRYPT' && isRsaEncryption(algorithm)
  return isFit ? { material, algorithm } : undefined
}

/** @returns the ciphertext, as long as the modulus; `plaintextTooLong` for the key and algorithm. */
export function encryptRsa({ material, algorithm }: RsaCipher, plaintext: Buffer): Buffer | Refusal {
  const { keySpec, publicKey } = material
  if (!isRsaKeySpec(keySpec) || plaintext.length > rsaPlaintextMaxBytes(keySpec, algorithm)) return 'plaintextTooLong'
  const oaepHash = HASHES[algorithm].openssl
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plaintext)
}

/** @returns the plaintext, to be wiped by the caller; `invalidCiphertext` for every failure, and never which. */
export async function decryptRsa({ material, algorithm }: RsaCipher, ciphertext: Buffer): Promise<Buffer | Refusal> {
  return (await openOaep(material.privateKey, algorithm, ciphertext)) ?? 'invalidCiphertext'
}

/**
 * Length, range and padding fail alike: which of them did would help to forge the next attempt.
 *
 * @returns the plaintext, to be wiped by the caller; nothing for every failure.
 */
export async function openOaep(
  privateKey: KeyObject,
  algorithm: RsaEncryptionAlgorithm,
  ciphertext: Buffer,
): Promise<Buffer | undefined> {
  // Web Crypto is the form of RSA decryption that Node does beside the event loop.
  const key = privateKey.toCryptoKey({ name: 'RSA-OAEP', hash: HASHES[algorithm].web }, false, ['decrypt'])
  try {
    return Buffer.from(await subtle.decrypt({ name: 'RSA-OAEP' }, key, new Uint8Array(ciphertext)))
  } catch {
    return undefined
  }
}
