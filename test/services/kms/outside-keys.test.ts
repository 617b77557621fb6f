import assert from 'node:assert/strict'
import { constants, privateDecrypt, randomBytes, sign } from 'node:crypto'
import { after, test } from 'node:test'
import { ed25519ctx } from '@noble/curves/ed25519.js'
import { KEY_SPECS, type KeyPairSpec, type KeyUsage } from '../../../src/domain/key-spec.ts'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { openImporter } from '../../support/import.ts'
import { KINDS, offered } from '../../support/key-pair.ts'
import { newOutsideKey, type OutsideKey, signOutside, signRsa, withOtherS } from '../../support/outside-signer.ts'
import { formsOf } from '../../support/spec-matrix.ts'
import { startTrent } from '../../support/trent.ts'

// Keys whose owner has them too: what one side signs or encrypts, the other verifies or decrypts.
const trent = await startTrent('dev')
const importer = openImporter(trent)
after(async () => {
  importer.kms.destroy()
  await trent.close()
})

const SPECS = [...new Set(KINDS.map(([keySpec]) => keySpec))]
const caller = { account: trent.credentials.accessKeyId }
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Key material that AWS lets nobody import comes by the emulator's tag. */
async function bring(KeySpec: KeyPairSpec, KeyUsage: KeyUsage, { pkcs8 }: OutsideKey): Promise<string> {
  if (!KeySpec.startsWith('ML_DSA_')) {
    const { KeyId } = await importer.external({ KeySpec, KeyUsage })
    await importer.bring(KeyId, pkcs8, {}, 'RSA_AES_KEY_WRAP_SHA_256')
    return KeyId
  }
  const Tags = [{ TagKey: '_custom_key_material_', TagValue: base64(pkcs8) }]
  return (await trent.ok('CreateKey', { KeySpec, KeyUsage, Tags }, caller)).KeyMetadata.KeyId
}

async function broughtFor(keyUsage: KeyUsage, keySpec: KeyPairSpec) {
  const key = newOutsideKey(keySpec)
  const KeyId = await bring(keySpec, keyUsage, key)
  const call = (operation: string, input: object) => trent.kms(operation, { KeyId, ...input }, caller)
  return { keySpec, key, call }
}

// All before the first test: the service is closed when no test is left, and tests declared later are left out of that.
const signers = await Promise.all(SPECS.map((keySpec) => broughtFor('SIGN_VERIFY', keySpec)))
const rsaSpecs = SPECS.filter((keySpec) => 'ENCRYPT_DECRYPT' in KEY_SPECS[keySpec])
const ciphers = await Promise.all(rsaSpecs.map((keySpec) => broughtFor('ENCRYPT_DECRYPT', keySpec)))
const REFUSED = 'KMSInvalidSignatureException'

for (const { keySpec, key, call } of signers) {
  for (const algorithm of offered(keySpec, 'SIGN_VERIFY'))
    test(`${keySpec}: what its owner signed with ${algorithm} verifies in every form, and no other message does`, async () => {
      for (let round = 0; round < 4; round += 1) {
        const message = randomBytes(round * 1_000 + 1)
        const Signature = base64(signOutside(keySpec, algorithm, key, message))
        for (const { MessageType, Message, refusal } of formsOf(algorithm, message, key.spki)) {
          if (refusal) continue
          const verify = (bytes: Buffer) =>
            call('Verify', { SigningAlgorithm: algorithm, MessageType, Message: base64(bytes), Signature })
          succeeded(await verify(Message))
          const other = Buffer.from(Message)
          other.writeUInt8(other.readUInt8(0) ^ 0x80, 0)
          refusedWith(await verify(other), REFUSED, null)
        }
      }
    })

  test(`${keySpec}: the public key is that of the private key that was brought`, async () => {
    assert.equal((await call('GetPublicKey', {})).output.PublicKey, base64(key.spki))
  })
}

const message = Buffer.from('attack at dawn')
const verifyWith = (keySpec: KeyPairSpec, SigningAlgorithm: string, signature: Uint8Array) => {
  const { call } = signers.find((signer) => signer.keySpec === keySpec) ?? assert.fail(keySpec)
  return call('Verify', { SigningAlgorithm, Message: base64(message), Signature: base64(signature) })
}

for (const { keySpec, key } of signers.filter(({ keySpec }) => keySpec.startsWith('RSA_')))
  test(`${keySpec}: PSS with a salt of any other length than the hash has is refused`, async () => {
    const hash = 32
    assert.equal(
      (await verifyWith(keySpec, 'RSASSA_PSS_SHA_256', signRsa(key, message, { hash, saltLength: hash }))).status,
      200,
    )
    for (const saltLength of [0, 20, 31, 33, 64]) {
      const signature = signRsa(key, message, { hash, saltLength })
      refusedWith(await verifyWith(keySpec, 'RSASSA_PSS_SHA_256', signature), REFUSED, null)
    }
  })

for (const { keySpec, key } of signers.filter(({ keySpec }) => /_P\d/.test(keySpec)))
  test(`${keySpec}: both values of s verify, and neither in another form than DER`, async () => {
    const [algorithm = ''] = offered(keySpec, 'SIGN_VERIFY')
    const signature = signOutside(keySpec, algorithm, key, message)
    for (const form of [signature, withOtherS(keySpec, signature)])
      assert.equal((await verifyWith(keySpec, algorithm, form)).status, 200)
    const bits = Number(algorithm.slice(-3))
    const fixed = sign(`sha${bits}`, message, { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
    refusedWith(await verifyWith(keySpec, algorithm, fixed), REFUSED, null)
  })

for (const { keySpec, key } of signers.filter(({ keySpec }) => keySpec.startsWith('ML_DSA_')))
  test(`${keySpec}: a signature for a context is none without it`, async () => {
    const sealed = sign(null, message, { key: key.privateKey, context: Buffer.from('context') })
    refusedWith(await verifyWith(keySpec, 'ML_DSA_SHAKE_256', sealed), REFUSED, null)
    const plain = sign(null, message, { key: key.privateKey, context: Buffer.alloc(0) })
    assert.equal((await verifyWith(keySpec, 'ML_DSA_SHAKE_256', plain)).status, 200)
  })

test('Ed25519: a prehashed signature and one for a context are none of the message itself', async () => {
  const { key, keySpec } = signers.find((signer) => signer.keySpec === 'ECC_NIST_EDWARDS25519') ?? assert.fail()
  const secret = key.pkcs8.subarray(-32)
  for (const signature of [
    signOutside(keySpec, 'ED25519_PH_SHA_512', key, message),
    ed25519ctx.sign(message, secret, { context: Buffer.from('context') }),
  ])
    refusedWith(await verifyWith(keySpec, 'ED25519_SHA_512', signature), REFUSED, null)
})

for (const { keySpec, key, call } of ciphers)
  for (const algorithm of offered(keySpec, 'ENCRYPT_DECRYPT'))
    test(`${keySpec}: what is encrypted with ${algorithm} its owner decrypts, with that hash alone`, async () => {
      const plaintext = randomBytes(100)
      const { output } = await call('Encrypt', { EncryptionAlgorithm: algorithm, Plaintext: base64(plaintext) })
      const open = (oaepHash: string) =>
        privateDecrypt(
          { key: key.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
          Buffer.from(output.CiphertextBlob, 'base64'),
        )
      const [right, wrong] = algorithm === 'RSAES_OAEP_SHA_1' ? ['sha1', 'sha256'] : ['sha256', 'sha1']
      assert.deepEqual(open(right ?? ''), plaintext)
      assert.throws(() => open(wrong ?? ''))
    })
