import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  constants,
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CreateKeyCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReEncryptCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms'
import { isSigningAlgorithm } from '../../../src/domain/signing-algorithm.ts'
import { isValidOutside, KINDS, offered, submitted } from '../../support/key-pair.ts'
import { REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const kms = new KMSClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
const directory = mkdtempSync(join(tmpdir(), 'trent-openssl-'))
after(async () => {
  kms.destroy()
  await trent.close()
  rmSync(directory, { recursive: true })
})

const bytes = (field: Uint8Array | undefined) => Buffer.from(field ?? assert.fail('no bytes'))

/** Bytes of the public key, and of the longest signature. Source: KMS key spec reference. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  RSA_2048: [294, 256],
  RSA_3072: [422, 384],
  RSA_4096: [550, 512],
  ECC_NIST_P256: [91, 72],
  ECC_NIST_P384: [120, 104],
  ECC_NIST_P521: [158, 139],
  ECC_SECG_P256K1: [88, 72],
  ECC_NIST_EDWARDS25519: [44, 64],
  ML_DSA_44: [1334, 2420],
  ML_DSA_65: [1974, 3309],
  ML_DSA_87: [2614, 4627],
}
const LISTS = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
} as const

/** Whether OpenSSL's own program is there to judge what OpenSSL in Node has signed. */
function openssl(...args: readonly string[]): string | undefined {
  try {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    return `refused: ${thrown}`
  }
}

function opensslVerifies(algorithm: string, publicKey: Buffer, message: Buffer, signature: Buffer): boolean {
  const [key, data, signed] = ['key.der', 'message', 'signature'].map((name) => join(directory, name))
  for (const [path, content] of [
    [key, publicKey],
    [data, message],
    [signed, signature],
  ] as const)
    writeFileSync(path ?? '', content)
  const bits = algorithm.slice(-3)
  const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${Number(bits) / 8}`]
  const how = algorithm.includes('_PSS_') ? pss : []
  const args = ['dgst', `-sha${bits}`, '-verify', key, '-keyform', 'DER', ...how, '-signature', signed, data]
  const said = openssl(...args.map(String))
  return said === undefined || said.includes('Verified OK')
}

/** A key of the kind, with its public key as GetPublicKey answers it. */
async function make([KeySpec, KeyUsage]: (typeof KINDS)[number]) {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }))
  const answer = await kms.send(new GetPublicKeyCommand({ KeyId: KeyMetadata?.KeyId }))
  return { KeySpec, KeyUsage, KeyMetadata, answer }
}

// All before the first test: the service is closed when no test is left, and tests declared later are left out of that.
for (const { KeySpec, KeyUsage, KeyMetadata, answer } of await Promise.all(KINDS.map(make))) {
  const { KeyId, Arn } = KeyMetadata ?? {}
  const algorithms = offered(KeySpec, KeyUsage)
  const publicKey = bytes(answer.PublicKey)

  test(`${KeySpec} for ${KeyUsage}: CreateKey, DescribeKey and GetPublicKey tell the same, and one list of algorithms`, async () => {
    assert.deepEqual((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata, KeyMetadata)
    const { $metadata, PublicKey, ...told } = answer
    assert.deepEqual(told, {
      KeyId: Arn,
      CustomerMasterKeySpec: KeySpec,
      KeySpec,
      KeyUsage,
      [LISTS[KeyUsage]]: algorithms,
    })
    assert.deepEqual([KeyMetadata?.KeySpec, KeyMetadata?.KeyUsage, KeyMetadata?.Origin], [KeySpec, KeyUsage, 'AWS_KMS'])
    assert.deepEqual(KeyMetadata?.[LISTS[KeyUsage]], algorithms)
    assert.equal(KeyMetadata?.CurrentKeyMaterialId, undefined)
    for (const [usage, name] of Object.entries(LISTS))
      if (usage !== KeyUsage) assert.equal(Object.hasOwn(KeyMetadata ?? {}, name), false)
    assert.equal(publicKey.length, SIZES[KeySpec]?.[0])
    assert.deepEqual(createPublicKey({ key: publicKey, format: 'der', type: 'spki' }).type, 'public')
    assert.deepEqual(bytes((await kms.send(new GetPublicKeyCommand({ KeyId }))).PublicKey), publicKey)
  })

  for (const algorithm of KeyUsage === 'SIGN_VERIFY' ? algorithms : []) {
    if (!isSigningAlgorithm(algorithm)) throw new TypeError(algorithm)
    const message = randomBytes(300)
    const sent = (['RAW', 'DIGEST', 'EXTERNAL_MU'] as const).flatMap((MessageType) => {
      const Message = submitted(algorithm, MessageType, message, publicKey)
      return Message ? [{ MessageType, Message }] : []
    })
    for (const form of sent)
      test(`${KeySpec}: a ${form.MessageType} signature with ${algorithm} verifies outside and in every form here`, async () => {
        const input = { KeyId, SigningAlgorithm: algorithm }
        const made = await kms.send(new SignCommand({ ...input, ...form }))
        const Signature = bytes(made.Signature)
        assert.deepEqual([made.KeyId, made.SigningAlgorithm], [Arn, algorithm])
        assert.ok(Signature.length <= (SIZES[KeySpec]?.[1] ?? 0))
        const claim = { keySpec: KeySpec, algorithm, message, publicKey, signature: Signature }
        assert.ok(isValidOutside(claim))
        assert.equal(isValidOutside({ ...claim, message: Buffer.concat([message, Buffer.of(0)]) }), false)
        if (KeySpec.startsWith('RSA_')) assert.ok(opensslVerifies(algorithm, publicKey, message, Signature))
        for (const again of sent) {
          const { $metadata, ...told } = await kms.send(new VerifyCommand({ ...input, ...again, Signature }))
          assert.deepEqual(told, { KeyId: Arn, SignatureValid: true, SigningAlgorithm: algorithm })
          const at = again.MessageType === 'RAW' ? Math.floor(message.length / 2) : 5
          const changed = Buffer.from(again.Message)
          changed[at] = (changed[at] ?? 0) ^ 1
          const forged = new VerifyCommand({ ...input, ...again, Message: changed, Signature })
          await assert.rejects(kms.send(forged), { name: 'KMSInvalidSignatureException' })
        }
      })
  }

  for (const algorithm of KeyUsage === 'ENCRYPT_DECRYPT' ? algorithms : []) {
    const EncryptionAlgorithm = algorithm === 'RSAES_OAEP_SHA_1' ? 'RSAES_OAEP_SHA_1' : 'RSAES_OAEP_SHA_256'
    const most = (SIZES[KeySpec]?.[1] ?? 0) - (EncryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 42 : 66)
    const oaepHash = EncryptionAlgorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256'
    const input = { KeyId, EncryptionAlgorithm } as const

    test(`${KeySpec}: ${algorithm} takes from 1 to ${most} bytes and gives them back, and not one more`, async () => {
      for (const length of [1, most]) {
        const Plaintext = randomBytes(length)
        const { $metadata, CiphertextBlob, ...told } = await kms.send(new EncryptCommand({ ...input, Plaintext }))
        assert.deepEqual(told, { KeyId: Arn, EncryptionAlgorithm })
        assert.equal(CiphertextBlob?.length, SIZES[KeySpec]?.[1])
        const {
          $metadata: _,
          Plaintext: opened,
          ...rest
        } = await kms.send(new DecryptCommand({ ...input, CiphertextBlob }))
        assert.deepEqual(rest, { KeyId: Arn, EncryptionAlgorithm })
        assert.deepEqual(bytes(opened), Plaintext)
      }
      await assert.rejects(kms.send(new EncryptCommand({ ...input, Plaintext: Buffer.alloc(most + 1) })), {
        name: 'ValidationException',
        message: `Algorithm ${algorithm} and key spec ${KeySpec} cannot encrypt data larger than ${most} bytes.`,
      })
    })

    test(`${KeySpec}: what was encrypted outside with ${algorithm} decrypts, and with the other hash does not`, async () => {
      const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
      const seal = (name: string) =>
        publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: name }, Buffer.from('outside'))
      const opened = await kms.send(new DecryptCommand({ ...input, CiphertextBlob: seal(oaepHash) }))
      assert.equal(bytes(opened.Plaintext).toString(), 'outside')
      const wrong = seal(oaepHash === 'sha1' ? 'sha256' : 'sha1')
      for (const CiphertextBlob of [wrong, wrong.subarray(1), Buffer.alloc(wrong.length, 0xff), Buffer.from('a')])
        await assert.rejects(kms.send(new DecryptCommand({ ...input, CiphertextBlob })), {
          name: 'InvalidCiphertextException',
        })
    })
  }

  if (KeyUsage === 'KEY_AGREEMENT')
    test(`${KeySpec}: both sides of ECDH find the same secret`, async () => {
      const { namedCurve = '' } =
        createPublicKey({ key: publicKey, format: 'der', type: 'spki' }).asymmetricKeyDetails ?? {}
      const peer = generateKeyPairSync('ec', { namedCurve })
      const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' })
      const { $metadata, SharedSecret, ...told } = await kms.send(
        new DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
      )
      assert.deepEqual(told, { KeyId: Arn, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' })
      const own = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
      assert.deepEqual(bytes(SharedSecret), diffieHellman({ privateKey: peer.privateKey, publicKey: own }))
      const ecdh = createECDH(namedCurve)
      ecdh.setPrivateKey(Buffer.from(peer.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'))
      const point = publicKey.subarray(publicKey.length - ecdh.getPublicKey().length)
      assert.deepEqual(ecdh.computeSecret(point), bytes(SharedSecret))
    })
}

test('re-encryption goes from and to RSA keys, either way and between them', async () => {
  const rsa = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' } as const
  const made = await Promise.all([rsa, rsa, {}].map((input) => kms.send(new CreateKeyCommand(input))))
  const [one, other, symmetric] = made.map(({ KeyMetadata }) => KeyMetadata?.Arn)
  const Plaintext = Buffer.from('travels')
  const symmetricId = made[2]?.KeyMetadata?.CurrentKeyMaterialId
  const first = await kms.send(new EncryptCommand({ KeyId: symmetric, Plaintext, EncryptionContext: { a: 'b' } }))
  const toRsa = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob: first.CiphertextBlob,
      SourceEncryptionContext: { a: 'b' },
      DestinationKeyId: one,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
    }),
  )
  assert.deepEqual([toRsa.SourceKeyId, toRsa.KeyId], [symmetric, one])
  assert.deepEqual([toRsa.SourceKeyMaterialId, toRsa.DestinationKeyMaterialId], [symmetricId, undefined])
  const between = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob: toRsa.CiphertextBlob,
      SourceKeyId: one,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      DestinationKeyId: other,
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
    }),
  )
  const back = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob: between.CiphertextBlob,
      SourceKeyId: other,
      SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1',
      DestinationKeyId: symmetric,
      DestinationEncryptionContext: { c: 'd' },
    }),
  )
  assert.deepEqual([back.SourceKeyMaterialId, back.DestinationKeyMaterialId], [undefined, symmetricId])
  const opened = await kms.send(
    new DecryptCommand({ CiphertextBlob: back.CiphertextBlob, EncryptionContext: { c: 'd' } }),
  )
  assert.deepEqual(bytes(opened.Plaintext), Plaintext)
})
