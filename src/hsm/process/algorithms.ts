import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { algorithmsOf, type KeySpec } from '../../domain/key-spec.ts'

/** What generates and names an elliptic curve, and the order of its base point. Sources: SEC 2 version 2; FIPS 186-5. */
export type Curve = {
  /** OpenSSL's name. */
  readonly name: string
  readonly order: bigint
  /** Bytes of a coordinate and of a scalar. */
  readonly bytes: number
}

const P256: Curve = {
  name: 'prime256v1',
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  bytes: 32,
}
const P384: Curve = {
  name: 'secp384r1',
  order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  bytes: 48,
}
const P521: Curve = {
  name: 'secp521r1',
  order:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  bytes: 66,
}
const P256K1: Curve = {
  name: 'secp256k1',
  order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  bytes: 32,
}

/** How the material of a key spec is used. A slow one works beside the event loop, so that nobody else waits for it. */
export type Implementation =
  | { readonly kind: 'envelope' }
  | { readonly kind: 'mac'; readonly hash: string }
  | { readonly kind: 'rsa'; readonly bits: number }
  | { readonly kind: 'ec'; readonly curve: Curve; readonly hash: string; readonly isSlow: boolean }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ml-dsa'; readonly type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' }
  | { readonly kind: 'none' }

/** What the material of each key spec is used with. A spec without a row does not compile. */
export const IMPLEMENTATIONS = {
  SYMMETRIC_DEFAULT: { kind: 'envelope' },
  RSA_2048: { kind: 'rsa', bits: 2048 },
  RSA_3072: { kind: 'rsa', bits: 3072 },
  RSA_4096: { kind: 'rsa', bits: 4096 },
  // OpenSSL has code of its own for P-256, ten times as fast as that for the other curves.
  ECC_NIST_P256: { kind: 'ec', curve: P256, hash: 'sha256', isSlow: false },
  ECC_NIST_P384: { kind: 'ec', curve: P384, hash: 'sha384', isSlow: true },
  ECC_NIST_P521: { kind: 'ec', curve: P521, hash: 'sha512', isSlow: true },
  ECC_SECG_P256K1: { kind: 'ec', curve: P256K1, hash: 'sha256', isSlow: true },
  ECC_NIST_EDWARDS25519: { kind: 'ed25519' },
  ML_DSA_44: { kind: 'ml-dsa', type: 'ml-dsa-44' },
  ML_DSA_65: { kind: 'ml-dsa', type: 'ml-dsa-65' },
  ML_DSA_87: { kind: 'ml-dsa', type: 'ml-dsa-87' },
  HMAC_224: { kind: 'mac', hash: 'sha224' },
  HMAC_256: { kind: 'mac', hash: 'sha256' },
  HMAC_384: { kind: 'mac', hash: 'sha384' },
  HMAC_512: { kind: 'mac', hash: 'sha512' },
  SM2: { kind: 'none' },
} as const satisfies Record<KeySpec, Implementation>

/** @returns the hash of an HMAC key spec's only algorithm; nothing when the spec does not offer `algorithm`. */
export function macHash(keySpec: KeySpec, algorithm: string): string | undefined {
  const implementation = IMPLEMENTATIONS[keySpec]
  if (implementation.kind !== 'mac') return undefined
  return algorithmsOf(keySpec, 'GENERATE_VERIFY_MAC').includes(algorithm) ? implementation.hash : undefined
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
