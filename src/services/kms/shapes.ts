import { ALIAS_PATTERN } from '../../domain/alias.ts'
import { KEY_SPECS, type KeySpec } from '../../domain/key-spec.ts'
import { ROTATION_PERIOD_DAYS } from '../../domain/limits.ts'
import {
  blob,
  boolean,
  integer,
  list,
  oneOf,
  optional,
  stringMap,
  structure,
  text,
  timestamp,
} from '../../protocol/shape.ts'

/** Shapes that several operations share, named as in the service model (2014-11-01). */

export const KeyIdType = text(1, 2048)
export const ArnType = text(20, 2048)
export const AliasNameType = text(1, 256, ALIAS_PATTERN)
export const DescriptionType = text(0, 8192)
export const GrantTokenList = list(text(1, 8192), 0, 10)
export const EncryptionContextType = stringMap()
export const CiphertextType = blob(1, 6144)
export const PlaintextType = blob(1, 4096)
export const MessageType = blob(1, 4096)
export const LimitType = integer(1, 1000)
export const MarkerType = text(1, 1024, '[\\u0020-\\u00FF]*')
export const PolicyNameType = text(1, 128, '[\\w]+')
export const PolicyType = text(1, 131072, '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+')
export const NumberOfBytesType = integer(1, 1024)
export const PendingWindowInDaysType = integer(1, 365)
export const BackingKeyIdType = text(64, 64, '^[a-f0-9]+$')
/** Empty when there was no material to name. */
export const BackingKeyIdResponseType = text(0, 64, '^[a-f0-9]+$')
export const CustomKeyStoreIdType = text(1, 64)
export const CloudHsmClusterIdType = text(19, 24, 'cluster-[2-7a-zA-Z]{11,16}')
export const XksKeyIdType = text(1, 128, '^[a-zA-Z0-9-_.]+$')
export const RegionType = text(1, 32, '^([a-z]+-){2,3}\\d+$')

const specs = Object.keys(KEY_SPECS) as KeySpec[]
export const KeySpecType = oneOf(...specs)
const legacySpecs = specs.filter(
  (spec): spec is Exclude<KeySpec, `ML_DSA_${string}` | 'ECC_NIST_EDWARDS25519'> =>
    !spec.startsWith('ML_DSA_') && spec !== 'ECC_NIST_EDWARDS25519',
)
/** The older name of KeySpec; its list was closed before the newest specs came. */
export const CustomerMasterKeySpecType = oneOf(...legacySpecs)
export const KeyUsageType = oneOf('SIGN_VERIFY', 'ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT')
export const OriginType = oneOf('AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE')
export const KeyStateType = oneOf(
  'Creating',
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingImport',
  'PendingReplicaDeletion',
  'Unavailable',
  'Updating',
)
export const EncryptionAlgorithmSpec = oneOf('SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE')
export const SigningAlgorithmSpec = oneOf(
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
)
export const KeyAgreementAlgorithmSpec = oneOf('ECDH')
export const MacAlgorithmSpec = oneOf('HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512')
export const MessageTypeType = oneOf('RAW', 'DIGEST', 'EXTERNAL_MU')
export const PublicKeyType = blob(1, 8192)
export const DataKeyPairSpec = oneOf(
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
)
export const DataKeySpec = oneOf('AES_256', 'AES_128')
export const DryRunModifierList = list(oneOf('IGNORE_CIPHERTEXT'))
export const ExpirationModelType = oneOf('KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE')
export const RotationPeriodInDaysType = integer(ROTATION_PERIOD_DAYS.min, ROTATION_PERIOD_DAYS.max)
export const RotationType = oneOf('AUTOMATIC', 'ON_DEMAND')
export const ImportState = oneOf('IMPORTED', 'PENDING_IMPORT')
export const KeyMaterialState = oneOf(
  'NON_CURRENT',
  'CURRENT',
  'PENDING_ROTATION',
  'PENDING_MULTI_REGION_IMPORT_AND_ROTATION',
)
export const KeyMaterialDescriptionType = text(0, 256, '^[a-zA-Z0-9:/_\\s.-]+$')

export const Tag = structure({ TagKey: text(1, 128), TagValue: text(0, 256) })
export const TagList = list(Tag)

export const RecipientInfo = structure({
  KeyEncryptionAlgorithm: optional(oneOf('RSAES_OAEP_SHA_256')),
  AttestationDocument: optional(blob(1, 262144)),
})

const MultiRegionKey = structure({ Arn: optional(ArnType), Region: optional(RegionType) })

export const KeyMetadata = structure({
  AWSAccountId: optional(text()),
  KeyId: KeyIdType,
  Arn: optional(ArnType),
  CreationDate: optional(timestamp()),
  Enabled: optional(boolean()),
  Description: optional(DescriptionType),
  KeyUsage: optional(KeyUsageType),
  KeyState: optional(KeyStateType),
  DeletionDate: optional(timestamp()),
  ValidTo: optional(timestamp()),
  Origin: optional(OriginType),
  CustomKeyStoreId: optional(CustomKeyStoreIdType),
  CloudHsmClusterId: optional(CloudHsmClusterIdType),
  ExpirationModel: optional(ExpirationModelType),
  KeyManager: optional(oneOf('AWS', 'CUSTOMER')),
  CustomerMasterKeySpec: optional(CustomerMasterKeySpecType),
  KeySpec: optional(KeySpecType),
  EncryptionAlgorithms: optional(list(EncryptionAlgorithmSpec)),
  SigningAlgorithms: optional(list(SigningAlgorithmSpec)),
  KeyAgreementAlgorithms: optional(list(KeyAgreementAlgorithmSpec)),
  MultiRegion: optional(boolean()),
  MultiRegionConfiguration: optional(
    structure({
      MultiRegionKeyType: optional(oneOf('PRIMARY', 'REPLICA')),
      PrimaryKey: optional(MultiRegionKey),
      ReplicaKeys: optional(list(MultiRegionKey)),
    }),
  ),
  PendingDeletionWindowInDays: optional(PendingWindowInDaysType),
  MacAlgorithms: optional(list(MacAlgorithmSpec)),
  XksKeyConfiguration: optional(structure({ Id: optional(XksKeyIdType) })),
  CurrentKeyMaterialId: optional(BackingKeyIdType),
})

/** The answer of GetPublicKey. */
export const GetPublicKeyOutput = {
  KeyId: optional(KeyIdType),
  PublicKey: optional(PublicKeyType),
  CustomerMasterKeySpec: optional(CustomerMasterKeySpecType),
  KeySpec: optional(KeySpecType),
  KeyUsage: optional(KeyUsageType),
  EncryptionAlgorithms: optional(list(EncryptionAlgorithmSpec)),
  SigningAlgorithms: optional(list(SigningAlgorithmSpec)),
  KeyAgreementAlgorithms: optional(list(KeyAgreementAlgorithmSpec)),
} as const

export const AliasListEntry = structure({
  AliasName: optional(AliasNameType),
  AliasArn: optional(ArnType),
  TargetKeyId: optional(KeyIdType),
  CreationDate: optional(timestamp()),
  LastUpdatedDate: optional(timestamp()),
})

/** Members of every list request and answer. */
export const pageInput = { Limit: optional(LimitType), Marker: optional(MarkerType) } as const
export const pageOutput = { NextMarker: optional(MarkerType), Truncated: optional(boolean()) } as const
