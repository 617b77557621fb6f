import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { isSigningAlgorithm } from '../../../src/domain/signing-algorithm.ts'
import { type Answer, refusedWith, succeeded } from '../../support/answer.ts'
import { base64 } from '../../support/key.ts'
import { isValidOutside, KINDS } from '../../support/key-pair.ts'
import {
  algorithmsIn,
  creationRefusal,
  formsOf,
  type Kind,
  namesOf,
  type Refusal,
  useRefusal,
} from '../../support/spec-matrix.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

// Every key spec of the service model with every usage, and every key that there is with every operation and algorithm.
const trent = await startTrent('dev')
after(() => trent.close())
const caller = { account: newAccount() }

const SPECS = namesOf('KeySpec')
const USAGES = [...namesOf('KeyUsageType'), undefined]
const ENCRYPTIONS = namesOf('EncryptionAlgorithmSpec')
const of = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64')
const decoded = (text: string) => Buffer.from(text, 'base64')

function refusedBy(answer: Answer, [code, message]: Refusal): void {
  refusedWith(answer, code, message)
}

/** A key with all that its tests ask it for; `call` names the key. */
type MadeKey = Kind & {
  readonly KeyId: string
  readonly publicKey: Buffer
  readonly call: (operation: string, input: object) => Promise<Answer>
}

async function create(keySpec: string, keyUsage: string | undefined): Promise<Answer> {
  return trent.kms('CreateKey', { KeySpec: keySpec, ...(keyUsage ? { KeyUsage: keyUsage } : {}) }, caller)
}

async function madeKey(answer: Answer, keySpec: string, keyUsage: string): Promise<MadeKey> {
  const { KeyId, Arn } = answer.output.KeyMetadata
  const call = (operation: string, input: object) => trent.kms(operation, { KeyId, ...input }, caller)
  const { PublicKey = '' } = (await call('GetPublicKey', {})).output
  return { KeyId, Arn, keySpec, keyUsage, publicKey: decoded(PublicKey), call }
}

// All keys before the first test: the service is closed when no test is left, and tests declared later are left out of that.
const pairs = await Promise.all(
  SPECS.flatMap((keySpec) =>
    USAGES.map(async (keyUsage) => ({ keySpec, keyUsage, answer: await create(keySpec, keyUsage) })),
  ),
)
const keys = await Promise.all(
  pairs.flatMap(({ keySpec, keyUsage, answer }) =>
    keyUsage && answer.status === 200 ? [madeKey(answer, keySpec, keyUsage)] : [],
  ),
)
const symmetric = keys.find(({ keySpec }) => keySpec === 'SYMMETRIC_DEFAULT') ?? assert.fail()
const symmetricBlob = succeeded(await symmetric.call('Encrypt', { Plaintext: base64('moves') })).CiphertextBlob

test('the matrix is whole: every kind of key that AWS offers outside China was made', () => {
  assert.deepEqual(
    keys.map(({ keySpec, keyUsage }) => `${keySpec} ${keyUsage}`).toSorted(),
    [
      'SYMMETRIC_DEFAULT ENCRYPT_DECRYPT',
      ...[224, 256, 384, 512].map((bits) => `HMAC_${bits} GENERATE_VERIFY_MAC`),
      ...KINDS.map((kind) => kind.join(' ')),
    ].toSorted(),
  )
})

const CURVES = { ECC_NIST_P256: p256, ECC_NIST_P384: p384, ECC_NIST_P521: p521 } as const
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
/** The other sides of an agreement. */
const PEERS = [
  ['ECC_NIST_P256', curve('prime256v1')],
  ['ECC_NIST_P384', curve('secp384r1')],
  ['ECC_NIST_P521', curve('secp521r1')],
  ['ECC_SECG_P256K1', curve('secp256k1')],
  ['ECC_NIST_EDWARDS25519', generateKeyPairSync('ed25519')],
  ['RSA_2048', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
] as const

const INCORRECT_KEY = [
  'IncorrectKeyException',
  'The key ID in the request does not identify a CMK that can perform this operation.',
] as const

const DATA_KEYS = [
  ['GenerateDataKey', { KeySpec: 'AES_256' }],
  ['GenerateDataKeyWithoutPlaintext', { NumberOfBytes: 64 }],
  ['GenerateDataKeyPair', { KeyPairSpec: 'ECC_NIST_P256' }],
  ['GenerateDataKeyPairWithoutPlaintext', { KeyPairSpec: 'ECC_NIST_EDWARDS25519' }],
] as const

for (const { keySpec, keyUsage, answer } of pairs) {
  const refusal = creationRefusal(keySpec, keyUsage)
  test(`CreateKey ${refusal ? 'refuses' : 'makes'} ${keySpec} for ${keyUsage ?? 'no named usage'}`, async () => {
    if (refusal) return refusedBy(answer, refusal)
    const { KeyMetadata } = succeeded(answer)
    const told = { KeySpec: keySpec, CustomerMasterKeySpec: keySpec, KeyUsage: keyUsage ?? 'ENCRYPT_DECRYPT' }
    assert.deepEqual({ ...KeyMetadata, ...told }, KeyMetadata)
  })
}

const OLD_SPECS = namesOf('CustomerMasterKeySpec')
for (const keySpec of SPECS)
  test(`CustomerMasterKeySpec ${OLD_SPECS.includes(keySpec) ? 'means what KeySpec means for' : 'does not know'} ${keySpec}`, async () => {
    const KeyUsage = keySpec.startsWith('HMAC_') ? 'SIGN_VERIFY' : 'GENERATE_VERIFY_MAC'
    const answer = await trent.kms('CreateKey', { CustomerMasterKeySpec: keySpec, KeyUsage }, caller)
    if (OLD_SPECS.includes(keySpec)) refusedBy(answer, creationRefusal(keySpec, KeyUsage) ?? assert.fail())
    else refusedWith(answer, 'ValidationException', /'customerMasterKeySpec' failed to satisfy constraint/)
  })

for (const key of keys) {
  const { keySpec, keyUsage, publicKey, call } = key
  const name = `${keySpec} for ${keyUsage}`

  for (const algorithm of namesOf('SigningAlgorithmSpec'))
    test(`${name}: Sign and Verify with ${algorithm}, in every form of a message`, async () => {
      const message = randomBytes(4_096)
      for (const { Message, MessageType, refusal } of formsOf(algorithm, message, publicKey)) {
        const form = { SigningAlgorithm: algorithm, MessageType }
        const input = { ...form, Message: Message.toString('base64') }
        const refused = (operation: string) => useRefusal(key, operation, 'SIGN_VERIFY', algorithm) ?? refusal
        const made = await call('Sign', input)
        const Signature = made.output.Signature ?? 'YQ=='
        const [ofSign, ofVerify] = [refused('Sign'), refused('Verify')]
        if (ofSign && ofVerify) {
          refusedBy(made, ofSign)
          refusedBy(await call('Verify', { ...input, Signature }), ofVerify)
          continue
        }
        assert.ok(isValid(key, algorithm, message, decoded(succeeded(made).Signature)))
        assert.equal(isValid(key, algorithm, message.subarray(1), decoded(Signature)), false)
        succeeded(await call('Verify', { ...input, Signature }))
        const other = Buffer.concat([Message.subarray(0, -1), Buffer.of((Message.at(-1) ?? 0) ^ 1)])
        const forged = await call('Verify', { ...input, Message: other.toString('base64'), Signature })
        refusedWith(forged, 'KMSInvalidSignatureException', null)
        for (const wrong of MessageType === 'RAW' ? [0, 4_097] : [Message.length - 1, Message.length + 1])
          refusedWith(await call('Sign', { ...form, Message: of(wrong) }), 'ValidationException')
      }
    })

  for (const algorithm of ENCRYPTIONS)
    test(`${name}: Encrypt, Decrypt and ReEncrypt with ${algorithm}`, async () => {
      const refused = (operation: string) => useRefusal(key, operation, 'ENCRYPT_DECRYPT', algorithm)
      const [ofEncrypt, ofDecrypt, ofReEncrypt] = [refused('Encrypt'), refused('Decrypt'), refused('ReEncrypt')]
      const how = { EncryptionAlgorithm: algorithm }
      const sealed = await call('Encrypt', { ...how, Plaintext: base64('secret') })
      const moved = await trent.kms(
        'ReEncrypt',
        { CiphertextBlob: symmetricBlob, DestinationKeyId: key.Arn, DestinationEncryptionAlgorithm: algorithm },
        caller,
      )
      if (ofEncrypt && ofDecrypt && ofReEncrypt) {
        refusedBy(sealed, ofEncrypt)
        refusedBy(moved, ofReEncrypt)
        // A symmetric ciphertext names its key, so that another one is refused for being another, whatever it is for.
        if (algorithm !== 'SYMMETRIC_DEFAULT')
          refusedBy(await call('Decrypt', { ...how, CiphertextBlob: of(256) }), ofDecrypt)
        else refusedBy(await call('Decrypt', { ...how, CiphertextBlob: symmetricBlob }), INCORRECT_KEY)
        return
      }
      const opened = async (CiphertextBlob: string) =>
        decoded(succeeded(await call('Decrypt', { ...how, CiphertextBlob })).Plaintext).toString()
      assert.equal(await opened(succeeded(sealed).CiphertextBlob), 'secret')
      assert.equal(await opened(succeeded(moved).CiphertextBlob), 'moves')
      if (algorithm !== 'SYMMETRIC_DEFAULT') assert.equal(await opened(sealOutside(key, algorithm)), 'outside')
    })

  for (const algorithm of namesOf('MacAlgorithmSpec'))
    test(`${name}: GenerateMac and VerifyMac with ${algorithm}`, async () => {
      const refused = (operation: string) => useRefusal(key, operation, 'GENERATE_VERIFY_MAC', algorithm)
      const [ofGenerate, ofVerify] = [refused('GenerateMac'), refused('VerifyMac')]
      const input = { MacAlgorithm: algorithm, Message: randomBytes(100).toString('base64') }
      const made = await call('GenerateMac', input)
      const { Mac = 'YQ==' } = made.output
      const verified = await call('VerifyMac', { ...input, Mac })
      if (ofGenerate && ofVerify) {
        refusedBy(made, ofGenerate)
        refusedBy(verified, ofVerify)
        return
      }
      assert.equal(decoded(succeeded(made).Mac).length, Number(algorithm.slice(-3)) / 8)
      succeeded(verified)
      const forged = await call('VerifyMac', { ...input, Message: 'YQ==', Mac })
      refusedWith(forged, 'KMSInvalidMacException', null)
    })

  test(`${name}: DeriveSharedSecret with other keys of every curve`, async () => {
    const refusal = useRefusal(key, 'DeriveSharedSecret', 'KEY_AGREEMENT', 'ECDH')
    for (const [spec, peer] of PEERS) {
      const PublicKey = peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
      const answer = await call('DeriveSharedSecret', { KeyAgreementAlgorithm: 'ECDH', PublicKey })
      if (refusal) refusedBy(answer, refusal)
      else if (spec !== keySpec) refusedWith(answer, 'ValidationException', null)
      else assert.equal(sharedSecretOf(answer), agreedOutside(spec, peer.privateKey.export({ format: 'jwk' }).d, key))
    }
  })

  test(`${name}: data keys are made under symmetric keys alone`, async () => {
    for (const [operation, input] of DATA_KEYS) {
      const refusal = useRefusal(key, operation, 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT')
      const answer = await call(operation, input)
      if (refusal) refusedBy(answer, refusal)
      else succeeded(answer)
    }
  })

  test(`${name}: GetPublicKey tells the public key and its algorithms, or that there is none`, async () => {
    const answer = await call('GetPublicKey', {})
    if (keySpec === 'SYMMETRIC_DEFAULT' || keySpec.startsWith('HMAC_'))
      return refusedWith(answer, 'UnsupportedOperationException', null)
    const { KeyId, PublicKey, KeySpec, CustomerMasterKeySpec, KeyUsage, ...lists } = parsedLists(answer.text)
    assert.deepEqual([KeyId, KeySpec, CustomerMasterKeySpec, KeyUsage], [key.Arn, keySpec, keySpec, keyUsage])
    assert.equal(createPublicKey({ key: decoded(String(PublicKey)), format: 'der', type: 'spki' }).type, 'public')
    const [told, ...more] = Object.values(lists)
    assert.deepEqual(more, [])
    assert.deepEqual([told].flat().toSorted(), algorithmsIn(keySpec, keyUsage).toSorted())
  })
}

function agreedOutside(spec: string, secret: string | undefined, { publicKey }: MadeKey): string {
  const curve = spec === 'ECC_NIST_P256' || spec === 'ECC_NIST_P384' || spec === 'ECC_NIST_P521' ? CURVES[spec] : p256
  const { length } = curve.Point.BASE.toBytes(false)
  const point = curve.getSharedSecret(Buffer.from(secret ?? '', 'base64url'), publicKey.subarray(-length))
  // The coordinate x alone, without the octet that says which y.
  return Buffer.from(point.subarray(1)).toString('base64')
}

function sharedSecretOf(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text)
  return parsedLists(answer.text).SharedSecret
}

function parsedLists(text: string): Record<string, string | readonly string[]> {
  return JSON.parse(text) as Record<string, string | readonly string[]>
}

function isValid({ keySpec, publicKey }: MadeKey, algorithm: string, message: Buffer, signature: Buffer): boolean {
  const [kind] = KINDS.find(([spec]) => spec === keySpec) ?? assert.fail(keySpec)
  assert.ok(isSigningAlgorithm(algorithm))
  return isValidOutside({ keySpec: kind, algorithm, message, publicKey, signature })
}

function sealOutside({ publicKey }: MadeKey, algorithm: string): string {
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  const oaepHash = algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256'
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return publicEncrypt({ key, padding, oaepHash }, Buffer.from('outside')).toString('base64')
}

const ENCRYPTING = keys
  .filter(({ keyUsage }) => keyUsage === 'ENCRYPT_DECRYPT')
  .flatMap((key) => algorithmsIn(key.keySpec, key.keyUsage).map((algorithm) => ({ key, algorithm })))

for (const from of ENCRYPTING)
  test(`what ${from.key.keySpec} encrypted with ${from.algorithm} is re-encrypted under every other key and algorithm`, async () => {
    const input = { EncryptionAlgorithm: from.algorithm, Plaintext: base64('travels') }
    const { CiphertextBlob } = succeeded(await from.key.call('Encrypt', input))
    const source = { CiphertextBlob, SourceKeyId: from.key.Arn, SourceEncryptionAlgorithm: from.algorithm }
    for (const to of ENCRYPTING) {
      const target = { DestinationKeyId: to.key.Arn, DestinationEncryptionAlgorithm: to.algorithm }
      const moved = succeeded(await trent.kms('ReEncrypt', { ...source, ...target }, caller))
      assert.deepEqual([moved.SourceKeyId, moved.KeyId], [from.key.Arn, to.key.Arn])
      const how = { EncryptionAlgorithm: to.algorithm, CiphertextBlob: moved.CiphertextBlob }
      assert.equal(succeeded(await to.key.call('Decrypt', how)).Plaintext, input.Plaintext)
    }
  })
