import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { derivationInput, deriveKey } from './derive.ts'

/** Names the purpose of the key derived from the root key. */
const LABEL = 'trent/v1/grant-token'

/** Signs grant tokens: HMAC-SHA-256 under a key that serves nothing else and never leaves the process. */
export type GrantTokens = {
  /** @returns 32 bytes. */
  sign(text: Buffer): Buffer
  isSigned(text: Buffer, signature: Buffer): boolean
}

/**
 * The key is the root key's, not a domain key's: a token names no key of its own, so that a forged one makes nobody look for
 * a key that does not exist.
 */
export function createGrantTokens(rootKey: KeyObject): GrantTokens {
  const bytes = deriveKey(rootKey, derivationInput(LABEL, Buffer.alloc(0)))
  const key = createSecretKey(bytes)
  bytes.fill(0)
  const sign = (text: Buffer) => createHmac('sha256', key).update(text).digest()
  return {
    sign,
    isSigned(text, signature) {
      const expected = sign(text)
      const isEqual = expected.length === signature.length && timingSafeEqual(expected, signature)
      // The right signature is what a forger wants, and one that was refused has not got it.
      expected.fill(0)
      return isEqual
    },
  }
}
