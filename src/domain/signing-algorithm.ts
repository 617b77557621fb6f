import { error, type ServiceError } from './error.ts'
import { PLAINTEXT_MAX_BYTES } from './limits.ts'

export type MessageType = 'RAW' | 'DIGEST' | 'EXTERNAL_MU'

/** Bytes of a message: exactly so many, or from one on at most so many. */
type Length = { readonly exactly: number } | { readonly atMost: number }

const RAW = { atMost: PLAINTEXT_MAX_BYTES } as const
const hashed = <const Bytes extends number>(bytes: Bytes) => ({ RAW, DIGEST: { exactly: bytes } }) as const

/** Which messages each algorithm signs. Source: KMS developer guide, key spec reference, and Sign of the API reference. */
export const SIGNING_ALGORITHMS = {
  RSASSA_PSS_SHA_256: hashed(32),
  RSASSA_PSS_SHA_384: hashed(48),
  RSASSA_PSS_SHA_512: hashed(64),
  RSASSA_PKCS1_V1_5_SHA_256: hashed(32),
  RSASSA_PKCS1_V1_5_SHA_384: hashed(48),
  RSASSA_PKCS1_V1_5_SHA_512: hashed(64),
  ECDSA_SHA_256: hashed(32),
  ECDSA_SHA_384: hashed(48),
  ECDSA_SHA_512: hashed(64),
  SM2DSA: hashed(32),
  ED25519_SHA_512: { RAW },
  ED25519_PH_SHA_512: { DIGEST: { exactly: 64 } },
  ML_DSA_SHAKE_256: { RAW, EXTERNAL_MU: { exactly: 64 } },
} as const satisfies Record<string, { readonly [Type in MessageType]?: Length }>

export type SigningAlgorithm = keyof typeof SIGNING_ALGORITHMS

export function isSigningAlgorithm(text: string): text is SigningAlgorithm {
  return Object.hasOwn(SIGNING_ALGORITHMS, text)
}

/**
 * @returns `ValidationException` for a message that the algorithm does not sign: of another type, or of another length. The
 *   text about a digest is a recorded answer.
 */
export function refuseMessage(
  algorithm: SigningAlgorithm,
  messageType: MessageType,
  message: Uint8Array,
): ServiceError | undefined {
  const lengths: { readonly [Type in MessageType]?: Length } = SIGNING_ALGORITHMS[algorithm]
  const length = lengths[messageType]
  if (!length)
    return error('ValidationException', `Algorithm ${algorithm} does not support message type ${messageType}.`)
  const isRight =
    'exactly' in length ? message.length === length.exactly : message.length >= 1 && message.length <= length.atMost
  const name = messageType === 'EXTERNAL_MU' ? 'External mu' : 'Digest'
  return isRight ? undefined : error('ValidationException', `${name} is invalid length for algorithm ${algorithm}.`)
}
