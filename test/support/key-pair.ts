import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { KEY_SPECS, type KeyPairSpec, type KeyUsage } from '../../src/domain/key-spec.ts'
import type { MessageType, SigningAlgorithm } from '../../src/domain/signing-algorithm.ts'

/** Every spec of key pairs with every usage that it has. */
export const KINDS = [
  ['RSA_2048', 'ENCRYPT_DECRYPT'],
  ['RSA_2048', 'SIGN_VERIFY'],
  ['RSA_3072', 'ENCRYPT_DECRYPT'],
  ['RSA_3072', 'SIGN_VERIFY'],
  ['RSA_4096', 'ENCRYPT_DECRYPT'],
  ['RSA_4096', 'SIGN_VERIFY'],
  ['ECC_NIST_P256', 'SIGN_VERIFY'],
  ['ECC_NIST_P256', 'KEY_AGREEMENT'],
  ['ECC_NIST_P384', 'SIGN_VERIFY'],
  ['ECC_NIST_P384', 'KEY_AGREEMENT'],
  ['ECC_NIST_P521', 'SIGN_VERIFY'],
  ['ECC_NIST_P521', 'KEY_AGREEMENT'],
  ['ECC_SECG_P256K1', 'SIGN_VERIFY'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'],
  ['ML_DSA_44', 'SIGN_VERIFY'],
  ['ML_DSA_65', 'SIGN_VERIFY'],
  ['ML_DSA_87', 'SIGN_VERIFY'],
] as const satisfies ReadonlyArray<readonly [KeyPairSpec, KeyUsage]>

/** Names of a table that is asked by a name. */
export function offered(keySpec: KeyPairSpec, keyUsage: KeyUsage): readonly string[] {
  const usages: { readonly [Usage in KeyUsage]?: readonly string[] } = KEY_SPECS[keySpec]
  return usages[keyUsage] ?? []
}

/** The digest that an algorithm hashes a message to; nothing for those without a digest form. */
export function digestOf(algorithm: string, message: Buffer): Buffer | undefined {
  const bits = /_SHA_(256|384|512)$/.exec(algorithm)?.[1]
  return bits === undefined || algorithm === 'ED25519_SHA_512' ? undefined : hash(`sha${bits}`, message, 'buffer')
}

/** What a client submits to have `message` signed in that form; nothing when the algorithm has no such form. */
export function submitted(
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Buffer,
  publicKey: Buffer,
): Buffer | undefined {
  if (messageType === 'DIGEST') return digestOf(algorithm, message)
  if (messageType === 'EXTERNAL_MU')
    return algorithm === 'ML_DSA_SHAKE_256' ? externalMu(message, publicKey) : undefined
  return algorithm === 'ED25519_PH_SHA_512' ? undefined : message
}

/** SPKI's bytes before an ML-DSA public key. */
const ML_DSA_HEAD_BYTES = 22

/** Source: FIPS 204, algorithm 7, lines 6 and 7, with an empty context. */
function externalMu(message: Buffer, publicKey: Buffer): Buffer {
  const shake = (bytes: Buffer) => hash('shake256', bytes, { outputEncoding: 'buffer', outputLength: 64 })
  const tr = shake(publicKey.subarray(ML_DSA_HEAD_BYTES))
  return shake(Buffer.concat([tr, Buffer.of(0, 0), message]))
}

const NOBLE_CURVES = {
  ECC_NIST_P256: { curve: p256, pointBytes: 65 },
  ECC_NIST_P384: { curve: p384, pointBytes: 97 },
  ECC_NIST_P521: { curve: p521, pointBytes: 133 },
  ECC_SECG_P256K1: { curve: secp256k1, pointBytes: 65 },
} as const
const NOBLE_ML_DSA = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 } as const

/** A claim that somebody outside checks with the public key alone. */
export type Claim = {
  readonly keySpec: KeyPairSpec
  readonly algorithm: SigningAlgorithm
  readonly message: Buffer
  readonly publicKey: Buffer
  readonly signature: Buffer
}

const isCurve = (keySpec: string): keySpec is keyof typeof NOBLE_CURVES => keySpec in NOBLE_CURVES
const isMlDsa = (keySpec: string): keySpec is keyof typeof NOBLE_ML_DSA => keySpec in NOBLE_ML_DSA

/** Whether a signature of `message` is valid to code that shares nothing with the key process's way of making it. */
export function isValidOutside(claim: Claim): boolean {
  const { keySpec, algorithm, message, publicKey, signature } = claim
  const digest = digestOf(algorithm, message)
  if (isCurve(keySpec) && digest) {
    const { curve, pointBytes } = NOBLE_CURVES[keySpec]
    return curve.verify(signature, digest, publicKey.subarray(-pointBytes), {
      prehash: false,
      lowS: false,
      format: 'der',
    })
  }
  if (isMlDsa(keySpec)) return NOBLE_ML_DSA[keySpec].verify(signature, message, publicKey.subarray(ML_DSA_HEAD_BYTES))
  if (algorithm === 'ED25519_PH_SHA_512' && digest)
    return ed25519ph.verify(signature, digest, publicKey.subarray(-32), { zip215: false })
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  return verify(digest ? hashName(digest) : null, message, rsaOptions(algorithm, key, digest), signature)
}

const hashName = ({ length }: Buffer) => `sha${length * 8}`

/** PSS with exactly the digest's length of salt. */
function rsaOptions(algorithm: string, key: KeyObject, digest: Buffer | undefined) {
  if (algorithm.startsWith('RSASSA_PSS')) return { key, padding: 6, saltLength: digest?.length ?? 0 }
  return algorithm.startsWith('RSASSA_PKCS1') ? { key, padding: 1 } : { key }
}
