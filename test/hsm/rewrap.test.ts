import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAccountId, type Region } from '../../src/domain/arn.ts'
import { isError } from '../../src/domain/error.ts'
import type { KeyMaterial } from '../../src/domain/key.ts'
import { parseKeyId } from '../../src/domain/key-id.ts'
import type { UsableKey } from '../../src/request/ports.ts'
import {
  type Binding,
  binding,
  context,
  newKey,
  OTHER_KEY_ID,
  ok,
  parseProof,
  parseUsable,
  refusal,
  region,
  startHsm,
} from './usable-key.ts'

const proof = parseProof('SynchronizeMultiRegionKey')
const AWAY = 'eu-west-1'
type Both = 'kms:Encrypt' & 'kms:Decrypt'

/** The key in another Region that has `wrapped` as its material. */
function keyIn(
  name: string,
  { material }: UsableKey,
  wrapped: KeyMaterial['wrapped'],
  changes: Partial<Binding> = {},
): UsableKey<Both> {
  return parseUsable(binding(changes, undefined, name), { ...material, wrapped })
}

const parseFlipped = (wrapped: Uint8Array, at: number): KeyMaterial['wrapped'] =>
  wrapped.with(at, (wrapped[at] ?? 0) ^ 1) as KeyMaterial['wrapped']
const parseNoRegion = (text: string) => text as Region

test('rewrapped material is the same in both Regions', async () => {
  await using started = await startHsm()
  const { hsm } = started
  const here = await newKey<Both>(hsm)
  const there = keyIn(AWAY, here, ok(await hsm.rewrapMaterial(proof, here, region(AWAY))))
  for (const [from, to] of [
    [here, there],
    [there, here],
  ] as const) {
    const { ciphertext } = ok(await hsm.encrypt(from, Buffer.from('text'), context({ a: 'b' })))
    assert.equal(Buffer.from(ok(await hsm.decrypt(to, ciphertext, context({ a: 'b' })))).toString(), 'text')
    assert.equal(refusal(await hsm.decrypt(to, ciphertext, context())), 'InvalidCiphertextException')
  }
})

test('a key pair is rewrapped with its private key', async () => {
  await using started = await startHsm()
  const { hsm } = started
  const pair = binding({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' })
  const here = await newKey<'kms:Sign'>(hsm, pair)
  const wrapped = ok(await hsm.rewrapMaterial(proof, here, region(AWAY)))
  const there = parseUsable<'kms:Verify'>({ ...pair, region: region(AWAY) }, { ...here.material, wrapped })
  const signable = { algorithm: 'ECDSA_SHA_256', messageType: 'RAW', message: Buffer.from('m') } as const
  assert.ok(!isError(await hsm.verify(there, signable, ok(await hsm.sign(here, signable)))))
})

test('material is wrapped under a domain key of the other Region, which is made and kept if there is none', async () => {
  await using started = await startHsm()
  const { hsm, store } = started
  const here = await newKey(hsm)
  assert.deepEqual(
    store.kept.map((key) => key.region),
    ['us-east-1'],
  )
  const wrapped = ok(await hsm.rewrapMaterial(proof, here, region(AWAY)))
  const away = store.kept.find((key) => key.region === AWAY)
  assert.equal(Buffer.from(wrapped.subarray(1, 17)).toString('hex'), away?.id)
  assert.notDeepEqual(wrapped, ok(await hsm.rewrapMaterial(proof, here, region(AWAY))))
})

test('material opens in no other Region than the one it was wrapped for, and for no other key', async () => {
  await using started = await startHsm()
  const { hsm } = started
  const here = await newKey<Both>(hsm)
  await newKey(hsm, binding({}, undefined, 'ap-south-1'))
  const wrapped = ok(await hsm.rewrapMaterial(proof, here, region(AWAY)))
  const strangers = [
    keyIn('us-east-1', here, wrapped),
    keyIn('ap-south-1', here, wrapped),
    keyIn(AWAY, here, here.material.wrapped),
    keyIn(AWAY, here, wrapped, { keyId: ok(parseKeyId(OTHER_KEY_ID)) }),
    keyIn(AWAY, here, wrapped, { account: ok(parseAccountId('444455556666')) }),
    keyIn(AWAY, here, wrapped, { origin: 'EXTERNAL' }),
  ]
  for (const key of strangers) {
    assert.equal(refusal(await hsm.encrypt(key, Buffer.from('x'), context())), 'KMSInternalException')
    assert.equal(refusal(await hsm.rewrapMaterial(proof, key, region(AWAY))), 'KMSInternalException')
  }
})

test('material that was changed is not rewrapped, nor for what is no Region', async () => {
  await using started = await startHsm()
  const { hsm } = started
  const here = await newKey(hsm)
  const { wrapped } = here.material
  for (const at of [0, 1, 20, 40, wrapped.length - 1]) {
    const damaged = keyIn('us-east-1', here, parseFlipped(wrapped, at))
    assert.equal(refusal(await hsm.rewrapMaterial(proof, damaged, region(AWAY))), 'KMSInternalException', String(at))
  }
  assert.equal(refusal(await hsm.rewrapMaterial(proof, here, parseNoRegion('NOWHERE'))), 'KMSInternalException')
})
