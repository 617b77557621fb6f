import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hash as hashOf,
  type KeyObject,
} from 'node:crypto'
import { DER } from '@noble/curves/abstract/der.js'
import { invert, mod } from '@noble/curves/abstract/modular.js'
import type { Curve } from './algorithms.ts'
import type { KeyPair } from './key-pair.ts'
import { nodeSign } from './node-signature.ts'
import { randomBytes } from './random.ts'

/**
 * ECDSA over a digest that was made elsewhere. Node hashes whatever it is given, so the digest is moved to a message that it
 * may hash; nonces and points stay OpenSSL's, in constant time and at its speed.
 *
 * With d the private key, z the digest, h the hash of a fixed message and u = h / z, all modulo the order: OpenSSL's signature
 * (r, t) of the fixed message under the private key u·d has t = (h + r·u·d) / k = u · (z + r·d) / k. So (r, t / u) is the
 * signature of z under d with the same nonce k.
 */
export type EcdsaKey = {
  readonly pair: KeyPair
  readonly curve: Curve
  /** Whether OpenSSL works beside the event loop. */
  readonly isSlow: boolean
}

/** Any would do; its hash is no multiple of an order. */
const FIXED_MESSAGE = Buffer.from('trent/v1/ecdsa-digest')
const FIXED_HASH = 'sha256'
const FIXED_NUMBER = number(hashOf(FIXED_HASH, FIXED_MESSAGE, 'buffer'))

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function bytesOf(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex')
}

/** A random number below the order, not zero. */
function randomScalar({ order, bytes }: Curve): bigint {
  // Eight bytes more than the order has make the remainder uniform. Source: FIPS 186-5, A.2.1.
  return mod(number(randomBytes(bytes + 8)), order - 1n) + 1n
}

/** `secret` times a number of the caller's choice, in two random parts: neither product depends on the secret alone. */
function blindProduct(curve: Curve, secret: bigint, chosen: bigint): bigint {
  const blind = randomScalar(curve)
  return mod(chosen * mod(secret - blind, curve.order) + chosen * blind, curve.order)
}

/** A private key of the curve as SEC1, DER, to be wiped. Source: RFC 5915, section 3. */
const sec1Of = ({ privateKey }: KeyPair) => privateKey.export({ format: 'der', type: 'sec1' })

/** The private number in SEC1: a long form of the structure has one octet of length more. */
function scalarIn(sec1: Buffer, { bytes }: Curve): Buffer {
  const at = sec1.readUInt8(1) < 0x80 ? 7 : 8
  return sec1.subarray(at, at + bytes)
}

/** A key of the same curve with another private number. Its public half stays as it is: neither use looks at it. */
function keyWith(sec1: Buffer, curve: Curve, value: bigint): KeyObject {
  bytesOf(value, curve.bytes).copy(scalarIn(sec1, curve))
  const key = createPrivateKey({ key: sec1, format: 'der', type: 'sec1' })
  sec1.fill(0)
  return key
}

/** @returns the signature in DER; `s` is as it comes, not the lower of the two. */
export async function signEcdsaDigest({ pair, curve, isSlow }: EcdsaKey, digest: Buffer): Promise<Buffer> {
  const { order, bytes } = curve
  const z = mod(number(digest), order)
  const sec1 = sec1Of(pair)
  const secret = number(scalarIn(sec1, curve))
  if (z === 0n) {
    sec1.fill(0)
    return signZero(curve, secret)
  }
  const ratio = mod(FIXED_NUMBER * invert(z, order), order)
  const key = keyWith(sec1, curve, blindProduct(curve, secret, ratio))
  const signature = await nodeSign(isSlow, FIXED_HASH, FIXED_MESSAGE, { key, dsaEncoding: 'ieee-p1363' })
  const s = mod(number(signature.subarray(bytes)) * z * inverseOfFixed(curve), order)
  return encoded(number(signature.subarray(0, bytes)), s)
}

const inverses = new Map<string, bigint>()

/** 1 / h, of which there is one for each curve. */
function inverseOfFixed({ name, order }: Curve): bigint {
  const inverse = inverses.get(name) ?? invert(mod(FIXED_NUMBER, order), order)
  inverses.set(name, inverse)
  return inverse
}

/** A digest of zero has no ratio: the nonce is made here, blinded like the key. */
function signZero(curve: Curve, secret: bigint): Buffer {
  const { order, bytes } = curve
  const ephemeral = createECDH(curve.name)
  const point = ephemeral.generateKeys()
  const nonce = number(ephemeral.getPrivateKey())
  // Blinded, because the time of an inversion tells about what is inverted.
  const blind = randomScalar(curve)
  const r = mod(number(point.subarray(1, 1 + bytes)), order)
  const s = mod(mod(mod(secret * blind, order) * r, order) * invert(mod(nonce * blind, order), order), order)
  return encoded(r, s)
}

/**
 * Whether a signature is of `digest`: x(R) = r modulo the order, for R = (z/s)·G + (r/s)·Q. With the private key at hand R is
 * one product of the base point, ((z + r·d) / s)·G, whose coordinate OpenSSL's key agreement gives.
 */
export async function verifyEcdsaDigest(key: EcdsaKey, digest: Buffer, signature: Buffer): Promise<boolean> {
  const { pair, curve, isSlow } = key
  const { order } = curve
  const found = decoded(signature)
  if (!found || !isInside(found.r, order) || !isInside(found.s, order)) return false
  const inverse = invert(found.s, order)
  const sec1 = sec1Of(pair)
  const secret = number(scalarIn(sec1, curve))
  const factor = mod(number(digest) * inverse + blindProduct(curve, secret, mod(found.r * inverse, order)), order)
  if (factor === 0n) {
    sec1.fill(0)
    return false
  }
  const x = await agree(isSlow, keyWith(sec1, curve, factor), basePoint(pair, curve))
  return mod(number(x), order) === found.r
}

const isInside = (value: bigint, order: bigint) => value > 0n && value < order

const basePoints = new Map<string, KeyObject>()

/** The base point as a public key: that of the private key 1. */
function basePoint({ spki }: KeyPair, { name, bytes }: Curve): KeyObject {
  const known = basePoints.get(name)
  if (known) return known
  const ecdh = createECDH(name)
  ecdh.setPrivateKey(bytesOf(1n, bytes))
  const der = Buffer.from(spki)
  ecdh.getPublicKey().copy(der, der.length - (1 + 2 * bytes))
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  basePoints.set(name, key)
  return key
}

/** The coordinate x of the product, as long as the curve's coordinates. */
export function agree(isSlow: boolean, privateKey: KeyObject, publicKey: KeyObject): Buffer | Promise<Buffer> {
  if (!isSlow) return diffieHellman({ privateKey, publicKey })
  return new Promise((resolve, reject) => {
    diffieHellman({ privateKey, publicKey }, (error, secret) => (error ? reject(error) : resolve(secret)))
  })
}

function encoded(r: bigint, s: bigint): Buffer {
  return Buffer.from(DER.hexFromSig({ r, s }), 'hex')
}

/** Strictly DER, as OpenSSL reads signatures: every failure to parse means the same. */
function decoded(signature: Buffer): { readonly r: bigint; readonly s: bigint } | undefined {
  try {
    return DER.toSig(signature)
  } catch {
    return undefined
  }
}
