import { constants } from 'node:crypto'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { algorithmsOf, type KeyPairSpec, type KeySpec } from '../../domain/key-spec.ts'
import { isSigningAlgorithm, type MessageType, type SigningAlgorithm } from '../../domain/signing-algorithm.ts'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { type EcdsaKey, signEcdsaDigest, verifyEcdsaDigest } from './ecdsa-digest.ts'
import { ed25519ph } from './ed25519ph.ts'
import type { KeyPair } from './key-pair.ts'
import { nodeSign, nodeVerify } from './node-signature.ts'
import { randomBytes } from './random.ts'
import {
  type DigestEncoding,
  modulusBytes,
  PKCS1,
  PSS,
  type RsaHash,
  signRsaDigest,
  verifyRsaDigest,
} from './rsa-digest.ts'

/** A key pair that signs, and how. */
export type SigningKey = KeyPair & { readonly keySpec: KeyPairSpec }

/** How one type of message is signed with one algorithm. Arguments are of the lengths that the algorithm has. */
export type Signer = {
  sign(key: SigningKey, message: Buffer): Buffer | Promise<Buffer>
  verify(key: SigningKey, message: Buffer, signature: Buffer): boolean | Promise<boolean>
}
type Signers = { readonly [Type in MessageType]?: Signer }

/** Whether signing happens beside the event loop: all but the two algorithms that take less time than the way there. */
export function isSlow(keySpec: KeyPairSpec, algorithm: SigningAlgorithm): boolean {
  const implementation = IMPLEMENTATIONS[keySpec]
  if (implementation.kind === 'ec') return implementation.isSlow
  return algorithm !== 'ED25519_SHA_512'
}

/** The salt is as long as the hash, and must be: left open, a verifier would take shorter ones. Source: KMS key spec reference. */
const PSS_PADDING = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } as const
const PKCS1_PADDING = { padding: constants.RSA_PKCS1_PADDING } as const

function rsa(hash: RsaHash, encoding: DigestEncoding, padding: typeof PSS_PADDING | typeof PKCS1_PADDING): Signers {
  return {
    RAW: {
      sign: ({ privateKey }, message) => nodeSign(true, hash, message, { key: privateKey, ...padding }),
      // OpenSSL takes a PSS signature without its leading zeros. Source of the length: RFC 8017, 8.1.2, step 1.
      verify: ({ publicKey }, message, signature) =>
        signature.length === modulusBytes(publicKey) &&
        nodeVerify(true, hash, message, { key: publicKey, ...padding }, signature),
    },
    DIGEST: {
      sign: (key, digest) => signRsaDigest(encoding, hash, digest, key),
      verify: (key, digest, signature) => verifyRsaDigest(encoding, hash, digest, key, signature),
    },
  }
}

/** Signatures are DER. */
function ecdsa(hash: RsaHash): Signers {
  return {
    RAW: {
      sign: (key, message) =>
        nodeSign(ecdsaKey(key).isSlow, hash, message, { key: key.privateKey, dsaEncoding: 'der' }),
      verify: (key, message, signature) =>
        nodeVerify(ecdsaKey(key).isSlow, hash, message, { key: key.publicKey, dsaEncoding: 'der' }, signature),
    },
    DIGEST: {
      sign: (key, digest) => signEcdsaDigest(ecdsaKey(key), digest),
      verify: (key, digest, signature) => verifyEcdsaDigest(ecdsaKey(key), digest, signature),
    },
  }
}

function ecdsaKey(pair: SigningKey): EcdsaKey {
  const implementation = IMPLEMENTATIONS[pair.keySpec]
  if (implementation.kind !== 'ec') throw new TypeError('an ECDSA key is on a curve')
  return { pair, curve: implementation.curve, isSlow: implementation.isSlow }
}

const ED25519: Signers = {
  RAW: {
    sign: ({ privateKey }, message) => nodeSign(false, undefined, message, { key: privateKey }),
    verify: ({ publicKey }, message, signature) => nodeVerify(false, undefined, message, { key: publicKey }, signature),
  },
}

/** Bytes at the end of an Ed25519 key in DER. Source: RFC 8410, sections 4 and 7. */
const ED25519_BYTES = 32

/** What was submitted as digest is the message of Ed25519ph, which hashes it again. Source: KMS key spec reference. */
const ED25519_PH: Signers = {
  DIGEST: {
    sign({ privateKey }, digest) {
      const der = privateKey.export({ format: 'der', type: 'pkcs8' })
      const signature = ed25519ph().sign(digest, der.subarray(-ED25519_BYTES))
      der.fill(0)
      return Buffer.from(signature)
    },
    // The strict rules of RFC 8032, as OpenSSL's: the laxer ones of ZIP 215 take encodings that others refuse.
    verify: ({ spki }, digest, signature) =>
      signature.length === 2 * ED25519_BYTES &&
      ed25519ph().verify(signature, digest, spki.subarray(-ED25519_BYTES), { zip215: false }),
  },
}

const ML_DSA = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 } as const

function mlDsa({ keySpec }: SigningKey) {
  const implementation = IMPLEMENTATIONS[keySpec]
  if (implementation.kind !== 'ml-dsa') throw new TypeError('not an ML-DSA key')
  return ML_DSA[implementation.type]
}

/** Pure ML-DSA with an empty context, hedged. An external mu is what RAW would compute first, so both verify alike. */
const ML_DSA_SIGNERS: Signers = {
  RAW: {
    sign: ({ privateKey }, message) => nodeSign(true, undefined, message, { key: privateKey }),
    verify: ({ publicKey }, message, signature) => nodeVerify(true, undefined, message, { key: publicKey }, signature),
  },
  EXTERNAL_MU: {
    sign(key, mu) {
      const seed = key.privateKey.export({ format: 'raw-seed' })
      const { secretKey } = mlDsa(key).keygen(seed)
      const signature = mlDsa(key).internal.sign(mu, secretKey, { externalMu: true, extraEntropy: randomBytes(32) })
      seed.fill(0)
      secretKey.fill(0)
      return Buffer.from(signature)
    },
    verify(key, mu, signature) {
      const algorithm = mlDsa(key)
      const publicKey = key.publicKey.export({ format: 'raw-public' })
      return (
        signature.length === algorithm.lengths.signature &&
        algorithm.internal.verify(signature, mu, publicKey, { externalMu: true })
      )
    },
  },
}

/** Every algorithm; one without a row does not compile. */
const SIGNERS = {
  RSASSA_PSS_SHA_256: rsa('sha256', PSS, PSS_PADDING),
  RSASSA_PSS_SHA_384: rsa('sha384', PSS, PSS_PADDING),
  RSASSA_PSS_SHA_512: rsa('sha512', PSS, PSS_PADDING),
  RSASSA_PKCS1_V1_5_SHA_256: rsa('sha256', PKCS1, PKCS1_PADDING),
  RSASSA_PKCS1_V1_5_SHA_384: rsa('sha384', PKCS1, PKCS1_PADDING),
  RSASSA_PKCS1_V1_5_SHA_512: rsa('sha512', PKCS1, PKCS1_PADDING),
  ECDSA_SHA_256: ecdsa('sha256'),
  ECDSA_SHA_384: ecdsa('sha384'),
  ECDSA_SHA_512: ecdsa('sha512'),
  SM2DSA: {},
  ED25519_SHA_512: ED25519,
  ED25519_PH_SHA_512: ED25519_PH,
  ML_DSA_SHAKE_256: ML_DSA_SIGNERS,
} as const satisfies Record<SigningAlgorithm, Signers>

/** @returns how a key of `keySpec` signs such messages; nothing when it does not. */
export function signerOf(keySpec: KeySpec, algorithm: string, messageType: string): Signer | undefined {
  if (!isSigningAlgorithm(algorithm) || !algorithmsOf(keySpec, 'SIGN_VERIFY').includes(algorithm)) return undefined
  const signers: Signers = SIGNERS[algorithm]
  return isMessageType(messageType) ? signers[messageType] : undefined
}

export function isMessageType(text: string): text is MessageType {
  return text === 'RAW' || text === 'DIGEST' || text === 'EXTERNAL_MU'
}
