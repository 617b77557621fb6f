/** Algorithms by key spec and usage. Source: KMS developer guide, key spec reference; order of lists from recorded KeyMetadata. */

const RSA_ENCRYPT = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const
const RSA_SIGN = [
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
] as const

const rsa = { ENCRYPT_DECRYPT: RSA_ENCRYPT, SIGN_VERIFY: RSA_SIGN } as const
const nist = <const A extends string>(algorithm: A) => ({ SIGN_VERIFY: [algorithm], KEY_AGREEMENT: ['ECDH'] }) as const
const signer = <const A extends readonly string[]>(...algorithms: A) => ({ SIGN_VERIFY: algorithms }) as const
const hmac = <const A extends string>(algorithm: A) => ({ GENERATE_VERIFY_MAC: [algorithm] }) as const

/** The only list of key specs: which usages each allows, and with which algorithms. */
export const KEY_SPECS = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
  RSA_2048: rsa,
  RSA_3072: rsa,
  RSA_4096: rsa,
  ECC_NIST_P256: nist('ECDSA_SHA_256'),
  ECC_NIST_P384: nist('ECDSA_SHA_384'),
  ECC_NIST_P521: nist('ECDSA_SHA_512'),
  ECC_SECG_P256K1: signer('ECDSA_SHA_256'),
  ECC_NIST_EDWARDS25519: signer('ED25519_SHA_512', 'ED25519_PH_SHA_512'),
  ML_DSA_44: signer('ML_DSA_SHAKE_256'),
  ML_DSA_65: signer('ML_DSA_SHAKE_256'),
  ML_DSA_87: signer('ML_DSA_SHAKE_256'),
  HMAC_224: hmac('HMAC_SHA_224'),
  HMAC_256: hmac('HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_SHA_512'),
  SM2: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
} as const satisfies Record<string, { readonly [Usage in KeyUsage]?: readonly string[] }>

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT'
export type KeySpec = keyof typeof KEY_SPECS
export type KeyOrigin = 'AWS_KMS' | 'EXTERNAL' | 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE'

/** Bytes of generated key material for the specs that are plain random bytes. Source: KMS cryptographic details. */
export const RANDOM_MATERIAL_BYTES = {
  SYMMETRIC_DEFAULT: 32,
  HMAC_224: 28,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
} as const satisfies { readonly [Spec in KeySpec]?: number }

export type RandomKeySpec = keyof typeof RANDOM_MATERIAL_BYTES

/**
 * Specs of key pairs. SM2 is none of them: AWS offers it in China alone, where its domain keys are SM4, so that Trent refuses
 * it everywhere as AWS does elsewhere.
 */
export type KeyPairSpec = Exclude<KeySpec, RandomKeySpec | 'SM2'>
/** Specs of data key pairs. Source: DataKeyPairSpec of the service model. */
export type DataKeyPairSpec = Exclude<KeyPairSpec, `ML_DSA_${string}`>
export type RsaKeySpec = Extract<KeySpec, `RSA_${string}`>

/** @returns the algorithms a key of `keySpec` offers for `keyUsage`; none when the usage does not fit the spec. */
export function algorithmsOf(keySpec: KeySpec, keyUsage: KeyUsage): readonly string[] {
  const usages: { readonly [Usage in KeyUsage]?: readonly string[] } = KEY_SPECS[keySpec]
  return usages[keyUsage] ?? []
}

export function isRandomKeySpec(keySpec: KeySpec): keySpec is RandomKeySpec {
  return Object.hasOwn(RANDOM_MATERIAL_BYTES, keySpec)
}

/** The class that UpdateAlias compares: an alias never moves to a key of another class. */
export function classOf(keySpec: KeySpec): 'symmetric' | 'hmac' | 'asymmetric' {
  if (keySpec === 'SYMMETRIC_DEFAULT') return 'symmetric'
  return keySpec.startsWith('HMAC_') ? 'hmac' : 'asymmetric'
}

export function isKeyPairSpec(keySpec: KeySpec): keySpec is KeyPairSpec {
  return classOf(keySpec) === 'asymmetric' && keySpec !== 'SM2'
}
