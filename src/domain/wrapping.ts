import { error, type ServiceError } from './error.ts'
import { isKeyPairSpec, type KeySpec } from './key-spec.ts'
import { isRsaKeySpec } from './rsa-encryption.ts'

/**
 * How key material is wrapped on its way here: encrypted with RSA itself, or under an AES key that RSA encrypts.
 * Source: GetParametersForImport; PKCS#11 v3.0, CKM_RSA_AES_KEY_WRAP.
 */
export const WRAPPING_ALGORITHMS = {
  RSAES_OAEP_SHA_1: { oaep: 'RSAES_OAEP_SHA_1', isDirect: true },
  RSAES_OAEP_SHA_256: { oaep: 'RSAES_OAEP_SHA_256', isDirect: true },
  RSA_AES_KEY_WRAP_SHA_1: { oaep: 'RSAES_OAEP_SHA_1', isDirect: false },
  RSA_AES_KEY_WRAP_SHA_256: { oaep: 'RSAES_OAEP_SHA_256', isDirect: false },
} as const
export type WrappingAlgorithm = keyof typeof WRAPPING_ALGORITHMS

export const WRAPPING_KEY_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const
export type WrappingKeySpec = (typeof WRAPPING_KEY_SPECS)[number]

/** What a caller asks to wrap material with. */
export type Wrapping = { readonly algorithm: WrappingAlgorithm; readonly keySpec: WrappingKeySpec }

export function isWrappingAlgorithm(text: string): text is WrappingAlgorithm {
  return Object.hasOwn(WRAPPING_ALGORITHMS, text)
}

export function isWrappingKeySpec(text: string): text is WrappingKeySpec {
  return WRAPPING_KEY_SPECS.some((keySpec) => keySpec === text)
}

/**
 * The wrapping that a request names, if material of a key of `keySpec` may come in it.
 *
 * @returns `UnsupportedOperationException`: for SM2PKE and SM2, which AWS offers in China alone; for RSAES_PKCS1_V1_5, which
 *   it gave up in 2023; and for what does not carry such material. Source: GetParametersForImport; the texts are our own.
 */
export function wrappingFor(
  keySpec: KeySpec,
  wanted: { readonly algorithm: string; readonly keySpec: string },
): Wrapping | ServiceError {
  const { algorithm, keySpec: wrappingKeySpec } = wanted
  if (!isWrappingAlgorithm(algorithm))
    return error('UnsupportedOperationException', `Wrapping algorithm ${algorithm} is not supported.`)
  if (!isWrappingKeySpec(wrappingKeySpec))
    return error('UnsupportedOperationException', `Wrapping key spec ${wrappingKeySpec} is not supported.`)
  const wrapping = { algorithm, keySpec: wrappingKeySpec }
  if (carries(keySpec, wrapping)) return wrapping
  return error(
    'UnsupportedOperationException',
    `Wrapping algorithm ${algorithm} with wrapping key spec ${wrappingKeySpec} is not valid for key spec ${keySpec}.`,
  )
}

/** Random bytes come directly, RSA keys under an AES key, curves either way: only P-521 is too long for the shortest modulus. */
function carries(keySpec: KeySpec, { algorithm, keySpec: wrappingKeySpec }: Wrapping): boolean {
  const { isDirect } = WRAPPING_ALGORITHMS[algorithm]
  if (!isKeyPairSpec(keySpec)) return isDirect
  if (isRsaKeySpec(keySpec)) return !isDirect
  return !(isDirect && keySpec === 'ECC_NIST_P521' && wrappingKeySpec === 'RSA_2048')
}
