import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, privateDecrypt, publicEncrypt, verify } from 'node:crypto'
import { after, test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { KEY_PAIRS_WAITING_MAX } from '../../src/domain/limits.ts'
import type { Signable, UsableKey } from '../../src/request/ports.ts'
import { binding, context, newKey, OTHER_KEY_ID, ok, parseProof, parseUsable, refusal, startHsm } from './usable-key.ts'

const started = await startHsm({ adoptsMaterial: true })
const { hsm } = started
after(() => started[Symbol.asyncDispose]())

const INTERNAL = 'KMSInternalException'
const P256 = binding({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' })
const RSA = binding({ keySpec: 'RSA_2048', keyUsage: 'ENCRYPT_DECRYPT' })
const signable = (changes: Partial<Signable> = {}): Signable => ({
  algorithm: 'ECDSA_SHA_256',
  messageType: 'RAW',
  message: Buffer.from('a'),
  ...changes,
})
const p256 = await newKey<'kms:Sign'>(hsm, P256)
const rsa = await newKey<'kms:Encrypt'>(hsm, RSA)
const symmetric = await newKey<'kms:GenerateDataKeyPair'>(hsm)

/** The same key as the operation at hand takes it: the boundary is behind that check. */
function parseAs<Action extends string>(key: UsableKey<string>): UsableKey<Action> {
  return key as UsableKey<Action>
}

test('a new key pair comes with its public key, and random material without', async () => {
  assert.equal(p256.material.publicKey?.length, 91)
  assert.equal(symmetric.material.publicKey, undefined)
  const signature = ok(await hsm.sign(p256, signable()))
  const key = createPublicKey({ key: Buffer.from(p256.material.publicKey ?? []), format: 'der', type: 'spki' })
  assert.ok(verify('sha256', Buffer.from('a'), key, signature))
})

const unsignable: ReadonlyArray<readonly [string, Partial<Signable>]> = [
  ['another algorithm', { algorithm: 'ECDSA_SHA_384' }],
  ['an algorithm of another kind of key', { algorithm: 'RSASSA_PSS_SHA_256' }],
  ['a digest of another length', { messageType: 'DIGEST', message: Buffer.alloc(31) }],
  ['an external mu', { messageType: 'EXTERNAL_MU', message: Buffer.alloc(64) }],
  ['no message', { message: Buffer.alloc(0) }],
  ['a message that is too long', { message: Buffer.alloc(4097) }],
]
for (const [what, changes] of unsignable)
  test(`the key process itself refuses to sign ${what}`, async () => {
    assert.equal(refusal(await hsm.sign(p256, signable(changes))), INTERNAL)
    const claimed = await hsm.verify(parseAs(p256), signable(changes), Buffer.from('a'))
    assert.equal(refusal(claimed), INTERNAL)
  })

test('a key is used for its own usage alone, whatever the API process says', async () => {
  const agreement = await newKey<'kms:DeriveSharedSecret'>(hsm, { ...P256, keyUsage: 'KEY_AGREEMENT' })
  const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ format: 'der', type: 'spki' })
  assert.equal(ok(await hsm.deriveSharedSecret(agreement, peer)).length, 32)
  assert.equal(refusal(await hsm.deriveSharedSecret(parseAs(p256), peer)), INTERNAL)
  assert.equal(refusal(await hsm.sign(parseAs(agreement), signable())), INTERNAL)
  const signing = await newKey<'kms:Encrypt'>(hsm, { ...RSA, keyUsage: 'SIGN_VERIFY' })
  assert.equal(refusal(await hsm.encrypt(signing, Buffer.from('a'), 'RSAES_OAEP_SHA_256')), INTERNAL)
  const message = { algorithm: 'RSASSA_PSS_SHA_256' } as const
  assert.equal(refusal(await hsm.sign(parseAs(rsa), signable(message))), INTERNAL)
  for (const key of [p256, rsa]) {
    assert.equal(refusal(await hsm.generateMac(parseAs(key), 'HMAC_SHA_256', Buffer.from('a'))), INTERNAL)
    const wanted = { bytes: 32, withPlaintext: true }
    assert.equal(refusal(await hsm.generateDataKey(parseAs(key), wanted, context())), INTERNAL)
  }
})

test('an RSA key takes no additional data and a symmetric key no algorithm in its place', async () => {
  assert.equal(refusal(await hsm.encrypt(rsa, Buffer.from('a'), context())), INTERNAL)
  assert.equal(refusal(await hsm.encrypt(rsa, Buffer.from('a'), context({ a: 'b' }))), INTERNAL)
  const { ciphertext } = ok(await hsm.encrypt(parseAs(symmetric), Buffer.from('a'), context()))
  const answer = await hsm.decrypt(parseAs(symmetric), ciphertext, 'RSAES_OAEP_SHA_256')
  assert.equal(refusal(answer), 'InvalidCiphertextException')
})

test('a public key that is not that of the private key is found', async () => {
  const other = await newKey(hsm, P256)
  assert.deepEqual(ok(await hsm.publicKey(parseAs(p256))), p256.material.publicKey)
  const swap = (publicKey?: Uint8Array) =>
    parseUsable<'kms:GetPublicKey'>(P256, { ...p256.material, ...(publicKey ? { publicKey } : {}) })
  assert.equal(refusal(await hsm.publicKey(swap(other.material.publicKey))), INTERNAL)
  assert.equal(refusal(await hsm.publicKey(swap(Buffer.from('a')))), INTERNAL)
  const { publicKey, ...without } = p256.material
  assert.ok(publicKey)
  assert.equal(refusal(await hsm.publicKey(parseUsable(P256, without))), INTERNAL)
})

const bindings = [
  ['key id', binding({ keySpec: 'ECC_NIST_P256', keyUsage: 'SIGN_VERIFY' }, OTHER_KEY_ID)],
  ['spec', { ...P256, keySpec: 'ECC_SECG_P256K1' }],
  ['usage', { ...P256, keyUsage: 'KEY_AGREEMENT' }],
  ['origin', { ...P256, origin: 'EXTERNAL' }],
] as const
for (const [what, wrong] of bindings)
  test(`a wrapped private key does not open with another ${what}`, async () => {
    const swapped = parseUsable<'kms:Sign'>(wrong, p256.material)
    assert.equal(refusal(await hsm.sign(swapped, signable())), INTERNAL)
    assert.equal(refusal(await hsm.publicKey(parseAs(swapped))), INTERNAL)
  })

test('an adopted private key has the same id each time for its key, and its own public key', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  const from = { ...RSA, origin: 'EXTERNAL' } as const
  const adopt = async () => ok(await hsm.adoptMaterial(parseProof('kms:CreateKey'), from, pkcs8))
  const [one, other] = [await adopt(), await adopt()]
  assert.equal(one.materialId, other.materialId)
  assert.deepEqual(Buffer.from(one.publicKey ?? []), pair.publicKey.export({ format: 'der', type: 'spki' }))
  const key = parseUsable<'kms:Decrypt'>(from, one)
  const oaep = { padding: 4, oaepHash: 'sha256' } as const
  const ciphertext = publicEncrypt({ key: pair.publicKey, ...oaep }, Buffer.from('a'))
  assert.deepEqual(ok(await hsm.decrypt(key, ciphertext, 'RSAES_OAEP_SHA_256')), Buffer.from('a'))
  const back = ok(await hsm.encrypt(parseAs(key), Buffer.from('b'), 'RSAES_OAEP_SHA_256')).ciphertext
  assert.deepEqual(privateDecrypt({ key: pair.privateKey, ...oaep }, back), Buffer.from('b'))
})

test('no more RSA key pairs wait than the limit allows, and AES does not wait for them', async () => {
  const make = () => hsm.createMaterial(parseProof('kms:CreateKey'), RSA)
  const asked = Array.from({ length: KEY_PAIRS_WAITING_MAX + 3 }, make)
  const encrypted = hsm.encrypt(parseAs(symmetric), Buffer.from('a'), context()).then(() => 'AES')
  assert.equal(await Promise.race([encrypted, ...asked.slice(1, 5).map((made) => made.then(() => 'RSA'))]), 'AES')
  const answers = await Promise.all(asked)
  const refused = answers.filter(isError)
  assert.ok(refused.length >= 2 && refused.length <= 3, `${refused.length}`)
  assert.deepEqual([...new Set(refused.map(({ code }) => code))], ['ThrottlingException'])
})
