import { isSigningAlgorithm, type MessageType } from '../../src/domain/signing-algorithm.ts'
import { submitted } from './key-pair.ts'
import { modelShape } from './model.ts'

/** Names that the service model knows, offered by a key or not. */
export const namesOf = (shape: string): readonly string[] => modelShape(shape).enum ?? []

const RSA = {
  ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  SIGN_VERIFY: [
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
  ],
} as const

/**
 * What AWS offers outside China, written down a second time so that a slip in the code is seen; SM2 is offered nowhere else.
 * Source: KMS developer guide, key spec reference.
 */
const OFFERED: { readonly [keySpec: string]: { readonly [keyUsage: string]: readonly string[] } } = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] },
  ECC_NIST_P384: { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] },
  ECC_NIST_P521: { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] },
  ECC_SECG_P256K1: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  ML_DSA_44: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  ML_DSA_65: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  ML_DSA_87: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] },
  HMAC_224: { GENERATE_VERIFY_MAC: ['HMAC_SHA_224'] },
  HMAC_256: { GENERATE_VERIFY_MAC: ['HMAC_SHA_256'] },
  HMAC_384: { GENERATE_VERIFY_MAC: ['HMAC_SHA_384'] },
  HMAC_512: { GENERATE_VERIFY_MAC: ['HMAC_SHA_512'] },
}
/** The usages that SM2 has where it is offered. */
const SM2_USAGES: readonly string[] = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT']

/** Algorithms of a key; none for a pair of spec and usage that there is not. */
export const algorithmsIn = (keySpec: string, keyUsage: string): readonly string[] => OFFERED[keySpec]?.[keyUsage] ?? []

export type Refusal = readonly [code: string, message: string]

/** How CreateKey refuses a pair of spec and usage; nothing for those that it makes. Texts: recorded answers. */
export function creationRefusal(keySpec: string, keyUsage: string | undefined): Refusal | undefined {
  if (keyUsage === undefined)
    return keySpec === 'SYMMETRIC_DEFAULT'
      ? undefined
      : [
          'ValidationException',
          'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
        ]
  if (keySpec === 'SM2' && SM2_USAGES.includes(keyUsage))
    return ['UnsupportedOperationException', 'KeySpec SM2 is not supported.']
  if (algorithmsIn(keySpec, keyUsage).length > 0) return undefined
  return ['ValidationException', `KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`]
}

/** A key by what it is for. */
export type Kind = { readonly Arn: string; readonly keySpec: string; readonly keyUsage: string }

/** How an operation that needs `usage` refuses a key: by its usage first, then by the algorithm. Texts: recorded answers. */
export function useRefusal(kind: Kind, operation: string, usage: string, algorithm: string): Refusal | undefined {
  const { Arn, keySpec, keyUsage } = kind
  if (usage !== keyUsage)
    return ['InvalidKeyUsageException', `${Arn} key usage is ${keyUsage} which is not valid for ${operation}.`]
  return algorithmsIn(keySpec, keyUsage).includes(algorithm)
    ? undefined
    : ['InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${keySpec}.`]
}

const MESSAGE_TYPES = ['RAW', 'DIGEST', 'EXTERNAL_MU'] as const satisfies readonly MessageType[]

/** A message in one form: what is submitted, or how its type is refused. */
export type Form = { readonly MessageType: MessageType; readonly Message: Buffer; readonly refusal?: Refusal }

/**
 * The message in all forms that the model knows, for an algorithm.
 *
 * @param publicKey - DER, SubjectPublicKeyInfo; empty for keys without.
 */
export function formsOf(algorithm: string, message: Buffer, publicKey: Buffer): readonly Form[] {
  return MESSAGE_TYPES.map((MessageType) => {
    const Message = isSigningAlgorithm(algorithm) ? submitted(algorithm, MessageType, message, publicKey) : undefined
    const text = `Algorithm ${algorithm} does not support message type ${MessageType}.`
    return Message
      ? { MessageType, Message }
      : { MessageType, Message: Buffer.alloc(64, 1), refusal: ['ValidationException', text] }
  })
}
