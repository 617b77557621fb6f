import {
  ALIASES_PER_KEY_MAX,
  CUSTOM_KEY_STORES_MAX,
  GRANTS_PER_KEY_MAX,
  KEY_POLICY_MAX_BYTES,
  KEYS_PER_REGION_MAX,
  ON_DEMAND_ROTATIONS_MAX,
} from '../domain/limits.ts'

/** A quota of KMS. Source: KMS developer guide, resource quotas and request quotas (2026). */
export type Quota = {
  /** AWS's code where it is known, else one of Trent's own, which begins with `TRENT-`. */
  readonly code: string
  readonly name: string
  /** `rate`: requests a second; fractions are allowed. */
  readonly kind: 'resource' | 'rate'
  readonly isAdjustable: boolean
  /** Default values by Region, where they differ from the usual one. */
  readonly byRegion?: ReadonlyMap<string, number>
  readonly value: number
}

const resource = (code: string, name: string, value: number, isAdjustable: boolean): Quota => ({
  code,
  name,
  kind: 'resource',
  isAdjustable,
  value,
})

const rate = (name: string, value: number, code = `TRENT-${name.replaceAll(/[^A-Za-z0-9]+/g, '-')}`): Quota => ({
  code,
  name: `${name} request rate`,
  kind: 'rate',
  isAdjustable: true,
  value,
})

/** Codes of the quotas that something else than the rate of requests is held to. */
export const RESOURCE_QUOTAS = {
  keysPerRegion: 'L-C2F1777E',
  aliasesPerKey: 'L-340F62FB',
  grantsPerKey: 'L-D594A657',
} as const
export type ResourceQuota = keyof typeof RESOURCE_QUOTAS

const RESOURCES: readonly Quota[] = [
  resource(RESOURCE_QUOTAS.keysPerRegion, 'Customer Master Keys (CMKs)', KEYS_PER_REGION_MAX, true),
  resource(RESOURCE_QUOTAS.aliasesPerKey, 'Aliases per CMK', ALIASES_PER_KEY_MAX, true),
  resource(RESOURCE_QUOTAS.grantsPerKey, 'Grants per CMK', GRANTS_PER_KEY_MAX, true),
  resource('TRENT-Key-policy-size', 'Key policy document size (bytes)', KEY_POLICY_MAX_BYTES, false),
  resource('L-F33DCFEB', 'Custom Key Stores', CUSTOM_KEY_STORES_MAX, false),
  resource('L-0E66C9C0', 'On-demand rotations per CMK', ON_DEMAND_ROTATIONS_MAX, false),
]

const SYMMETRIC_BY_REGION: ReadonlyMap<string, number> = new Map([
  ...['us-east-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'eu-central-1', 'eu-west-2'].map(
    (region) => [region, 20_000] as const,
  ),
  ...['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => [region, 100_000] as const),
])
const CHINA = ['cn-north-1', 'cn-northwest-1'] as const
const inChina = (value: number): ReadonlyMap<string, number> => new Map(CHINA.map((region) => [region, value]))

/** Rates that several operations share. */
const SHARED = {
  symmetric: {
    ...rate('Cryptographic operations (symmetric)', 10_000, 'L-6E3AF000'),
    byRegion: SYMMETRIC_BY_REGION,
  },
  rsa: rate('Cryptographic operations (RSA)', 1_000, 'L-2AC98190'),
  mlDsa: rate('Cryptographic operations (ML-DSA)', 1_000),
  ecc: rate('Cryptographic operations (ECC)', 1_000, 'L-DC14942D'),
  cloudHsm: { ...rate('AWS CloudHSM key store', 1_800), isAdjustable: false },
  xks: rate('External key store', 1_800),
} as const satisfies Record<string, Quota>

/** Data key pairs have a rate for each spec, which both operations share. */
const PAIRS: ReadonlyMap<string, Quota> = new Map(
  (
    [
      ['ECC_NIST_P256', rate('GenerateDataKeyPair (ECC_NIST_P256)', 100, 'L-D2EEB5E0')],
      ['ECC_NIST_P384', rate('GenerateDataKeyPair (ECC_NIST_P384)', 100, 'L-16B46EF0')],
      ['ECC_NIST_P521', rate('GenerateDataKeyPair (ECC_NIST_P521)', 100, 'L-1D966DA0')],
      ['ECC_SECG_P256K1', rate('GenerateDataKeyPair (ECC_SECG_P256K1)', 100)],
      ['ECC_NIST_EDWARDS25519', rate('GenerateDataKeyPair (ECC_NIST_EDWARDS25519)', 100)],
      ['RSA_2048', { ...rate('GenerateDataKeyPair (RSA_2048)', 20), byRegion: inChina(1) }],
      ['RSA_3072', { ...rate('GenerateDataKeyPair (RSA_3072)', 4), byRegion: inChina(0.5) }],
      ['RSA_4096', { ...rate('GenerateDataKeyPair (RSA_4096)', 1), byRegion: inChina(0.1) }],
      ['SM2', rate('GenerateDataKeyPair (SM2)', 25)],
    ] as const
  ).map(([spec, quota]) => [spec, quota]),
)

/** AWS's codes of operations' rates, as far as they are known. */
const CODES: ReadonlyMap<string, string> = new Map([
  ['CancelKeyDeletion', 'L-635264CC'],
  ['ConnectCustomKeyStore', 'L-705B9E79'],
  ['CreateAlias', 'L-F7504F73'],
  ['CreateCustomKeyStore', 'L-08932E37'],
  ['CreateGrant', 'L-0428A42E'],
  ['CreateKey', 'L-32B67F4A'],
  ['DeleteAlias', 'L-1F75ADD1'],
  ['DeleteCustomKeyStore', 'L-E99520CB'],
  ['DeleteImportedKeyMaterial', 'L-1233BF9B'],
  ['DescribeCustomKeyStores', 'L-E20AA94C'],
  ['DescribeKey', 'L-FAE8F084'],
  ['DisableKey', 'L-6B8C93BD'],
  ['DisableKeyRotation', 'L-CE1DB614'],
  ['DisconnectCustomKeyStore', 'L-9F1FCF6D'],
  ['EnableKey', 'L-BD96F100'],
  ['EnableKeyRotation', 'L-BE799B67'],
])

/** Operations with a rate of their own, by that rate. */
const RATES: readonly (readonly [perSecond: number, operations: string])[] = [
  [1, 'GetParametersForImport'],
  [
    5,
    'CancelKeyDeletion ConnectCustomKeyStore CreateAlias CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores DisableKey DisableKeyRotation DisconnectCustomKeyStore EnableKey GetKeyLastUsage ReplicateKey RotateKeyOnDemand UntagResource UpdateAlias UpdateCustomKeyStore UpdateKeyDescription UpdatePrimaryRegion',
  ],
  [10, 'TagResource'],
  [15, 'DeleteAlias DeleteImportedKeyMaterial EnableKeyRotation ImportKeyMaterial PutKeyPolicy ScheduleKeyDeletion'],
  [50, 'CreateGrant RetireGrant RevokeGrant'],
  [100, 'ListGrants ListKeyPolicies ListKeyRotations ListRetirableGrants'],
  [500, 'ListAliases ListKeys'],
  [1_000, 'GetKeyPolicy GetKeyRotationStatus'],
  [2_000, 'DescribeKey GetPublicKey ListResourceTags'],
]

const OPERATIONS: ReadonlyMap<string, Quota> = new Map(
  RATES.flatMap(([perSecond, operations]) =>
    operations.split(' ').map((name) => [name, rate(name, perSecond, CODES.get(name))] as const),
  ),
)

/** Every quota, in order of name. */
export const QUOTAS: readonly Quota[] = [
  ...RESOURCES,
  ...Object.values(SHARED),
  ...PAIRS.values(),
  ...OPERATIONS.values(),
].sort((one, other) => (one.name < other.name ? -1 : 1))

const BY_CODE: ReadonlyMap<string, Quota> = new Map(QUOTAS.map((quota) => [quota.code, quota]))
export const findQuota = (code: string): Quota | undefined => BY_CODE.get(code)

/** The value that AWS gives every account in the Region. */
export function defaultValue({ byRegion, value }: Quota, region: string): number {
  return byRegion?.get(region) ?? value
}

/** What of a request its rates hang on. */
export type RatedRequest = {
  readonly operation: string
  /** Specs of its keys. */
  readonly specs: readonly string[]
  readonly keyPairSpec?: string
  /** Custom key stores of its keys. */
  readonly keyStores: readonly { readonly id: string; readonly type: 'AWS_CLOUDHSM' | 'EXTERNAL_KEY_STORE' }[]
  /** The other Region that it is about. */
  readonly otherRegion?: string
}

/** So many requests that count against a quota. */
export type Charge = {
  readonly quota: Quota
  readonly count: number
  /** Where, when not in the Region of the request. */
  readonly region?: string
  /** The custom key store that has this quota for itself. */
  readonly keyStore?: string
}

const once = (quota: Quota): Charge => ({ quota, count: 1 })

function sharedRateOf(spec: string): Quota {
  if (spec.startsWith('RSA_')) return SHARED.rsa
  if (spec.startsWith('ML_DSA_')) return SHARED.mlDsa
  return spec.startsWith('ECC_') || spec === 'SM2' ? SHARED.ecc : SHARED.symmetric
}

const TYPES = { AWS_CLOUDHSM: SHARED.cloudHsm, EXTERNAL_KEY_STORE: SHARED.xks } as const

function cryptographic({ operation, specs, keyPairSpec, keyStores }: RatedRequest): readonly Charge[] {
  const pair = operation.startsWith('GenerateDataKeyPair') ? PAIRS.get(keyPairSpec ?? '') : undefined
  // ReEncrypt is one request, unless its keys are of different classes.
  const shared = new Set(specs.length === 0 ? [SHARED.symmetric] : specs.map(sharedRateOf))
  return [
    ...(pair ? [once(pair)] : [...shared].map(once)),
    ...keyStores.map(({ id, type }) => ({ ...once(TYPES[type]), keyStore: id })),
  ]
}

/**
 * What a request counts as. `ReplicateKey` is also two `CreateKey` in the replica's Region, of which one is a dry run, and
 * `UpdatePrimaryRegion` one in each of the two Regions. Source: KMS developer guide, request quotas.
 */
export function chargesOf(request: RatedRequest): readonly Charge[] {
  const { operation, otherRegion: region } = request
  const own = OPERATIONS.get(operation)
  if (!own) return cryptographic(request)
  if (region === undefined) return [once(own)]
  if (operation === 'UpdatePrimaryRegion') return [once(own), { ...once(own), region }]
  const creation = OPERATIONS.get('CreateKey')
  return operation === 'ReplicateKey' && creation ? [once(own), { quota: creation, count: 2, region }] : [once(own)]
}
