import { AWAY, FAR } from './multi-region.ts'

/** A key and what requests about it name beside it. */
export type Subject = {
  readonly KeyId: string
  /** A symmetric key that stays enabled. */
  readonly spare: string
  /** What the key encrypted; what the spare key did, where the key could not. */
  readonly blob: string
  readonly spareBlob: string
  readonly mac: string
  readonly signature: string
  /** Of a key pair for KEY_AGREEMENT, DER in base64. */
  readonly publicKey: string
  readonly token: string
  readonly wrapped: string
  readonly policy: string
  readonly grantee: string
  readonly retiredGrant: string
  readonly revokedGrant: string
  readonly keyStoreId: string
}

export type Request = (subject: Subject) => object

const MAC = { Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }
const SIGNING = { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }
const PAIR = { KeyPairSpec: 'ECC_NIST_P256' }
const onlyKey: Request = ({ KeyId }) => ({ KeyId })
const onlyStore: Request = ({ keyStoreId }) => ({ CustomKeyStoreId: keyStoreId })

export const EXTERNAL_STORE = {
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyUriEndpoint: 'https://proxy.example.com',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyAuthenticationCredential: { AccessKeyId: 'A'.repeat(20), RawSecretAccessKey: 'b'.repeat(43) },
}

/** One request of every operation that is right in itself; some of them in several forms, by a note after the name. */
export const REQUESTS: Readonly<Record<string, Request>> = {
  CancelKeyDeletion: onlyKey,
  ConnectCustomKeyStore: onlyStore,
  CreateAlias: ({ KeyId }) => ({ AliasName: 'alias/new', TargetKeyId: KeyId }),
  CreateCustomKeyStore: () => ({
    ...EXTERNAL_STORE,
    CustomKeyStoreName: 'another',
    XksProxyUriPath: '/another/kms/xks/v1',
  }),
  CreateGrant: ({ KeyId, grantee }) => ({ KeyId, GranteePrincipal: grantee, Operations: ['DescribeKey'] }),
  CreateKey: () => ({}),
  Decrypt: ({ blob }) => ({ CiphertextBlob: blob }),
  'Decrypt naming its key': ({ KeyId, blob }) => ({ KeyId, CiphertextBlob: blob }),
  DeleteAlias: () => ({ AliasName: 'alias/own' }),
  DeleteCustomKeyStore: onlyStore,
  DeleteImportedKeyMaterial: onlyKey,
  DeriveSharedSecret: ({ KeyId, publicKey }) => ({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: publicKey }),
  DescribeCustomKeyStores: () => ({}),
  DescribeKey: onlyKey,
  DisableKey: onlyKey,
  DisableKeyRotation: onlyKey,
  'DisableKeyRotation of a MAC key': onlyKey,
  'DisableKeyRotation of a key pair': onlyKey,
  DisconnectCustomKeyStore: onlyStore,
  EnableKey: onlyKey,
  EnableKeyRotation: onlyKey,
  'EnableKeyRotation of a MAC key': onlyKey,
  'EnableKeyRotation of a key pair': onlyKey,
  Encrypt: ({ KeyId }) => ({ KeyId, Plaintext: 'YQ==' }),
  GenerateDataKey: ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' }),
  GenerateDataKeyPair: ({ KeyId }) => ({ KeyId, ...PAIR }),
  GenerateDataKeyPairWithoutPlaintext: ({ KeyId }) => ({ KeyId, ...PAIR }),
  GenerateDataKeyWithoutPlaintext: ({ KeyId }) => ({ KeyId, KeySpec: 'AES_256' }),
  GenerateMac: ({ KeyId }) => ({ KeyId, ...MAC }),
  GenerateRandom: () => ({ NumberOfBytes: 8 }),
  GetKeyLastUsage: onlyKey,
  GetKeyPolicy: onlyKey,
  GetKeyRotationStatus: onlyKey,
  GetParametersForImport: ({ KeyId }) => ({
    KeyId,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
  }),
  GetPublicKey: onlyKey,
  ImportKeyMaterial: ({ KeyId, token, wrapped }) => ({
    KeyId,
    ImportToken: token,
    EncryptedKeyMaterial: wrapped,
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  }),
  ListAliases: onlyKey,
  ListGrants: onlyKey,
  ListKeyPolicies: onlyKey,
  ListKeyRotations: onlyKey,
  ListKeys: () => ({}),
  ListResourceTags: onlyKey,
  ListRetirableGrants: ({ grantee }) => ({ RetiringPrincipal: grantee }),
  PutKeyPolicy: ({ KeyId, policy }) => ({ KeyId, Policy: policy }),
  ReEncrypt: ({ blob, spare }) => ({ CiphertextBlob: blob, DestinationKeyId: spare }),
  'ReEncrypt from the key': ({ blob, spare }) => ({ CiphertextBlob: blob, DestinationKeyId: spare }),
  'ReEncrypt naming its source': ({ KeyId, blob, spare }) => ({
    CiphertextBlob: blob,
    SourceKeyId: KeyId,
    DestinationKeyId: spare,
  }),
  'ReEncrypt to the key': ({ KeyId, spareBlob }) => ({ CiphertextBlob: spareBlob, DestinationKeyId: KeyId }),
  ReplicateKey: ({ KeyId }) => ({ KeyId, ReplicaRegion: FAR }),
  RetireGrant: ({ KeyId, retiredGrant }) => ({ KeyId, GrantId: retiredGrant }),
  RevokeGrant: ({ KeyId, revokedGrant }) => ({ KeyId, GrantId: revokedGrant }),
  RotateKeyOnDemand: onlyKey,
  ScheduleKeyDeletion: onlyKey,
  Sign: ({ KeyId }) => ({ KeyId, ...SIGNING }),
  TagResource: ({ KeyId }) => ({ KeyId, Tags: [{ TagKey: 'a', TagValue: '' }] }),
  UntagResource: ({ KeyId }) => ({ KeyId, TagKeys: ['a'] }),
  UpdateAlias: ({ KeyId }) => ({ AliasName: 'alias/spare', TargetKeyId: KeyId }),
  'UpdateAlias to the key': ({ KeyId }) => ({ AliasName: 'alias/spare', TargetKeyId: KeyId }),
  'UpdateAlias away from the key': ({ spare }) => ({ AliasName: 'alias/moved', TargetKeyId: spare }),
  UpdateCustomKeyStore: onlyStore,
  UpdateKeyDescription: ({ KeyId }) => ({ KeyId, Description: 'a' }),
  UpdatePrimaryRegion: ({ KeyId }) => ({ KeyId, PrimaryRegion: AWAY }),
  Verify: ({ KeyId, signature }) => ({ KeyId, ...SIGNING, Signature: signature }),
  VerifyMac: ({ KeyId, mac }) => ({ KeyId, ...MAC, Mac: mac }),
}

/** The operation of a form. */
export const operationOf = (form: string): string => form.split(' ')[0] ?? form

export function requestOf(form: string, subject: Subject): object {
  const request = REQUESTS[form]
  if (!request) throw new Error(`there is no request of ${form}`)
  return request(subject)
}
