import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { randomBytes } from './random.ts'

export const IV_BYTES = 12
export const TAG_BYTES = 16
/** A decipher that is not told would accept shorter tags, which are easier to guess. */
export const GCM = { authTagLength: TAG_BYTES } as const

/** Bytes that sealing adds. */
export const SEAL_BYTES = IV_BYTES + TAG_BYTES

/**
 * Encrypts a key under another with a random IV: AES-256-GCM.
 *
 * @returns `iv (12), ciphertext, tag (16)`.
 * Source: NIST SP 800-38D; the number of seals under one key is bounded by DOMAIN_KEY_WRAPS_MAX.
 */
export function seal(key: KeyObject, additionalData: Buffer, plaintext: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv, GCM)
  cipher.setAAD(additionalData)
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** @returns the plaintext, to be wiped by the caller; nothing when the tag does not verify. */
export function open(key: KeyObject, additionalData: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < SEAL_BYTES) return undefined
  const tagAt = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), GCM)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(sealed.subarray(tagAt))
  const plaintext = decipher.update(sealed.subarray(IV_BYTES, tagAt))
  return isAuthentic(decipher) ? plaintext : wiped(plaintext)
}

/** Whether the tag verifies. `final` throws for that alone: GCM has no padding. */
export function isAuthentic(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}

function wiped(plaintext: Buffer): undefined {
  plaintext.fill(0)
  return undefined
}
