import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chargesOf, defaultValue, QUOTAS, type RatedRequest } from '../../src/metering/quota.ts'
import { openTokenBuckets } from '../../src/metering/token-bucket.ts'
import { kms } from '../../src/services/kms/index.ts'

const NOTHING = { specs: [], keyStores: [] }
const charged = (request: Partial<RatedRequest> & { readonly operation: string }) =>
  chargesOf({ ...NOTHING, ...request }).map(({ quota, count, region, keyStore }) => [
    quota.name.replace(/ request rate$/, ''),
    count,
    ...(region === undefined ? [] : [region]),
    ...(keyStore === undefined ? [] : [keyStore]),
  ])

const SYMMETRIC = 'Cryptographic operations (symmetric)'
const CASES: readonly (readonly [string, Partial<RatedRequest> & { readonly operation: string }, unknown])[] = [
  ['Decrypt with a symmetric key', { operation: 'Decrypt', specs: ['SYMMETRIC_DEFAULT'] }, [[SYMMETRIC, 1]]],
  ['VerifyMac', { operation: 'VerifyMac', specs: ['HMAC_512'] }, [[SYMMETRIC, 1]]],
  ['GenerateRandom', { operation: 'GenerateRandom' }, [[SYMMETRIC, 1]]],
  ['Decrypt of a key that is not there', { operation: 'Decrypt' }, [[SYMMETRIC, 1]]],
  ['Sign with RSA', { operation: 'Sign', specs: ['RSA_4096'] }, [['Cryptographic operations (RSA)', 1]]],
  ['Verify with ML-DSA', { operation: 'Verify', specs: ['ML_DSA_65'] }, [['Cryptographic operations (ML-DSA)', 1]]],
  [
    'DeriveSharedSecret',
    { operation: 'DeriveSharedSecret', specs: ['ECC_NIST_P256'] },
    [['Cryptographic operations (ECC)', 1]],
  ],
  [
    'ReEncrypt between symmetric keys',
    { operation: 'ReEncrypt', specs: ['SYMMETRIC_DEFAULT', 'SYMMETRIC_DEFAULT'] },
    [[SYMMETRIC, 1]],
  ],
  [
    'ReEncrypt from a symmetric key to RSA',
    { operation: 'ReEncrypt', specs: ['SYMMETRIC_DEFAULT', 'RSA_2048'] },
    [
      [SYMMETRIC, 1],
      ['Cryptographic operations (RSA)', 1],
    ],
  ],
  [
    'GenerateDataKeyPair',
    { operation: 'GenerateDataKeyPairWithoutPlaintext', specs: ['SYMMETRIC_DEFAULT'], keyPairSpec: 'RSA_4096' },
    [['GenerateDataKeyPair (RSA_4096)', 1]],
  ],
  ['GetPublicKey', { operation: 'GetPublicKey', specs: ['RSA_2048'] }, [['GetPublicKey', 1]]],
  [
    'ReplicateKey',
    { operation: 'ReplicateKey', otherRegion: 'eu-west-1' },
    [
      ['ReplicateKey', 1],
      ['CreateKey', 2, 'eu-west-1'],
    ],
  ],
  [
    'UpdatePrimaryRegion',
    { operation: 'UpdatePrimaryRegion', otherRegion: 'eu-west-1' },
    [
      ['UpdatePrimaryRegion', 1],
      ['UpdatePrimaryRegion', 1, 'eu-west-1'],
    ],
  ],
  [
    'Encrypt with a key in an external key store',
    { operation: 'Encrypt', specs: ['SYMMETRIC_DEFAULT'], keyStores: [{ id: 'cks-1', type: 'EXTERNAL_KEY_STORE' }] },
    [
      [SYMMETRIC, 1],
      ['External key store', 1, 'cks-1'],
    ],
  ],
]
for (const [what, request, expected] of CASES)
  test(`${what} counts as what AWS counts it as`, () => assert.deepEqual(charged(request), expected))

test('every operation of KMS counts against some rate, and no two quotas share a code', () => {
  for (const operation of kms.operations.keys())
    assert.notEqual(chargesOf({ ...NOTHING, operation, keyPairSpec: 'RSA_2048' }).length, 0, operation)
  assert.equal(new Set(QUOTAS.map(({ code }) => code)).size, QUOTAS.length)
})

const VALUES = [
  [SYMMETRIC, 'us-east-1', 100_000],
  [SYMMETRIC, 'eu-central-1', 20_000],
  [SYMMETRIC, 'eu-north-1', 10_000],
  ['GenerateDataKeyPair (RSA_4096)', 'us-east-1', 1],
  ['GenerateDataKeyPair (RSA_4096)', 'cn-north-1', 0.1],
  ['CreateKey', 'us-east-1', 5],
] as const
for (const [name, region, value] of VALUES)
  test(`the rate of ${name} in ${region} is ${value}`, () => {
    const quota = QUOTAS.find((each) => each.name === `${name} request rate`)
    assert.ok(quota)
    assert.equal(defaultValue(quota, region), value)
  })

const one = (rate: number, bucket = 'a') => [{ bucket, count: 1, rate }]

test('a second brings as many requests as the rate, however they are spread', () => {
  const buckets = openTokenBuckets(10)
  const taken = Array.from({ length: 2_000 }, (_, ms) => buckets.take(one(5), ms)).filter(Boolean).length
  assert.equal(taken, 5 + 9)
  assert.equal(buckets.take(one(5, 'b'), 2_000), true)
})

test('a rate of a tenth lets one request through in ten seconds', () => {
  const buckets = openTokenBuckets(10)
  const answers = [0, 1_000, 9_999, 10_000, 19_999, 20_000].map((now) => buckets.take(one(0.1), now))
  assert.deepEqual(answers, [true, false, false, true, false, true])
})

test('a rate of zero lets nothing through', () => {
  assert.equal(openTokenBuckets(10).take(one(0), 5), false)
})

test('what takes from two buckets takes from neither when one is empty', () => {
  const buckets = openTokenBuckets(10)
  const both = [...one(1), ...one(2, 'b')]
  assert.deepEqual([buckets.take(both, 0), buckets.take(both, 0)], [true, false])
  assert.equal(buckets.take(one(2, 'b'), 0), true)
})

test('a clock that is put back fills no bucket', () => {
  const buckets = openTokenBuckets(10)
  assert.equal(buckets.take(one(1), 1_000_000), true)
  assert.equal(buckets.take(one(1), 0), false)
  assert.equal(buckets.take(one(1), 1_000), true)
})

test('there are never more buckets than there may be', () => {
  const buckets = openTokenBuckets(3)
  for (let n = 0; n < 100; n += 1) buckets.take(one(1, `bucket-${n}`), n)
  assert.equal(buckets.size, 3)
})

test('no sequence of requests gets more than the rate and one full bucket', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 50, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }),
      (rate, gaps) => {
        const buckets = openTokenBuckets(10)
        let [now, taken] = [0, 0]
        for (const gap of gaps) {
          now += gap
          if (buckets.take(one(rate), now)) taken += 1
          assert.ok(taken <= Math.max(rate, 1) + (now / 1_000) * rate + 1e-6)
        }
      },
    ),
  )
})
