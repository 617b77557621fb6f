import { createECDH } from 'node:crypto'
import type { KeyPairSpec } from '../../domain/key-spec.ts'
import type { Curve } from './algorithms.ts'
import { elementsIn, tlv } from './der.ts'
import { type KeyPair, openKeyPair } from './key-pair.ts'

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_ID = 0x06
const SEQUENCE = 0x30
/** The public key in ECPrivateKey. Source: RFC 5915, 3. */
const PUBLIC_KEY = 0xa1

type Parts = { readonly algorithm: Buffer; readonly scalar: Buffer }

/** @returns nothing for a curve that is given by its parameters instead of its name, which AWS refuses. */
function partsOf(pkcs8: Buffer): Parts | undefined {
  const [outer] = elementsIn(pkcs8) ?? []
  const [, algorithm, privateKey] = (outer && elementsIn(outer.content)) ?? []
  const [, curve] = (algorithm && elementsIn(algorithm.content)) ?? []
  const [structure] = (privateKey && elementsIn(privateKey.content)) ?? []
  const [, scalar] = (structure && elementsIn(structure.content)) ?? []
  if (!algorithm || curve?.tag !== OBJECT_ID || scalar?.tag !== OCTET_STRING) return undefined
  return { algorithm: algorithm.content, scalar: scalar.content }
}

/** The public point of a scalar, uncompressed; nothing for a scalar that is none. */
function pointOf(curve: Curve, scalar: Buffer): Buffer | undefined {
  const ecdh = createECDH(curve.name)
  try {
    ecdh.setPrivateKey(scalar)
  } catch {
    return undefined
  }
  return ecdh.getPublicKey()
}

/** PrivateKeyInfo with the public key inside. Sources: RFC 5208, 5; RFC 5915, 3. */
function encoded(algorithm: Buffer, scalar: Buffer, point: Buffer): Buffer {
  const publicKey = tlv(PUBLIC_KEY, tlv(BIT_STRING, Buffer.of(0), point))
  const privateKey = tlv(SEQUENCE, tlv(INTEGER, Buffer.of(1)), tlv(OCTET_STRING, scalar), publicKey)
  return tlv(SEQUENCE, tlv(INTEGER, Buffer.of(0)), tlv(SEQUENCE, algorithm), tlv(OCTET_STRING, privateKey))
}

/**
 * The key pair in the one form that all encodings of the same private key lead to: OpenSSL keeps the form of the point, and
 * whether there was one.
 *
 * @param given - the same key as it was read, with the public key that it came with, if any.
 * @returns nothing when the public key is not that of the private key.
 */
export function canonicalCurveKey(
  keySpec: KeyPairSpec,
  curve: Curve,
  pkcs8: Buffer,
  given: KeyPair,
): KeyPair | undefined {
  const parts = partsOf(pkcs8)
  const point = parts && pointOf(curve, parts.scalar)
  if (!parts || !point) return undefined
  const scalar = Buffer.alloc(curve.bytes)
  if (parts.scalar.length > curve.bytes) return undefined
  parts.scalar.copy(scalar, curve.bytes - parts.scalar.length)
  const canonical = encoded(parts.algorithm, scalar, point)
  const pair = openKeyPair(keySpec, canonical)
  canonical.fill(0)
  scalar.fill(0)
  return pair?.publicKey.equals(given.publicKey) ? pair : undefined
}
