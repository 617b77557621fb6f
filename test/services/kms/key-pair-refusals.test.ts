import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt } from '../../support/key.ts'
import { eventsOf } from '../../support/trail.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
after(() => trent[Symbol.asyncDispose]())

const caller = { account: newAccount() }
const make = (KeySpec: string, KeyUsage: string) => createKey(trent, caller, { KeySpec, KeyUsage })
const keys = {
  symmetric: await createKey(trent, caller),
  hmac: await createHmacKey(trent, caller),
  rsa: await make('RSA_2048', 'SIGN_VERIFY'),
  cipher: await make('RSA_2048', 'ENCRYPT_DECRYPT'),
  p256: await make('ECC_NIST_P256', 'SIGN_VERIFY'),
  ed25519: await make('ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'),
  mlDsa: await make('ML_DSA_44', 'SIGN_VERIFY'),
  agreement: await make('ECC_NIST_P256', 'KEY_AGREEMENT'),
} as const
type Name = keyof typeof keys

const of = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64')
const spki = (publicKey: KeyObject) => publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const onCurve = (namedCurve: string) => spki(generateKeyPairSync('ec', { namedCurve }).publicKey)
const call = (operation: string, name: Name, input: object) =>
  trent.kms(operation, { KeyId: keys[name].KeyId, ...input }, caller)

/** Usage first, then algorithm: a request that is wrong in both is told the usage. */
const USAGES: ReadonlyArray<readonly [operation: string, name: Name, usage: string, input: object]> = [
  ['Sign', 'symmetric', 'ENCRYPT_DECRYPT', { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Sign', 'cipher', 'ENCRYPT_DECRYPT', { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Sign', 'agreement', 'KEY_AGREEMENT', { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Sign', 'hmac', 'GENERATE_VERIFY_MAC', { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Verify', 'cipher', 'ENCRYPT_DECRYPT', { Message: 'YQ==', Signature: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Encrypt', 'rsa', 'SIGN_VERIFY', { Plaintext: 'YQ==', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }],
  ['Decrypt', 'rsa', 'SIGN_VERIFY', { CiphertextBlob: of(256), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }],
  ['DeriveSharedSecret', 'p256', 'SIGN_VERIFY', { KeyAgreementAlgorithm: 'ECDH', PublicKey: 'YQ==' }],
  ['DeriveSharedSecret', 'symmetric', 'ENCRYPT_DECRYPT', { KeyAgreementAlgorithm: 'ECDH', PublicKey: 'YQ==' }],
  ['GenerateMac', 'p256', 'SIGN_VERIFY', { Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }],
  ['GenerateDataKeyPair', 'rsa', 'SIGN_VERIFY', { KeyPairSpec: 'ECC_NIST_P256' }],
  ['GenerateDataKey', 'agreement', 'KEY_AGREEMENT', { KeySpec: 'AES_256' }],
]
for (const [operation, name, usage, input] of USAGES)
  test(`${operation} refuses a key for ${usage} by its usage (${name})`, async () => {
    const message = `${keys[name].Arn} key usage is ${usage} which is not valid for ${operation}.`
    refusedWith(await call(operation, name, input), 'InvalidKeyUsageException', message)
  })

const ALGORITHMS: ReadonlyArray<
  readonly [operation: string, name: Name, spec: string, algorithm: string, input: object]
> = [
  ['Sign', 'p256', 'ECC_NIST_P256', 'ECDSA_SHA_384', { MessageType: 'DIGEST', Message: of(1) }],
  ['Sign', 'p256', 'ECC_NIST_P256', 'RSASSA_PSS_SHA_256', { Message: 'YQ==' }],
  ['Sign', 'rsa', 'RSA_2048', 'ECDSA_SHA_256', { Message: 'YQ==' }],
  ['Sign', 'ed25519', 'ECC_NIST_EDWARDS25519', 'ML_DSA_SHAKE_256', { Message: 'YQ==' }],
  ['Verify', 'mlDsa', 'ML_DSA_44', 'ED25519_SHA_512', { Message: 'YQ==', Signature: 'YQ==' }],
  ['Verify', 'p256', 'ECC_NIST_P256', 'SM2DSA', { Message: 'YQ==', Signature: 'YQ==' }],
  ['Encrypt', 'cipher', 'RSA_2048', 'SYMMETRIC_DEFAULT', { Plaintext: 'YQ==' }],
  ['Encrypt', 'cipher', 'RSA_2048', 'SM2PKE', { Plaintext: 'YQ==' }],
  ['Decrypt', 'cipher', 'RSA_2048', 'SYMMETRIC_DEFAULT', { CiphertextBlob: of(256) }],
  ['Decrypt', 'symmetric', 'SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', { CiphertextBlob: of(256) }],
  ['GenerateDataKeyPair', 'cipher', 'RSA_2048', 'SYMMETRIC_DEFAULT', { KeyPairSpec: 'RSA_2048' }],
]
for (const [operation, name, spec, algorithm, input] of ALGORITHMS)
  test(`${operation} refuses ${algorithm} with a key of ${spec}, before it looks at the data`, async () => {
    const member = operation.endsWith('crypt') ? 'EncryptionAlgorithm' : 'SigningAlgorithm'
    const named = operation.startsWith('Generate') ? {} : { [member]: algorithm }
    const message = `Algorithm ${algorithm} is incompatible with key spec ${spec}.`
    refusedWith(await call(operation, name, { ...named, ...input }), 'InvalidKeyUsageException', message)
  })

const LENGTHS = [
  ['rsa', 'RSASSA_PSS_SHA_256', 'DIGEST', [1, 20, 31, 33, 64]],
  ['rsa', 'RSASSA_PKCS1_V1_5_SHA_384', 'DIGEST', [32, 47, 49]],
  ['rsa', 'RSASSA_PSS_SHA_512', 'DIGEST', [32, 63, 65, 4096]],
  ['p256', 'ECDSA_SHA_256', 'DIGEST', [31, 33, 48]],
  ['ed25519', 'ED25519_PH_SHA_512', 'DIGEST', [32, 63, 65]],
  ['mlDsa', 'ML_DSA_SHAKE_256', 'EXTERNAL_MU', [32, 63, 65]],
] as const
for (const [name, SigningAlgorithm, MessageType, lengths] of LENGTHS)
  test(`a ${MessageType} of another length than ${SigningAlgorithm} has is refused by Sign and Verify`, async () => {
    const what = MessageType === 'DIGEST' ? 'Digest' : 'External mu'
    const message = `${what} is invalid length for algorithm ${SigningAlgorithm}.`
    for (const length of lengths) {
      const input = { SigningAlgorithm, MessageType, Message: of(length) }
      refusedWith(await call('Sign', name, input), 'ValidationException', message)
      refusedWith(await call('Verify', name, { ...input, Signature: 'YQ==' }), 'ValidationException', message)
    }
  })

const TYPES = [
  ['ed25519', 'ED25519_SHA_512', 'DIGEST'],
  ['ed25519', 'ED25519_SHA_512', 'EXTERNAL_MU'],
  ['ed25519', 'ED25519_PH_SHA_512', 'RAW'],
  ['mlDsa', 'ML_DSA_SHAKE_256', 'DIGEST'],
  ['rsa', 'RSASSA_PSS_SHA_256', 'EXTERNAL_MU'],
  ['p256', 'ECDSA_SHA_256', 'EXTERNAL_MU'],
] as const
for (const [name, SigningAlgorithm, MessageType] of TYPES)
  test(`${SigningAlgorithm} refuses ${MessageType} messages`, async () => {
    const input = { SigningAlgorithm, MessageType, Message: of(64) }
    const message = `Algorithm ${SigningAlgorithm} does not support message type ${MessageType}.`
    refusedWith(await call('Sign', name, input), 'ValidationException', message)
    refusedWith(await call('Verify', name, { ...input, Signature: 'YQ==' }), 'ValidationException', message)
  })

const SIGNED = [
  ['rsa', 'RSASSA_PSS_SHA_256'],
  ['rsa', 'RSASSA_PKCS1_V1_5_SHA_512'],
  ['p256', 'ECDSA_SHA_256'],
  ['ed25519', 'ED25519_SHA_512'],
  ['mlDsa', 'ML_DSA_SHAKE_256'],
] as const
for (const [name, SigningAlgorithm] of SIGNED)
  test(`a signature of ${SigningAlgorithm} that is changed, cut, longer or of another algorithm is refused without a message`, async () => {
    const input = { SigningAlgorithm, Message: 'YQ==' }
    const signature = Buffer.from((await call('Sign', name, input)).output.Signature, 'base64')
    const flipped = (at: number) =>
      Buffer.concat([signature.subarray(0, at), Buffer.of((signature[at] ?? 0) ^ 1), signature.subarray(at + 1)])
    const wrong = [
      ...[0, 5, Math.floor(signature.length / 2), signature.length - 1].map(flipped),
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.of(0)]),
      Buffer.alloc(signature.length),
      Buffer.alloc(1),
      Buffer.alloc(6144, 0xff),
    ]
    for (const bytes of wrong) {
      const forged = { ...input, Signature: bytes.toString('base64') }
      refusedWith(await call('Verify', name, forged), 'KMSInvalidSignatureException', null)
    }
    const { output } = await call('Verify', name, { ...input, Signature: signature.toString('base64') })
    assert.deepEqual(output, { KeyId: keys[name].Arn, SignatureValid: true, SigningAlgorithm })
  })

test('a signature of one padding is none of the other, and none of another hash', async () => {
  const Signature = (await call('Sign', 'rsa', { SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: 'YQ==' })).output
    .Signature
  for (const SigningAlgorithm of ['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PSS_SHA_384', 'RSASSA_PSS_SHA_512']) {
    const forged = { SigningAlgorithm, Message: 'YQ==', Signature }
    refusedWith(await call('Verify', 'rsa', forged), 'KMSInvalidSignatureException', null)
  }
})

test('a digest that is passed as a message is hashed again', async () => {
  const digest = hash('sha256', 'a', 'base64')
  const input = { SigningAlgorithm: 'ECDSA_SHA_256', Message: digest }
  const { Signature } = (await call('Sign', 'p256', input)).output
  const asDigest = { ...input, MessageType: 'DIGEST', Signature }
  refusedWith(await call('Verify', 'p256', asDigest), 'KMSInvalidSignatureException', null)
})

const PEERS = [
  ['bytes that are no key', 'YQ=='],
  ['another curve', onCurve('secp384r1')],
  ['a curve of the same length', onCurve('secp256k1')],
  ['an Ed25519 key', spki(generateKeyPairSync('ed25519').publicKey)],
  ['an RSA key', spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)],
  [
    'a point off the curve',
    (() => {
      const der = Buffer.from(onCurve('prime256v1'), 'base64')
      der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
      return der.toString('base64')
    })(),
  ],
  [
    'a byte after the key',
    Buffer.concat([Buffer.from(onCurve('prime256v1'), 'base64'), Buffer.of(0)]).toString('base64'),
  ],
  [
    'a private key',
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .privateKey.export({ format: 'der', type: 'pkcs8' })
      .toString('base64'),
  ],
] as const
for (const [what, PublicKey] of PEERS)
  test(`DeriveSharedSecret refuses ${what} as the other side, without a message`, async () => {
    const input = { KeyAgreementAlgorithm: 'ECDH', PublicKey }
    refusedWith(await call('DeriveSharedSecret', 'agreement', input), 'ValidationException', null)
  })

test('GetPublicKey of a key that has none is not supported', async () => {
  for (const name of ['symmetric', 'hmac'] as const)
    refusedWith(await call('GetPublicKey', name, {}), 'UnsupportedOperationException', null)
})

test('asymmetric decryption needs KeyId, and takes no encryption context', async () => {
  const rsa = { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
  const context = { EncryptionContext: { a: 'b' } }
  const NOT_SUPPORTED = 'EncryptionContext is not supported for asymmetric KMS keys.'
  const nameless = await trent.kms('Decrypt', { CiphertextBlob: of(256), ...rsa }, caller)
  refusedWith(nameless, 'ValidationException', 'A key must be specified to decrypt with algorithm RSAES_OAEP_SHA_256.')
  const sealing = await call('Encrypt', 'cipher', { Plaintext: 'YQ==', ...rsa, ...context })
  refusedWith(sealing, 'ValidationException', NOT_SUPPORTED)
  const opening = await call('Decrypt', 'cipher', { CiphertextBlob: of(256), ...rsa, ...context })
  refusedWith(opening, 'ValidationException', NOT_SUPPORTED)
  assert.equal((await call('Encrypt', 'cipher', { Plaintext: 'YQ==', ...rsa, EncryptionContext: {} })).status, 200)
})

test('a symmetric ciphertext given to a key pair is of another key', async () => {
  const blob = await encrypt(trent, keys.symmetric.KeyId, 'a', caller)
  refusedWith(await call('Decrypt', 'cipher', { CiphertextBlob: blob }), 'IncorrectKeyException')
  const asRsa = { CiphertextBlob: blob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
  refusedWith(await call('Decrypt', 'cipher', asRsa), 'InvalidCiphertextException', null)
})

test('re-encryption under an RSA key refuses a plaintext that is too long for it, and shows nothing of it', async () => {
  const blob = await encrypt(trent, keys.symmetric.KeyId, 'a'.repeat(215), caller)
  const input = { CiphertextBlob: blob, DestinationKeyId: keys.cipher.KeyId }
  const to = (DestinationEncryptionAlgorithm: string) =>
    trent.kms('ReEncrypt', { ...input, DestinationEncryptionAlgorithm }, caller)
  const message = 'Algorithm RSAES_OAEP_SHA_1 and key spec RSA_2048 cannot encrypt data larger than 214 bytes.'
  refusedWith(await to('RSAES_OAEP_SHA_1'), 'ValidationException', message)
  refusedWith(await to('SYMMETRIC_DEFAULT'), 'InvalidKeyUsageException')
})

const USES: ReadonlyArray<readonly [operation: string, name: Name, input: object]> = [
  ['GetPublicKey', 'p256', {}],
  ['Sign', 'p256', { Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Verify', 'p256', { Message: 'YQ==', Signature: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Encrypt', 'cipher', { Plaintext: 'YQ==', EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ['Decrypt', 'cipher', { CiphertextBlob: of(256), EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ['DeriveSharedSecret', 'agreement', { KeyAgreementAlgorithm: 'ECDH', PublicKey: onCurve('prime256v1') }],
  ['GenerateDataKeyPair', 'symmetric', { KeyPairSpec: 'ECC_NIST_P256' }],
  ['GenerateDataKeyPairWithoutPlaintext', 'symmetric', { KeyPairSpec: 'ECC_NIST_P256' }],
]

const DRY = 'The request would have succeeded, but the DryRun option is set.'
for (const [operation, name, input] of USES.filter(
  ([, , { ...input }]) => !('CiphertextBlob' in input || 'Signature' in input),
))
  if (operation !== 'GetPublicKey')
    test(`a dry run of ${operation} does nothing and says so, and fails as the call would`, async () => {
      refusedWith(await call(operation, name, { ...input, DryRun: true }), 'DryRunOperationException', DRY)
      refusedWith(await call(operation, 'hmac', { ...input, DryRun: true }), 'InvalidKeyUsageException')
    })

/** Condition keys that a call carries. Source: KMS developer guide, condition keys. */
const CONDITIONS = [
  ['Sign', 'p256', 'kms:SigningAlgorithm', 'ECDSA_SHA_256'],
  ['Sign', 'p256', 'kms:MessageType', 'RAW'],
  ['Verify', 'p256', 'kms:SigningAlgorithm', 'ECDSA_SHA_256'],
  ['Encrypt', 'cipher', 'kms:EncryptionAlgorithm', 'RSAES_OAEP_SHA_1'],
  ['DeriveSharedSecret', 'agreement', 'kms:KeyAgreementAlgorithm', 'ECDH'],
  ['GenerateDataKeyPair', 'symmetric', 'kms:DataKeyPairSpec', 'ECC_NIST_P256'],
  ['GenerateDataKeyPairWithoutPlaintext', 'symmetric', 'kms:DataKeyPairSpec', 'ECC_NIST_P256'],
  ['GetPublicKey', 'p256', 'kms:KeySpec', 'ECC_NIST_P256'],
] as const
for (const [operation, name, condition, value] of CONDITIONS)
  test(`a policy that denies by ${condition} denies ${operation}`, async () => {
    const kind = {
      symmetric: {},
      p256: ['ECC_NIST_P256', 'SIGN_VERIFY'],
      cipher: ['RSA_2048', 'ENCRYPT_DECRYPT'],
      agreement: ['ECC_NIST_P256', 'KEY_AGREEMENT'],
    }[name]
    const [KeySpec, KeyUsage] = Array.isArray(kind) ? kind : []
    const { KeyId } = await createKey(trent, caller, KeySpec ? { KeySpec, KeyUsage } : {})
    const input = USES.find(([candidate]) => candidate === operation)?.[2] ?? {}
    const call = () => trent.kms(operation, { KeyId, ...input }, caller)
    const before = await call()
    assert.notEqual(before.code, 'AccessDeniedException')
    const principal = { AWS: `arn:aws:iam::${caller.account}:root` }
    const allow = { Effect: 'Allow', Principal: principal, Action: 'kms:*', Resource: '*' }
    const deny = {
      ...allow,
      Effect: 'Deny',
      Action: `kms:${operation}`,
      Condition: { StringEquals: { [condition]: value } },
    }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow, deny] })
    await trent.ok('PutKeyPolicy', { KeyId, Policy }, caller)
    refusedWith(await call(), 'AccessDeniedException')
  })

/** Source: CloudTrail records of KMS. Neither messages nor signatures nor keys are shown. */
const EVENTS: ReadonlyArray<readonly [operation: string, name: Name, shown: object]> = [
  ['GetPublicKey', 'p256', {}],
  ['Sign', 'p256', { messageType: 'RAW', signingAlgorithm: 'ECDSA_SHA_256' }],
  ['Verify', 'p256', { messageType: 'RAW', signingAlgorithm: 'ECDSA_SHA_256' }],
  ['Encrypt', 'cipher', { encryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ['DeriveSharedSecret', 'agreement', { keyAgreementAlgorithm: 'ECDH' }],
  ['GenerateDataKeyPair', 'symmetric', { keyPairSpec: 'ECC_NIST_P256' }],
  ['GenerateDataKeyPairWithoutPlaintext', 'symmetric', { keyPairSpec: 'ECC_NIST_P256' }],
]
for (const [operation, name, shown] of EVENTS)
  test(`the event of ${operation} shows its parameters and no bytes`, async () => {
    const input = USES.find(([candidate]) => candidate === operation)?.[2] ?? {}
    const answer = await call(operation, name, input)
    const [event, ...more] = await eventsOf(trent.data ?? '', answer.requestId)
    assert.deepEqual(more, [])
    const { KeyId, Arn, CurrentKeyMaterialId } = keys[name]
    assert.deepEqual(
      [event?.eventName, event?.requestParameters, event?.responseElements, event?.readOnly],
      [operation, { keyId: KeyId, ...shown }, null, true],
    )
    assert.deepEqual(event?.resources, [{ accountId: caller.account, type: 'AWS::KMS::Key', ARN: Arn }])
    const used = name === 'symmetric' ? { keyMaterialId: CurrentKeyMaterialId } : undefined
    assert.deepEqual(event?.additionalEventData, used)
    assert.doesNotMatch(JSON.stringify(event), /YQ==|MFkw/)
  })

const STATES = [
  ['Disabled', 'DisableKey', 'DisabledException', 'is disabled.'],
  ['PendingDeletion', 'ScheduleKeyDeletion', 'KMSInvalidStateException', 'is pending deletion.'],
] as const
for (const [state, change, code, words] of STATES)
  test(`a key that is ${state} refuses every use of it, GetPublicKey too`, async () => {
    const names = ['p256', 'cipher', 'agreement', 'symmetric'] as const
    for (const name of names) await trent.kms(change, { KeyId: keys[name].KeyId }, caller)
    for (const [operation, name, input] of USES)
      refusedWith(await call(operation, name, input), code, `${keys[name].Arn} ${words}`)
    if (state === 'Disabled') for (const name of names) await trent.ok('EnableKey', { KeyId: keys[name].KeyId }, caller)
  })
