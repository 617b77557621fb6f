import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { createEphemeralRootKey, openKeyProcess } from '../../src/hsm/client.ts'
import type { WrappedDomainKey } from '../../src/request/ports.ts'
import { binding, context, domainKeyStore, newKey, ok, parseProof, refusal, region, startHsm } from './usable-key.ts'

const proof = parseProof('kms:CreateKey')

test('each Region gets a domain key of its own, kept once', async () => {
  await using started = await startHsm()
  const { hsm, store } = started
  const regions = ['us-east-1', 'us-east-1', 'eu-west-1', 'us-east-1', 'eu-west-1']
  for (const made of await Promise.all(regions.map((name) => newKey(hsm, binding({}, undefined, name)))))
    assert.ok(made)
  await hsm.createSecret('AKIAIOSFODNN7EXAMPLE')
  assert.deepEqual(store.kept.map((key) => key.region).sort(), ['aws-global', 'eu-west-1', 'us-east-1'])
})

test('nothing is wrapped under a domain key that is not durable yet', async () => {
  using rootKey = ok(createEphemeralRootKey())
  const steps: string[] = []
  let durable = () => {}
  const save = (_: WrappedDomainKey) =>
    new Promise<void>((resolve) => {
      durable = () => {
        steps.push('durable')
        resolve()
      }
    })
  await using hsm = ok(await openKeyProcess({ rootKey, domainKeys: { load: async () => [], save } }))
  const made = hsm.createMaterial(proof, binding()).then((answer) => steps.push(isError(answer) ? 'refused' : 'made'))
  // Another Region's is under way as well, which shows that the process has had time to answer.
  await hsm.generateRandom(parseProof('kms:GenerateRandom'), 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(steps, [])
  durable()
  await made
  assert.deepEqual(steps, ['durable', 'made'])
})

test('a domain key that cannot be kept is not used, and the next call tries again', async () => {
  using rootKey = ok(createEphemeralRootKey())
  const store = domainKeyStore()
  let failures = 1
  const save = async (key: WrappedDomainKey) => {
    if (failures-- > 0) throw new Error('the disk is full')
    await store.save(key)
  }
  await using hsm = ok(await openKeyProcess({ rootKey, domainKeys: { load: store.load, save } }))
  assert.equal(refusal(await hsm.createMaterial(proof, binding())), 'KMSInternalException')
  assert.equal(store.kept.length, 0)
  assert.ok(!isError(await hsm.createMaterial(proof, binding())))
  assert.equal(store.kept.length, 1)
})

test('a key process with the same root key and store opens everything again', async () => {
  using rootKey = ok(createEphemeralRootKey())
  const store = domainKeyStore()
  const open = async () => ok(await openKeyProcess({ rootKey, domainKeys: store }))
  const first = await open()
  const key = await newKey<'kms:Encrypt' & 'kms:Decrypt'>(first)
  const { ciphertext } = ok(await first.encrypt(key, Buffer.from('kept'), context()))
  await first[Symbol.asyncDispose]()
  await using second = await open()
  assert.equal(Buffer.from(ok(await second.decrypt(key, ciphertext, context()))).toString(), 'kept')
  await newKey(second)
  assert.equal(store.kept.length, 1)
})

test('another root key does not open the store, and says so', async () => {
  await using started = await startHsm()
  await newKey(started.hsm)
  using rootKey = ok(createEphemeralRootKey())
  const opened = await openKeyProcess({ rootKey, domainKeys: started.store })
  assert.equal(refusal(opened), 'KMSInternalException: the root key does not open this store')
})

const forgeries: readonly (readonly [string, (key: WrappedDomainKey, other: WrappedDomainKey) => WrappedDomainKey])[] =
  [
    ['another Region', (key) => ({ ...key, region: region('eu-west-1') })],
    ['another id', (key) => ({ ...key, id: 'f'.repeat(32) })],
    ['another time', (key) => ({ ...key, createdAt: key.createdAt + 1 })],
    ['the bytes of another domain key', (key, other) => ({ ...key, wrapped: other.wrapped })],
    ['another version', (key) => ({ ...key, wrapped: Uint8Array.of(2, ...key.wrapped.slice(1)) })],
    ['a bit flipped', (key) => ({ ...key, wrapped: key.wrapped.with(20, (key.wrapped[20] ?? 0) ^ 1) })],
    ['a byte missing', (key) => ({ ...key, wrapped: key.wrapped.slice(0, -1) })],
    ['no bytes', (key) => ({ ...key, wrapped: new Uint8Array() })],
  ]
test('a domain key that was changed in the store is refused', async () => {
  await using started = await startHsm()
  await newKey(started.hsm)
  await newKey(started.hsm, binding({}, undefined, 'ap-south-1'))
  const [key, other] = started.store.kept
  assert.ok(key && other)
  for (const [name, forge] of forgeries) {
    const domainKeys = domainKeyStore([forge(key, other)])
    const opened = await openKeyProcess({ rootKey: started.rootKey, domainKeys })
    assert.equal(refusal(opened), 'KMSInternalException: the root key does not open this store', name)
  }
})

test('a domain key that another node made is found when it is needed', async () => {
  await using started = await startHsm()
  const options = { rootKey: started.rootKey, domainKeys: started.store }
  await using other = ok(await openKeyProcess(options))
  const key = await newKey<'kms:Encrypt' & 'kms:Decrypt'>(started.hsm)
  const { ciphertext } = ok(await started.hsm.encrypt(key, Buffer.from('shared'), context()))
  assert.equal(Buffer.from(ok(await other.decrypt(key, ciphertext, context()))).toString(), 'shared')
})

test('material under a domain key that is nowhere is refused', async () => {
  await using started = await startHsm()
  const key = await newKey<'kms:Encrypt'>(started.hsm)
  started.store.kept.length = 0
  await using other = ok(await openKeyProcess({ rootKey: started.rootKey, domainKeys: started.store }))
  assert.equal(refusal(await other.encrypt(key, Buffer.from('x'), context())), 'KMSInternalException')
})
