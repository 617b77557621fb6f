import { createDecipheriv } from 'node:crypto'
import { RSA_MODULUS_BYTES } from '../../domain/rsa-encryption.ts'
import { WRAPPING_ALGORITHMS } from '../../domain/wrapping.ts'
import type { OpenedToken } from './import-token.ts'
import { openOaep } from './rsa-cipher.ts'

/** The alternative initial value. Source: RFC 5649, 3. */
const KEY_WRAP_IV = Buffer.from('a65959a6', 'hex')
/** Bytes of the AES key that carries other material. Source: KMS developer guide, an AES-256 key. */
const AES_KEY_BYTES = 32
/** Bytes of the shortest wrapped key. Source: RFC 5649, 4.1. */
const KEY_WRAP_MIN_BYTES = 16

/**
 * Unwraps what was wrapped for a token's key pair.
 *
 * @returns the material, to be wiped by the caller; nothing for every failure, and never which.
 * Source: RFC 8017, 7.1.2; PKCS#11 v3.0, CKM_RSA_AES_KEY_WRAP: the RSA part is as long as the modulus.
 */
export async function unwrapMaterial(token: OpenedToken, wrapped: Buffer): Promise<Buffer | undefined> {
  const { wrapping, privateKey } = token
  const { oaep, isDirect } = WRAPPING_ALGORITHMS[wrapping.algorithm]
  if (isDirect) return openOaep(privateKey, oaep, wrapped)
  const modulusBytes = RSA_MODULUS_BYTES[wrapping.keySpec]
  const key = await openOaep(privateKey, oaep, wrapped.subarray(0, modulusBytes))
  const material = key && openKeyWrap(key, wrapped.subarray(modulusBytes))
  key?.fill(0)
  return material
}

/** AES key wrap with padding. @returns the bytes, to be wiped by the caller; nothing for every failure. */
export function openKeyWrap(key: Buffer, wrapped: Buffer): Buffer | undefined {
  if (key.length !== AES_KEY_BYTES || wrapped.length < KEY_WRAP_MIN_BYTES) return undefined
  const decipher = createDecipheriv('id-aes256-wrap-pad', key, KEY_WRAP_IV)
  try {
    const opened = decipher.update(wrapped)
    const bytes = Buffer.concat([opened, decipher.final()])
    opened.fill(0)
    return bytes
  } catch {
    return undefined
  }
}
