import assert from 'node:assert/strict'
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto'
import { after, test } from 'node:test'
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  SignCommand,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms'
import { openImporter, type WrappingName, wrapFor } from '../../support/import.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const { kms, external, describe, parameters, send, bring } = openImporter(trent)
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const DAY_MS = 86_400_000
const DIRECT = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const
const UNDER_AES = ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'] as const
const PKCS8 = { format: 'der', type: 'pkcs8' } as const

test('a key for imported material waits for it, and says nothing of material', async () => {
  const { KeyId } = await external()
  const shown = await describe(KeyId)
  assert.deepEqual([shown.Origin, shown.KeyState, shown.Enabled], ['EXTERNAL', 'PendingImport', false])
  assert.deepEqual(shown.EncryptionAlgorithms, ['SYMMETRIC_DEFAULT'])
  for (const absent of ['CurrentKeyMaterialId', 'ExpirationModel', 'ValidTo']) assert.ok(!(absent in shown), absent)
})

for (const WrappingKeySpec of ['RSA_2048', 'RSA_3072', 'RSA_4096'] as const)
  test(`a wrapping key of ${WrappingKeySpec} is one, valid for 24 hours, and new each time`, async () => {
    const { KeyId } = await external()
    const made = await parameters(KeyId, { WrappingKeySpec })
    const key = createPublicKey({ key: Buffer.from(made.PublicKey), format: 'der', type: 'spki' })
    assert.equal(key.asymmetricKeyDetails?.modulusLength, Number(WrappingKeySpec.slice(4)))
    const late = made.ParametersValidTo.getTime() - Date.now() - DAY_MS
    assert.ok(late > -60_000 && late < 60_000)
    if (WrappingKeySpec === 'RSA_4096') return
    const other = await parameters(KeyId, { WrappingKeySpec })
    assert.notDeepEqual(other.PublicKey, made.PublicKey)
    assert.notDeepEqual(other.ImportToken, made.ImportToken)
  })

for (const WrappingAlgorithm of DIRECT)
  for (const WrappingKeySpec of ['RSA_2048', 'RSA_3072'] as const)
    test(`32 bytes come with ${WrappingAlgorithm} and ${WrappingKeySpec}, and encrypt`, async () => {
      const { KeyId, Arn } = await external()
      const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm, WrappingKeySpec })
      const answer = await send(KeyId, ImportToken, wrapFor(PublicKey, WrappingAlgorithm, randomBytes(32)))
      assert.equal(answer.KeyId, Arn)
      const { KeyState, Enabled, ExpirationModel, ValidTo, CurrentKeyMaterialId } = await describe(KeyId)
      assert.deepEqual([KeyState, Enabled, ValidTo], ['Enabled', true, undefined])
      assert.deepEqual([ExpirationModel, CurrentKeyMaterialId], ['KEY_MATERIAL_DOES_NOT_EXPIRE', answer.KeyMaterialId])
      const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('text') }))
      const opened = await kms.send(new DecryptCommand({ CiphertextBlob }))
      assert.equal(Buffer.from(opened.Plaintext ?? []).toString(), 'text')
      assert.equal(opened.KeyMaterialId, answer.KeyMaterialId)
    })

test('two keys with the same material have other ids of it, and do not read each other', async () => {
  const material = randomBytes(32)
  const [one, other] = [await external(), await external()]
  const first = await bring(one.KeyId, material)
  const second = await bring(other.KeyId, material)
  assert.notEqual(first.KeyMaterialId, second.KeyMaterialId)
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: one.KeyId, Plaintext: Buffer.from('text') }))
  const call = kms.send(new DecryptCommand({ CiphertextBlob, KeyId: other.KeyId }))
  await assert.rejects(call, { name: 'IncorrectKeyException' })
})

for (const [bits, lengths] of [
  [224, [28, 29, 128]],
  [256, [32, 128]],
  [384, [48, 128]],
  [512, [64, 128]],
] as const)
  for (const length of lengths)
    for (const name of length === 128 ? DIRECT : DIRECT.slice(1))
      test(`an HMAC_${bits} key of ${length} bytes comes with ${name}, and makes the same MACs as its owner`, async () => {
        const { KeyId } = await external({ KeySpec: `HMAC_${bits}`, KeyUsage: 'GENERATE_VERIFY_MAC' })
        const material = randomBytes(length)
        await bring(KeyId, material, {}, name)
        const Message = Buffer.from('message')
        const input = { KeyId, Message, MacAlgorithm: `HMAC_SHA_${bits}` } as const
        const { Mac } = await kms.send(new GenerateMacCommand(input))
        assert.deepEqual(Buffer.from(Mac ?? []), createHmac(`sha${bits}`, material).update(Message).digest())
        const shown = await describe(KeyId)
        assert.equal(shown.ExpirationModel, 'KEY_MATERIAL_DOES_NOT_EXPIRE')
        assert.ok(!('CurrentKeyMaterialId' in shown))
      })

const CURVES = [
  ['ECC_NIST_P256', 'prime256v1', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'secp384r1', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'secp521r1', 'ECDSA_SHA_512'],
  ['ECC_SECG_P256K1', 'secp256k1', 'ECDSA_SHA_256'],
] as const

async function signsAs(KeyId: string, SigningAlgorithm: SigningAlgorithmSpec, der: Buffer, hash: string | null) {
  const own = createPublicKey(createPrivateKey({ key: der, ...PKCS8 }))
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }))
  assert.deepEqual(Buffer.from(PublicKey ?? []), own.export({ format: 'der', type: 'spki' }))
  const Message = Buffer.from('message')
  const { Signature } = await kms.send(new SignCommand({ KeyId, SigningAlgorithm, Message }))
  assert.ok(verify(hash, Message, own, Signature ?? Buffer.alloc(0)))
}

for (const [KeySpec, namedCurve, algorithm] of CURVES)
  for (const name of [...DIRECT, ...UNDER_AES]) {
    // The shortest modulus cannot take the longest private key by itself.
    const isLong = KeySpec === 'ECC_NIST_P521' && !name.startsWith('RSA_AES')
    test(`a private key of ${KeySpec} comes with ${name}, and signs as its owner`, async () => {
      const { KeyId } = await external({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
      const material = generateKeyPairSync('ec', { namedCurve }).privateKey.export(PKCS8)
      const wanted = { WrappingAlgorithm: name, WrappingKeySpec: isLong ? 'RSA_3072' : 'RSA_2048' } as const
      const { ImportToken, PublicKey } = await parameters(KeyId, wanted)
      await send(KeyId, ImportToken, wrapFor(PublicKey, name, material))
      await signsAs(KeyId, algorithm, material, `sha${algorithm.slice(-3)}`)
    })
  }

test('a private key of Ed25519 signs as its owner', async () => {
  const { KeyId } = await external({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' })
  const material = generateKeyPairSync('ed25519').privateKey.export(PKCS8)
  await bring(KeyId, material)
  await signsAs(KeyId, 'ED25519_SHA_512', material, null)
})

test('an imported private key agrees on the same secret as its owner', async () => {
  const { KeyId } = await external({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT' })
  const own = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  const peer = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
  await bring(KeyId, own.privateKey.export(PKCS8))
  const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' })
  const answer = await kms.send(new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }))
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey: peer.publicKey })
  assert.deepEqual([Buffer.from(answer.SharedSecret ?? []), answer.KeyOrigin], [secret, 'EXTERNAL'])
})

const RSA_CASES: ReadonlyArray<readonly [number, WrappingName]> = [
  [2048, 'RSA_AES_KEY_WRAP_SHA_1'],
  [2048, 'RSA_AES_KEY_WRAP_SHA_256'],
  [3072, 'RSA_AES_KEY_WRAP_SHA_256'],
  [4096, 'RSA_AES_KEY_WRAP_SHA_256'],
]
for (const [bits, name] of RSA_CASES)
  test(`a private key of RSA_${bits} comes with ${name}, and signs or decrypts as its owner`, async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
    const material = privateKey.export(PKCS8)
    const KeySpec = `RSA_${bits}` as 'RSA_2048'
    const signer = await external({ KeySpec, KeyUsage: 'SIGN_VERIFY' })
    await bring(signer.KeyId, material, {}, name)
    await signsAs(signer.KeyId, 'RSASSA_PKCS1_V1_5_SHA_256', material, 'sha256')
    const opener = await external({ KeySpec, KeyUsage: 'ENCRYPT_DECRYPT' })
    await bring(opener.KeyId, material, {}, name)
    const CiphertextBlob = publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, Buffer.from('text'))
    const input = { KeyId: opener.KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const
    const { Plaintext } = await kms.send(new DecryptCommand(input))
    assert.equal(Buffer.from(Plaintext ?? []).toString(), 'text')
  })

test('parameters of one key serve several imports, the older pair as well as the newer', async () => {
  const { KeyId } = await external()
  const material = randomBytes(32)
  const [older, newer] = [await parameters(KeyId), await parameters(KeyId)]
  const ids = []
  for (const { ImportToken, PublicKey } of [newer, older, older])
    ids.push((await send(KeyId, ImportToken, wrapFor(PublicKey, 'RSAES_OAEP_SHA_256', material))).KeyMaterialId)
  assert.equal(new Set(ids).size, 1)
})
