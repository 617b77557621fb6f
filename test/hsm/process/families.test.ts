import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyPairSpec } from '../../../src/domain/key-spec.ts'
import { createProofs, type Family, familyOf } from '../../../src/hsm/process/families.ts'

const FAMILIES = [
  'RSA',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'Ed25519',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
] as const satisfies readonly Family[]

for (const family of FAMILIES)
  test(`the known answers of ${family} come out`, async () => {
    assert.equal(await createProofs()(family), true)
  })

test('every length of RSA key is proven by one proof', () => {
  const specs: readonly KeyPairSpec[] = ['RSA_2048', 'RSA_3072', 'RSA_4096']
  assert.deepEqual(specs.map(familyOf), ['RSA', 'RSA', 'RSA'])
})

const never = () => Promise.reject(new Error('not asked for'))
function proofsWith(proof: () => Promise<boolean>) {
  return Object.fromEntries(FAMILIES.map((family) => [family, family === 'RSA' ? proof : never])) as Parameters<
    typeof createProofs
  >[0]
}

test('a family is proven once, however often and at once it is asked for', async () => {
  let runs = 0
  const isProven = createProofs(
    proofsWith(async () => {
      runs += 1
      return true
    }),
  )
  assert.deepEqual(await Promise.all([isProven('RSA'), isProven('RSA')]), [true, true])
  assert.equal(isProven('RSA'), true)
  assert.equal(runs, 1)
})

for (const [what, proof] of [
  ['fails', async () => false],
  ['throws', () => Promise.reject(new Error('switched off'))],
] as const)
  test(`a family whose proof ${what} stays refused`, async () => {
    const isProven = createProofs(proofsWith(proof))
    assert.equal(await isProven('RSA'), false)
    assert.equal(isProven('RSA'), false)
  })
