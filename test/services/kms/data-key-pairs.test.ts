import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const { KeyId, Arn, CurrentKeyMaterialId } = await createKey(trent, caller)
const generate = (input: object, operation = 'GenerateDataKeyPair') => trent.kms(operation, { KeyId, ...input }, caller)

/** Bytes of the private key (RSA's vary by a few) and of the public key, and what both are. */
const SPECS = [
  ['RSA_2048', 1218, 294, 'rsa', 2048],
  ['RSA_3072', 1792, 422, 'rsa', 3072],
  ['RSA_4096', 2375, 550, 'rsa', 4096],
  ['ECC_NIST_P256', 138, 91, 'ec', 'prime256v1'],
  ['ECC_NIST_P384', 185, 120, 'ec', 'secp384r1'],
  ['ECC_NIST_P521', 241, 158, 'ec', 'secp521r1'],
  ['ECC_SECG_P256K1', 135, 88, 'ec', 'secp256k1'],
  ['ECC_NIST_EDWARDS25519', 48, 44, 'ed25519', undefined],
] as const

for (const [KeyPairSpec, privateBytes, publicBytes, type, detail] of SPECS) {
  const EncryptionContext = { pair: KeyPairSpec }

  test(`${KeyPairSpec}: public and private key belong together, and the private key is what its ciphertext holds`, async () => {
    const { output } = await generate({ KeyPairSpec, EncryptionContext })
    const { PrivateKeyCiphertextBlob, PrivateKeyPlaintext, PublicKey, ...told } = output
    assert.deepEqual(told, { KeyId: Arn, KeyPairSpec, KeyMaterialId: CurrentKeyMaterialId })
    const pkcs8 = Buffer.from(PrivateKeyPlaintext, 'base64')
    const spki = Buffer.from(PublicKey, 'base64')
    assert.ok(Math.abs(pkcs8.length - privateBytes) <= (type === 'rsa' ? 6 : 0), `${pkcs8.length}`)
    assert.equal(spki.length, publicBytes)
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    const { asymmetricKeyType, asymmetricKeyDetails } = privateKey
    assert.deepEqual(
      [asymmetricKeyType, asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve],
      [type, detail],
    )
    assert.deepEqual(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }), spki)
    const input = { CiphertextBlob: PrivateKeyCiphertextBlob, EncryptionContext }
    assert.equal((await trent.ok('Decrypt', input, caller)).Plaintext, PrivateKeyPlaintext)
    const without = await trent.kms('Decrypt', { CiphertextBlob: PrivateKeyCiphertextBlob }, caller)
    refusedWith(without, 'InvalidCiphertextException', null)
  })

  test(`${KeyPairSpec}: without plaintext the private key is in the ciphertext alone`, async () => {
    const { output } = await generate({ KeyPairSpec }, 'GenerateDataKeyPairWithoutPlaintext')
    assert.deepEqual(Object.keys(output).toSorted(), [
      'KeyId',
      'KeyMaterialId',
      'KeyPairSpec',
      'PrivateKeyCiphertextBlob',
      'PublicKey',
    ])
    const { Plaintext } = await trent.ok('Decrypt', { CiphertextBlob: output.PrivateKeyCiphertextBlob }, caller)
    const key = createPrivateKey({ key: Buffer.from(Plaintext, 'base64'), format: 'der', type: 'pkcs8' })
    assert.equal(createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64'), output.PublicKey)
  })
}

const OPERATIONS = ['GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'] as const
for (const operation of OPERATIONS) {
  test(`${operation} makes another pair each time`, async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, () => generate({ KeyPairSpec: 'ECC_NIST_P256' }, operation)),
    )
    assert.equal(new Set(made.map(({ output }) => output.PublicKey)).size, 5)
  })

  test(`${operation} refuses SM2 as AWS does outside China, and specs that are none of data key pairs`, async () => {
    const sm2 = await generate({ KeyPairSpec: 'SM2' }, operation)
    refusedWith(sm2, 'UnsupportedOperationException', 'KeyPairSpec SM2 is not supported.')
    for (const KeyPairSpec of ['ML_DSA_65', 'SYMMETRIC_DEFAULT', 'AES_256', 'HMAC_256', 'rsa_2048', ''])
      refusedWith(await generate({ KeyPairSpec }, operation), 'ValidationException', /enum value set/)
    refusedWith(await generate({}, operation), 'ValidationException', /'keyPairSpec'.*must not be null/)
  })

  test(`${operation} needs a symmetric encryption key`, async () => {
    const hmac = await createHmacKey(trent, caller)
    const rsa = await createKey(trent, caller, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' })
    const input = { KeyPairSpec: 'ECC_NIST_P256' }
    const ofHmac = await generate({ ...input, KeyId: hmac.KeyId }, operation)
    const usage = `${hmac.Arn} key usage is GENERATE_VERIFY_MAC which is not valid for ${operation}.`
    refusedWith(ofHmac, 'InvalidKeyUsageException', usage)
    const ofRsa = await generate({ ...input, KeyId: rsa.KeyId }, operation)
    const algorithm = 'Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.'
    refusedWith(ofRsa, 'InvalidKeyUsageException', algorithm)
  })
}

test('a recipient of a data key pair without a true document is refused', async () => {
  const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'YQ==' }
  refusedWith(await generate({ KeyPairSpec: 'ECC_NIST_P256', Recipient }), 'ValidationException')
})

test("LocalStack's tag fixes the private key of a new key pair, and refuses what is none of its spec", async () => {
  const { output } = await generate({ KeyPairSpec: 'ECC_NIST_P256' })
  const create = (material: string, KeySpec = 'ECC_NIST_P256') =>
    trent.kms(
      'CreateKey',
      { KeySpec, KeyUsage: 'SIGN_VERIFY', Tags: [{ TagKey: '_custom_key_material_', TagValue: material }] },
      caller,
    )
  const made = await create(output.PrivateKeyPlaintext)
  const found = await trent.ok('GetPublicKey', { KeyId: made.output.KeyMetadata.KeyId }, caller)
  assert.equal(found.PublicKey, output.PublicKey)
  const message = 'The key material is not a private key of its key spec.'
  for (const [material, KeySpec] of [
    [output.PrivateKeyPlaintext, 'ECC_SECG_P256K1'],
    [output.PublicKey, 'ECC_NIST_P256'],
    ['YQ==', 'ECC_NIST_P256'],
  ] as const)
    refusedWith(await create(material, KeySpec), 'ValidationException', message)
})
