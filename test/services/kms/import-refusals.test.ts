import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KeyUsageType,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
} from '@aws-sdk/client-kms'
import { allRefused, refused, refusedWith } from '../../support/answer.ts'
import { encryptOaep, keyWrap, openImporter, type WrappingName, wrapFor } from '../../support/import.ts'
import { NO_KEY } from '../../support/key.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const { kms, external, describe, parameters, send, bring, drop } = openImporter(trent)
after(async () => {
  kms.destroy()
  await trent[Symbol.asyncDispose]()
})

const PKCS8 = { format: 'der', type: 'pkcs8' } as const
const DAY_MS = 86_400_000
const OAEP = 'RSAES_OAEP_SHA_256'
const KEY_WRAP = 'RSA_AES_KEY_WRAP_SHA_256'
const curveKey = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey.export(PKCS8)
const rsaKey = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export(PKCS8)

for (const spec of ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const)
  test(`a key of ${spec} cannot be made for imported material`, async () => {
    const call = external({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' })
    await refused(call, 'UnsupportedOperationException', `KeySpec ${spec} is not supported for Origin EXTERNAL.`)
  })

test('a key for imported material takes none from the tag of the emulator', async () => {
  const TagValue = randomBytes(32).toString('base64')
  await refused(external({ Tags: [{ TagKey: '_custom_key_material_', TagValue }] }), 'ValidationException')
})

/** Wrappings that do not carry the material of a key spec, beside those that no spec has. */
const NOT_OFFERED: ReadonlyArray<readonly [KeySpec, KeyUsageType, string, string]> = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'RSAES_PKCS1_V1_5', 'RSA_2048'],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'SM2PKE', 'SM2'],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'SM2PKE', 'RSA_2048'],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', OAEP, 'SM2'],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', KEY_WRAP, 'RSA_2048'],
  ['HMAC_512', 'GENERATE_VERIFY_MAC', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_4096'],
  ['RSA_2048', 'SIGN_VERIFY', OAEP, 'RSA_4096'],
  ['RSA_4096', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_1', 'RSA_4096'],
  ['ECC_NIST_P521', 'SIGN_VERIFY', OAEP, 'RSA_2048'],
  ['ECC_NIST_P521', 'KEY_AGREEMENT', 'RSAES_OAEP_SHA_1', 'RSA_2048'],
]
for (const [KeySpec, KeyUsage, WrappingAlgorithm, WrappingKeySpec] of NOT_OFFERED)
  test(`${WrappingAlgorithm} with ${WrappingKeySpec} is refused for a key of ${KeySpec}`, async () => {
    const { KeyId } = await external({ KeySpec, KeyUsage })
    const wanted = { WrappingAlgorithm, WrappingKeySpec } as { WrappingAlgorithm: typeof OAEP }
    await refused(parameters(KeyId, wanted), 'UnsupportedOperationException')
  })

test('parameters without wrapping algorithm and key spec are invalid', async () => {
  const { KeyId } = await external()
  refusedWith(await trent.kms('GetParametersForImport', { KeyId }), 'ValidationException', /^2 validation errors/)
})

test('import operations take no alias, and no key that is not there', async () => {
  for (const operation of ['GetParametersForImport', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial']) {
    const wanted = { WrappingAlgorithm: OAEP, WrappingKeySpec: 'RSA_2048' }
    const input = { ...wanted, ImportToken: 'AA==', EncryptedKeyMaterial: 'AA==' }
    const alias = await trent.kms(operation, { ...input, KeyId: 'alias/any' })
    refusedWith(alias, 'InvalidArnException', 'Key Aliases are not supported for this operation.')
    refusedWith(await trent.kms(operation, { ...input, KeyId: NO_KEY }), 'NotFoundException')
  }
})

for (const state of ['Enabled', 'Disabled', 'PendingDeletion'] as const)
  test(`a key of origin AWS_KMS that is ${state} refuses every import operation by its origin`, async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const KeyId = KeyMetadata?.KeyId ?? assert.fail()
    if (state === 'Disabled') await kms.send(new DisableKeyCommand({ KeyId }))
    if (state === 'PendingDeletion') await kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
    const message = `${KeyMetadata?.Arn} origin is AWS_KMS which is not valid for this operation.`
    await allRefused(
      [parameters(KeyId), send(KeyId, Buffer.of(1), Buffer.of(1)), drop(KeyId)],
      'UnsupportedOperationException',
      message,
    )
  })

test('a key that waits for its material refuses to be used, switched and rotated', async () => {
  const { KeyId, Arn } = await external()
  const message = `${Arn} is pending import.`
  const Plaintext = Buffer.from('text')
  await allRefused(
    [
      kms.send(new EncryptCommand({ KeyId, Plaintext })),
      kms.send(new EnableKeyCommand({ KeyId })),
      kms.send(new DisableKeyCommand({ KeyId })),
      kms.send(new RotateKeyOnDemandCommand({ KeyId })),
    ],
    'KMSInvalidStateException',
    message,
  )
  const origin = `${Arn} origin is EXTERNAL which is not valid for this operation.`
  await refused(kms.send(new EnableKeyRotationCommand({ KeyId })), 'UnsupportedOperationException', origin)
})

test('an HMAC key and a key pair that wait for their material refuse to be used', async () => {
  const mac = await external({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const pair = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  const Message = Buffer.from('message')
  const macInput = { KeyId: mac.KeyId, Message, MacAlgorithm: 'HMAC_SHA_256' } as const
  const signInput = { KeyId: pair.KeyId, Message, SigningAlgorithm: 'ECDSA_SHA_256' } as const
  await refused(kms.send(new GenerateMacCommand(macInput)), 'KMSInvalidStateException', `${mac.Arn} is pending import.`)
  await allRefused(
    [kms.send(new SignCommand(signInput)), kms.send(new GetPublicKeyCommand({ KeyId: pair.KeyId }))],
    'KMSInvalidStateException',
    `${pair.Arn} is pending import.`,
  )
})

test('a key that is pending deletion refuses parameters and imports; it loses its material and stays so', async () => {
  const { KeyId, Arn } = await external()
  const { ImportToken, PublicKey } = await parameters(KeyId)
  const material = randomBytes(32)
  const wrapped = wrapFor(PublicKey, OAEP, material)
  await send(KeyId, ImportToken, wrapped)
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
  await allRefused(
    [parameters(KeyId), send(KeyId, ImportToken, wrapped)],
    'KMSInvalidStateException',
    `${Arn} is pending deletion.`,
  )
  await drop(KeyId)
  assert.equal((await describe(KeyId)).KeyState, 'PendingDeletion')
  // Without its material it cannot come back as a key that could be enabled.
  await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
  await send(KeyId, ImportToken, wrapped)
  assert.equal((await describe(KeyId)).KeyState, 'Enabled')
})

test('a disabled key gives parameters, and stays disabled when its material comes again', async () => {
  const { KeyId } = await external()
  const material = randomBytes(32)
  await bring(KeyId, material)
  await kms.send(new DisableKeyCommand({ KeyId }))
  await bring(KeyId, material)
  assert.equal((await describe(KeyId)).KeyState, 'Disabled')
})

// What is wrong with a token.
const tokens = await (async () => {
  const { KeyId } = await external()
  const { ImportToken, PublicKey } = await parameters(KeyId)
  const other = await external()
  const pair = await parameters(other.KeyId)
  const wrapped = wrapFor(PublicKey, OAEP, randomBytes(32))
  return { KeyId, token: Buffer.from(ImportToken), other: Buffer.from(pair.ImportToken), wrapped }
})()

const flipped = (bytes: Buffer, at: number) => {
  const copy = Buffer.from(bytes)
  copy[at < 0 ? copy.length + at : at] = (copy.at(at) ?? 0) ^ 1
  return copy
}
const WRONG_TOKENS: ReadonlyArray<readonly [string, Buffer]> = [
  ['one byte', Buffer.of(1)],
  ['the head of a token alone', tokens.token.subarray(0, 11)],
  ['a token cut off', tokens.token.subarray(0, -1)],
  ['a token and a byte', Buffer.concat([tokens.token, Buffer.of(0)])],
  ['random bytes', randomBytes(tokens.token.length)],
  ['6144 random bytes', randomBytes(6144)],
  ['a token of another key', tokens.other],
  // Version, algorithm, key spec, validity, domain key, IV, private key, tag.
  ...[0, 1, 2, 3, 10, 11, 12, 30, 60, -20, -1].map(
    (at) => [`a token with another byte at ${at}`, flipped(tokens.token, at)] as const,
  ),
]
for (const [what, token] of WRONG_TOKENS)
  test(`${what} is no import token`, async () => {
    await refused(send(tokens.KeyId, token, tokens.wrapped), 'InvalidImportTokenException')
    assert.equal((await describe(tokens.KeyId)).KeyState, 'PendingImport')
  })

test('a token of another Region or account is none', async () => {
  const wanted = { WrappingAlgorithm: OAEP, WrappingKeySpec: 'RSA_2048' }
  for (const caller of [{ region: 'eu-west-1' }, { account: '999988887777' }]) {
    const { KeyId } = (await trent.ok('CreateKey', { Origin: 'EXTERNAL' }, caller)).KeyMetadata
    await trent.ok('GetParametersForImport', { ...wanted, KeyId }, caller)
    const input = { ImportToken: tokens.token.toString('base64'), EncryptedKeyMaterial: 'AA==' }
    const forEver = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    const answer = await trent.kms('ImportKeyMaterial', { ...input, ...forEver, KeyId }, caller)
    refusedWith(answer, 'InvalidImportTokenException')
  }
})

// What is wrong with the wrapping.
const WRONG_WRAPPINGS: ReadonlyArray<readonly [string, (key: Uint8Array) => Buffer]> = [
  ['another hash', (key) => encryptOaep(key, 'sha1', randomBytes(32))],
  ['a byte changed', (key) => flipped(encryptOaep(key, 'sha256', randomBytes(32)), 100)],
  ['a byte missing', (key) => encryptOaep(key, 'sha256', randomBytes(32)).subarray(1)],
  ['a byte too many', (key) => Buffer.concat([encryptOaep(key, 'sha256', randomBytes(32)), Buffer.of(0)])],
  ['no wrapping at all', () => randomBytes(32)],
  ['the other algorithm', (key) => wrapFor(key, KEY_WRAP, randomBytes(32))],
]
for (const [what, wrap] of WRONG_WRAPPINGS)
  test(`material wrapped with ${what} is refused without a word`, async () => {
    const { KeyId } = await external()
    const { ImportToken, PublicKey } = await parameters(KeyId)
    const answer = await trent.kms('ImportKeyMaterial', {
      KeyId,
      ImportToken: Buffer.from(ImportToken).toString('base64'),
      EncryptedKeyMaterial: wrap(PublicKey).toString('base64'),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    })
    refusedWith(answer, 'InvalidCiphertextException', null)
  })

const curve = curveKey('prime256v1')
const WRONG_KEY_WRAPS: ReadonlyArray<readonly [string, (key: Uint8Array) => Buffer]> = [
  ['an AES key of 128 bits', (key) => wrapFor(key, KEY_WRAP, curve, randomBytes(16))],
  ['no material', (key) => encryptOaep(key, 'sha256', randomBytes(32))],
  ['half a block', (key) => Buffer.concat([encryptOaep(key, 'sha256', randomBytes(32)), randomBytes(8)])],
  ['material under another AES key', (key) => mixed(key, randomBytes(32), randomBytes(32))],
  ['a byte of the material changed', (key) => flipped(wrapFor(key, KEY_WRAP, curve), -1)],
  ['the material alone', () => keyWrap(randomBytes(32), curve)],
  ['the other algorithm', (key) => encryptOaep(key, 'sha256', curve)],
]
function mixed(key: Uint8Array, one: Buffer, other: Buffer): Buffer {
  return Buffer.concat([encryptOaep(key, 'sha256', one), keyWrap(other, curve)])
}
for (const [what, wrap] of WRONG_KEY_WRAPS)
  test(`a private key wrapped with ${what} is refused`, async () => {
    const { KeyId } = await external({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: KEY_WRAP })
    await refused(send(KeyId, ImportToken, wrap(PublicKey)), 'InvalidCiphertextException')
  })

const symmetric = (bytes: number) => ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', randomBytes(bytes), OAEP] as const
const mac = (bits: 224 | 256 | 384 | 512, bytes: number) =>
  [`HMAC_${bits}`, 'GENERATE_VERIFY_MAC', randomBytes(bytes), OAEP] as const
type Wrong = readonly [KeySpec, KeyUsageType, Buffer, WrappingName]
/** Unwrapped as it should be, and yet no material of the key's spec. */
const WRONG_MATERIALS: ReadonlyArray<readonly [string, Wrong]> = [
  ['16 bytes', symmetric(16)],
  ['31 bytes', symmetric(31)],
  ['33 bytes', symmetric(33)],
  ['27 bytes', mac(224, 27)],
  ['31 bytes', mac(256, 31)],
  ['129 bytes', mac(256, 129)],
  ['47 bytes', mac(384, 47)],
  ['63 bytes', mac(512, 63)],
  ['32 bytes', ['ECC_NIST_P256', 'SIGN_VERIFY', randomBytes(32), OAEP]],
  ['a key of secp256k1', ['ECC_NIST_P256', 'SIGN_VERIFY', curveKey('secp256k1'), OAEP]],
  ['a key of P-256', ['ECC_SECG_P256K1', 'SIGN_VERIFY', curve, OAEP]],
  ['a key of P-256', ['ECC_NIST_P384', 'KEY_AGREEMENT', curve, KEY_WRAP]],
  ['a key of a curve that no spec has', ['ECC_NIST_P256', 'SIGN_VERIFY', curveKey('brainpoolP256r1'), OAEP]],
  ['a key with a byte behind it', ['ECC_NIST_P256', 'SIGN_VERIFY', Buffer.concat([curve, Buffer.of(0)]), OAEP]],
  ['an RSA key', ['ECC_NIST_P256', 'SIGN_VERIFY', rsaKey(2048), KEY_WRAP]],
  ['a modulus of 3072 bits', ['RSA_2048', 'SIGN_VERIFY', rsaKey(3072), KEY_WRAP]],
  ['a modulus of 2048 bits', ['RSA_4096', 'ENCRYPT_DECRYPT', rsaKey(2048), KEY_WRAP]],
  ['a modulus of 2047 bits', ['RSA_2048', 'SIGN_VERIFY', rsaKey(2047), KEY_WRAP]],
  ['an elliptic key', ['RSA_2048', 'SIGN_VERIFY', curve, KEY_WRAP]],
]
for (const [what, [KeySpec, KeyUsage, material, name]] of WRONG_MATERIALS)
  test(`${what} cannot be the material of a key of ${KeySpec}`, async () => {
    const { KeyId } = await external({ KeySpec, KeyUsage })
    await refused(bring(KeyId, material, {}, name), 'IncorrectKeyMaterialException')
    assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
  })

const now = Date.now()
/** Expiration that is invalid by itself. */
const WRONG_EXPIRATIONS: ReadonlyArray<readonly [string, object, string | RegExp]> = [
  [
    'no date',
    { ExpirationModel: undefined },
    'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
  ],
  ['no date and the model that needs one', { ExpirationModel: 'KEY_MATERIAL_EXPIRES' }, /^A validTo date must be set/],
  [
    'a date that the model does not have',
    { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', ValidTo: new Date(now + DAY_MS) },
    /^A validTo date must not be set/,
  ],
  ['a date gone by', { ValidTo: new Date(now - 1_000) }, /in the future/],
  ['a date after more than 365 days', { ValidTo: new Date(now + 366 * DAY_MS) }, /365 days/],
]
for (const [what, input, message] of WRONG_EXPIRATIONS)
  test(`an import with ${what} is refused`, async () => {
    const { KeyId } = await external()
    await refused(bring(KeyId, randomBytes(32), input), 'ValidationException', message)
    assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
  })

test('only symmetric keys take several materials, with descriptions and ids', async () => {
  const { KeyId } = await external({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
  const inputs = [
    { ImportType: 'NEW_KEY_MATERIAL' },
    { KeyMaterialDescription: 'text' },
    { KeyMaterialId: 'a'.repeat(64) },
  ] as const
  for (const input of inputs) await refused(bring(KeyId, randomBytes(32), input), 'ValidationException')
})

const EXCLAMATION = { KeyMaterialDescription: 'no!' }
test('descriptions and ids of another form are invalid', async () => {
  const { KeyId } = await external()
  const inputs = [EXCLAMATION, { KeyMaterialDescription: 'a'.repeat(257) }, { KeyMaterialId: 'a'.repeat(63) }]
  for (const input of inputs) await refused(bring(KeyId, randomBytes(32), input), 'ValidationException')
})

const KINDS: ReadonlyArray<readonly [KeySpec, KeyUsageType, () => Buffer, WrappingName]> = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', () => randomBytes(32), OAEP],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', () => randomBytes(32), OAEP],
  ['ECC_NIST_P256', 'SIGN_VERIFY', () => curveKey('prime256v1'), OAEP],
  ['RSA_2048', 'SIGN_VERIFY', () => rsaKey(2048), KEY_WRAP],
]
for (const [KeySpec, KeyUsage, make, name] of KINDS)
  test(`a key of ${KeySpec} takes only the material again that it had, also after it was deleted`, async () => {
    const { KeyId, Arn } = await external({ KeySpec, KeyUsage })
    const own = make()
    const first = await bring(KeyId, own, {}, name)
    const message = `The key material in the request is not the key material that was imported into ${Arn}.`
    await refused(bring(KeyId, make(), {}, name), 'IncorrectKeyMaterialException', message)
    assert.equal((await describe(KeyId)).KeyState, 'Enabled')
    const dropped = await drop(KeyId)
    assert.deepEqual(dropped, { KeyId: Arn, KeyMaterialId: first.KeyMaterialId })
    await refused(bring(KeyId, make(), {}, name), 'IncorrectKeyMaterialException', message)
    assert.equal((await describe(KeyId)).KeyState, 'PendingImport')
    assert.deepEqual(await bring(KeyId, own, {}, name), first)
    assert.equal((await describe(KeyId)).KeyState, 'Enabled')
  })

test('deleting material takes it from the key, keeps its id, and works again and again', async () => {
  const { KeyId, Arn } = await external()
  assert.deepEqual(await drop(KeyId), { KeyId: Arn, KeyMaterialId: '' })
  const { KeyMaterialId } = await bring(KeyId, randomBytes(32), { ValidTo: new Date(now + DAY_MS) })
  for (let times = 0; times < 2; times++) assert.equal((await drop(KeyId)).KeyMaterialId, KeyMaterialId)
  const shown = await describe(KeyId)
  assert.deepEqual([shown.KeyState, shown.CurrentKeyMaterialId], ['PendingImport', KeyMaterialId])
  assert.ok(!('ExpirationModel' in shown) && !('ValidTo' in shown))
  await refused(kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.of(1) })), 'KMSInvalidStateException')
})

test('material that the key never had cannot be deleted', async () => {
  const { KeyId, Arn } = await external()
  await bring(KeyId, randomBytes(32))
  const id = 'a'.repeat(64)
  await refused(drop(KeyId, id), 'NotFoundException', `Key material '${id}' does not exist in key '${Arn}'`)
  assert.equal((await describe(KeyId)).KeyState, 'Enabled')
})
