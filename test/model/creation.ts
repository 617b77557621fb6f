import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expects, isAbout, learn, milliseconds, type Refusal } from './expectation.ts'
import { type KeySpec, type KeyUsage, type Material, type ModelKey, REGIONS, type Region, type World } from './state.ts'
import { seldom, step } from './step.ts'

type Kind = readonly [KeySpec, KeyUsage]
const SYMMETRIC: Kind = ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT']
/** RSA keys take long to make, and are as rare as that. */
const OTHERS: fc.Arbitrary<Kind> = fc.oneof(
  {
    weight: 25,
    arbitrary: fc.constantFrom<Kind>(
      ['HMAC_224', 'GENERATE_VERIFY_MAC'],
      ['HMAC_256', 'GENERATE_VERIFY_MAC'],
      ['HMAC_384', 'GENERATE_VERIFY_MAC'],
      ['HMAC_512', 'GENERATE_VERIFY_MAC'],
      ['ECC_NIST_P256', 'SIGN_VERIFY'],
      ['ECC_NIST_P256', 'KEY_AGREEMENT'],
      ['ECC_NIST_P384', 'SIGN_VERIFY'],
      ['ECC_NIST_P521', 'KEY_AGREEMENT'],
      ['ECC_SECG_P256K1', 'SIGN_VERIFY'],
      ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'],
      ['ML_DSA_44', 'SIGN_VERIFY'],
      ['ML_DSA_65', 'SIGN_VERIFY'],
      ['ML_DSA_87', 'SIGN_VERIFY'],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<Kind>(['RSA_2048', 'ENCRYPT_DECRYPT'], ['RSA_2048', 'SIGN_VERIFY']) },
)
const KINDS = fc.oneof({ weight: 2, arbitrary: fc.constant(SYMMETRIC) }, { weight: 1, arbitrary: OTHERS })
/** Specs of which the owners have bytes to import. */
const IMPORTABLE: fc.Arbitrary<Kind> = fc.constantFrom<Kind>(
  SYMMETRIC,
  SYMMETRIC,
  SYMMETRIC,
  ['HMAC_256', 'GENERATE_VERIFY_MAC'],
  ['ECC_NIST_P256', 'SIGN_VERIFY'],
)

type Wanted = { readonly kind: Kind; readonly region: Region; readonly isMultiRegion: boolean; readonly tag: boolean }

async function create(world: World, origin: 'AWS_KMS' | 'EXTERNAL', wanted: Wanted): Promise<void> {
  const { kind, region, isMultiRegion, tag } = wanted
  const [spec, usage] = kind
  const input = {
    KeySpec: spec,
    KeyUsage: usage,
    Origin: origin,
    MultiRegion: isMultiRegion,
    Description: 'first',
    ...(tag ? { Tags: [{ TagKey: 'a', TagValue: '0' }] } : {}),
  }
  const refusal: Refusal | undefined =
    origin === 'EXTERNAL' && spec.startsWith('ML_DSA') ? ['UnsupportedOperationException'] : undefined
  const answer = await expects(world, 'CreateKey', input, { region }, refusal)
  if (!answer) return
  const { KeyMetadata } = answer
  const { KeyId, Arn, CreationDate, CurrentKeyMaterialId } = KeyMetadata
  isAbout(CreationDate, world.server.now(), 'CreationDate')
  assert.equal(Arn, `arn:aws:kms:${region}:${world.account}:key/${KeyId}`)
  assert.match(KeyId, isMultiRegion ? /^mrk-[0-9a-f]{32}$/ : /^[0-9a-f]{8}-/)
  const materials: Material[] = origin === 'AWS_KMS' ? [{ isBound: true }] : []
  const family = {
    keyId: KeyId,
    spec,
    usage,
    origin,
    isMultiRegion,
    primary: region,
    replicas: [],
    materials,
    onDemandCount: 0,
  }
  const key: ModelKey = {
    family,
    region,
    arn: Arn,
    state: { name: origin === 'AWS_KMS' ? 'Enabled' : 'PendingImport' },
    isGone: false,
    description: 'first',
    tags: new Map(tag ? [['a', '0']] : []),
    policy: 'default',
    createdAt: milliseconds(CreationDate),
    present: new Map(),
    grants: [],
  }
  world.keys.push(key)
  const [material] = materials
  if (spec === 'SYMMETRIC_DEFAULT' && material) learn(world, material, CurrentKeyMaterialId)
  else assert.equal(CurrentKeyMaterialId, undefined)
}

const places = { region: fc.constantFrom<Region>(...REGIONS, REGIONS[0], REGIONS[0]), tag: seldom }

export const createsKey = step(
  'createKey',
  fc.record({ kind: KINDS, isMultiRegion: seldom, ...places }),
  (world, wanted) => create(world, 'AWS_KMS', wanted),
)
export const createsOtherKey = step(
  'createOtherKey',
  fc.record({ kind: OTHERS, isMultiRegion: seldom, ...places }),
  (world, wanted) => create(world, 'AWS_KMS', wanted),
)
export const createsMultiRegionKey = step(
  'createMultiRegionKey',
  fc.record({ kind: KINDS, isMultiRegion: fc.constant(true), ...places }),
  (world, wanted) => create(world, 'AWS_KMS', wanted),
)
export const createsSymmetricKey = step(
  'createSymmetricKey',
  fc.record({ kind: fc.constant(SYMMETRIC), isMultiRegion: seldom, ...places }),
  (world, wanted) => create(world, 'AWS_KMS', wanted),
)
export const createsKeyToImport = step(
  'createKeyToImport',
  fc.record({
    kind: fc.oneof(
      { weight: 9, arbitrary: IMPORTABLE },
      { weight: 1, arbitrary: fc.constant<Kind>(['ML_DSA_44', 'SIGN_VERIFY']) },
    ),
    isMultiRegion: fc.boolean(),
    ...places,
  }),
  (world, wanted) => create(world, 'EXTERNAL', wanted),
)
