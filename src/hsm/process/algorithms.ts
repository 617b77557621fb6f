import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { KEY_SPECS, type KeySpec, type RandomKeySpec } from '../../domain/key-spec.ts'

type MacSpec = Exclude<RandomKeySpec, 'SYMMETRIC_DEFAULT'>

/** What the material of each key spec is used with. A spec that can be created and has no row does not compile. */
export const IMPLEMENTATIONS = {
  SYMMETRIC_DEFAULT: { usage: 'ENCRYPT_DECRYPT' },
  HMAC_224: { usage: 'GENERATE_VERIFY_MAC', hash: 'sha224' },
  HMAC_256: { usage: 'GENERATE_VERIFY_MAC', hash: 'sha256' },
  HMAC_384: { usage: 'GENERATE_VERIFY_MAC', hash: 'sha384' },
  HMAC_512: { usage: 'GENERATE_VERIFY_MAC', hash: 'sha512' },
} as const satisfies Record<RandomKeySpec, { readonly usage: string; readonly hash?: string }>

const isMacSpec = (keySpec: KeySpec): keySpec is MacSpec =>
  Object.hasOwn(IMPLEMENTATIONS, keySpec) && keySpec !== 'SYMMETRIC_DEFAULT'

/** @returns the hash of an HMAC key spec's only algorithm; nothing when the spec does not offer `algorithm`. */
export function macHash(keySpec: KeySpec, algorithm: string): string | undefined {
  if (!isMacSpec(keySpec) || KEY_SPECS[keySpec].GENERATE_VERIFY_MAC[0] !== algorithm) return undefined
  return IMPLEMENTATIONS[keySpec].hash
}

/** HMAC over `message`, as long as the hash. Source: RFC 2104. */
export function mac(key: KeyObject, hash: string, message: Buffer): Buffer {
  return createHmac(hash, key).update(message).digest()
}

/** Compared in constant time: how much of a forged MAC is right must not show in how long the answer takes. */
export function isMac(key: KeyObject, hash: string, message: Buffer, claimed: Buffer): boolean {
  const expected = mac(key, hash, message)
  const isEqual = expected.length === claimed.length && timingSafeEqual(expected, claimed)
  // The right MAC is what a forger wants, and one that was refused has not got it.
  expected.fill(0)
  return isEqual
}
