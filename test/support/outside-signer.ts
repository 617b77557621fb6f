import { constants, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import type { KeyPairSpec } from '../../src/domain/key-spec.ts'
import { digestOf } from './key-pair.ts'

/** A private key that its owner has, in the clear. */
export type OutsideKey = {
  /** DER, PKCS#8. */
  readonly pkcs8: Buffer
  /** DER, SubjectPublicKeyInfo. */
  readonly spki: Buffer
  readonly privateKey: KeyObject
}

const CURVES = {
  ECC_NIST_P256: { curve: p256, namedCurve: 'prime256v1' },
  ECC_NIST_P384: { curve: p384, namedCurve: 'secp384r1' },
  ECC_NIST_P521: { curve: p521, namedCurve: 'secp521r1' },
  ECC_SECG_P256K1: { curve: secp256k1, namedCurve: 'secp256k1' },
} as const
const ML_DSA = {
  ML_DSA_44: { scheme: ml_dsa44, type: 'ml-dsa-44' },
  ML_DSA_65: { scheme: ml_dsa65, type: 'ml-dsa-65' },
  ML_DSA_87: { scheme: ml_dsa87, type: 'ml-dsa-87' },
} as const

const isCurve = (keySpec: string): keySpec is keyof typeof CURVES => keySpec in CURVES
const isMlDsa = (keySpec: string): keySpec is keyof typeof ML_DSA => keySpec in ML_DSA

function generate(keySpec: KeyPairSpec) {
  if (isCurve(keySpec)) return generateKeyPairSync('ec', { namedCurve: CURVES[keySpec].namedCurve })
  if (isMlDsa(keySpec)) return generateKeyPairSync(ML_DSA[keySpec].type)
  if (keySpec === 'ECC_NIST_EDWARDS25519') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: Number(keySpec.slice('RSA_'.length)) })
}

export function newOutsideKey(keySpec: KeyPairSpec): OutsideKey {
  const { publicKey, privateKey } = generate(keySpec)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return { pkcs8, spki: publicKey.export({ format: 'der', type: 'spki' }), privateKey: parseKey(pkcs8) }
}

const parseKey = (der: Buffer) => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })

const number = (privateKey: KeyObject, bytes: number) => {
  const { d = '' } = privateKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.alloc(bytes), Buffer.from(d, 'base64url')]).subarray(-bytes)
}

/** Where ML-DSA's seed stands in PKCS#8: at its end. Source: RFC 9881, section 6, the seed alone. */
const ML_DSA_SEED_BYTES = 32

/** Signs as the key's owner does without the service. Libraries of others for all but RSA, which is Node's. */
export function signOutside(keySpec: KeyPairSpec, algorithm: string, key: OutsideKey, message: Buffer): Buffer {
  const digest = digestOf(algorithm, message)
  if (isCurve(keySpec) && digest) {
    const { curve } = CURVES[keySpec]
    const secret = number(key.privateKey, curve.Point.Fn.BYTES)
    return Buffer.from(curve.sign(digest, secret, { prehash: false, lowS: false, format: 'der' }))
  }
  if (isMlDsa(keySpec)) {
    const { scheme } = ML_DSA[keySpec]
    return Buffer.from(scheme.sign(message, scheme.keygen(key.pkcs8.subarray(-ML_DSA_SEED_BYTES)).secretKey))
  }
  if (keySpec === 'ECC_NIST_EDWARDS25519') {
    const secret = number(key.privateKey, 32)
    return Buffer.from(digest ? ed25519ph.sign(digest, secret) : ed25519.sign(message, secret))
  }
  const saltLength = digest?.length ?? 0
  const isPss = algorithm.startsWith('RSASSA_PSS')
  return signRsa(key, message, isPss ? { hash: saltLength, saltLength } : { hash: saltLength })
}

/** @param form - bytes of the hash, and of PSS's salt where it is PSS. */
export function signRsa(
  { privateKey }: OutsideKey,
  message: Buffer,
  { hash, saltLength }: { readonly hash: number; readonly saltLength?: number },
): Buffer {
  const how =
    saltLength === undefined
      ? { padding: constants.RSA_PKCS1_PADDING }
      : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return sign(`sha${hash * 8}`, message, { key: privateKey, ...how })
}

/** The other signature that says the same: (r, n - s). */
export function withOtherS(keySpec: KeyPairSpec, signature: Buffer): Buffer {
  if (!isCurve(keySpec)) throw new TypeError(`${keySpec} is no curve`)
  const { curve } = CURVES[keySpec]
  const { r, s } = curve.Signature.fromBytes(signature, 'der')
  return Buffer.from(new curve.Signature(r, curve.Point.Fn.ORDER - s).toBytes('der'))
}
