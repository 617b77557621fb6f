import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { base64, createHmacKey, createKey, encrypt, NO_KEY } from '../../support/key.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const key = await createKey(trent, caller)
const other = await createKey(trent, caller)
const hmacKey = await createHmacKey(trent, caller)
const KeyId = key.KeyId
const blob = await encrypt(trent, KeyId, 'text', caller)
const bytes = Buffer.from(blob, 'base64')
const decrypt = (CiphertextBlob: string, more: object = {}) => trent.kms('Decrypt', { CiphertextBlob, ...more }, caller)
const INCORRECT = 'The key ID in the request does not identify a CMK that can perform this operation.'

test('Encrypt answers ciphertext, key and algorithm, and no material', async () => {
  const output = await trent.ok('Encrypt', { KeyId, Plaintext: 'YQ==' }, caller)
  assert.deepEqual(output, {
    CiphertextBlob: output.CiphertextBlob,
    KeyId: key.Arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  })
})

test('Decrypt needs no key and tells which it used', async () => {
  assert.deepEqual(await trent.ok('Decrypt', { CiphertextBlob: blob }, caller), {
    KeyId: key.Arn,
    Plaintext: base64('text'),
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    KeyMaterialId: key.CurrentKeyMaterialId,
  })
})

for (const size of [1, 15, 16, 17, 32, 4095, 4096])
  test(`${size} bytes come back as they were`, async () => {
    const Plaintext = Buffer.alloc(size, 0xa5).toString('base64')
    const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId, Plaintext }, caller)
    assert.ok(Buffer.from(CiphertextBlob, 'base64').length <= 6144)
    assert.equal((await trent.ok('Decrypt', { CiphertextBlob }, caller)).Plaintext, Plaintext)
  })

test('a ciphertext of 32 bytes has 184 at most', async () => {
  const { CiphertextBlob } = await trent.ok(
    'Encrypt',
    { KeyId, Plaintext: Buffer.alloc(32).toString('base64') },
    caller,
  )
  assert.ok(Buffer.from(CiphertextBlob, 'base64').length <= 184)
})

test('the same text never gives the same ciphertext', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => encrypt(trent, KeyId, 'text', caller)))
  assert.equal(new Set(made).size, 20)
})

test('a ciphertext with any one bit changed is refused without a reason, or names no key', async () => {
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    const { code, message } = await decrypt(changed.toString('base64'))
    const namesNoKey = code === 'AccessDeniedException' && at >= 5 && at < 37
    assert.ok(namesNoKey || (code === 'InvalidCiphertextException' && message === undefined), `byte ${at}: ${code}`)
  }
})

test('a ciphertext cut short or made longer is refused without a reason', async () => {
  for (let length = 1; length < bytes.length; length += 7)
    refusedWith(await decrypt(bytes.subarray(0, length).toString('base64')), 'InvalidCiphertextException', null)
  refusedWith(
    await decrypt(Buffer.concat([bytes, Buffer.alloc(1)]).toString('base64')),
    'InvalidCiphertextException',
    null,
  )
})

for (const named of [undefined, KeyId])
  test(`bytes that are no ciphertext are refused ${named ? 'with' : 'without'} a KeyId`, async () => {
    for (const text of ['a', 'a'.repeat(200), '\u0001\u0002\u0002\u0000x'.padEnd(200, 'a')]) {
      const answer = await decrypt(Buffer.from(text, 'latin1').toString('base64'), named ? { KeyId: named } : {})
      assert.ok(
        answer.code === 'InvalidCiphertextException' || (!named && answer.code === 'AccessDeniedException'),
        answer.text,
      )
    }
  })

const WRONG_KEYS = [
  ['another key', other.KeyId, 'IncorrectKeyException', INCORRECT],
  ['an HMAC key', hmacKey.KeyId, 'IncorrectKeyException', INCORRECT],
  ['no key', NO_KEY, 'NotFoundException', `Key 'arn:aws:kms:${REGION}:${caller.account}:key/${NO_KEY}' does not exist`],
] as const
for (const [name, named, code, message] of WRONG_KEYS)
  test(`Decrypt and ReEncrypt with ${name} answer ${code}`, async () => {
    refusedWith(await decrypt(blob, { KeyId: named }), code, message)
    const input = { CiphertextBlob: blob, SourceKeyId: named, DestinationKeyId: 'no key either' }
    refusedWith(await trent.kms('ReEncrypt', input, caller), code, message)
  })

test('an HMAC key does not encrypt', async () => {
  const message = (operation: string) =>
    `${hmacKey.Arn} key usage is GENERATE_VERIFY_MAC which is not valid for ${operation}.`
  for (const [operation, input] of [
    ['Encrypt', { Plaintext: 'YQ==' }],
    ['GenerateDataKey', { KeySpec: 'AES_256' }],
    ['GenerateDataKeyWithoutPlaintext', { KeySpec: 'AES_256' }],
  ] as const)
    refusedWith(
      await trent.kms(operation, { KeyId: hmacKey.KeyId, ...input }, caller),
      'InvalidKeyUsageException',
      message(operation),
    )
  const input = { CiphertextBlob: blob, DestinationKeyId: hmacKey.KeyId }
  refusedWith(await trent.kms('ReEncrypt', input, caller), 'InvalidKeyUsageException', message('ReEncrypt'))
})

test('an algorithm that the key does not have is refused', async () => {
  const message = 'Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.'
  const EncryptionAlgorithm = 'RSAES_OAEP_SHA_256'
  refusedWith(
    await trent.kms('Encrypt', { KeyId, Plaintext: 'YQ==', EncryptionAlgorithm }, caller),
    'InvalidKeyUsageException',
    message,
  )
  refusedWith(await decrypt(blob, { KeyId, EncryptionAlgorithm }), 'InvalidKeyUsageException', message)
  const input = { CiphertextBlob: blob, DestinationKeyId: KeyId, DestinationEncryptionAlgorithm: EncryptionAlgorithm }
  refusedWith(await trent.kms('ReEncrypt', input, caller), 'InvalidKeyUsageException', message)
})

test('a ciphertext is required', async () => {
  const message =
    "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
  refusedWith(await trent.kms('Decrypt', {}, caller), 'ValidationException', message)
  refusedWith(await trent.kms('ReEncrypt', { DestinationKeyId: KeyId }, caller), 'ValidationException', message)
})

for (const destination of [other, key])
  test(`ReEncrypt moves a ciphertext to ${destination === key ? 'the same' : 'another'} key and context`, async () => {
    const { CiphertextBlob } = await trent.ok(
      'Encrypt',
      { KeyId, Plaintext: 'YQ==', EncryptionContext: { a: '1' } },
      caller,
    )
    const output = await trent.ok(
      'ReEncrypt',
      {
        CiphertextBlob,
        SourceEncryptionContext: { a: '1' },
        DestinationKeyId: destination.KeyId,
        DestinationEncryptionContext: { b: '2' },
      },
      caller,
    )
    assert.deepEqual(output, {
      CiphertextBlob: output.CiphertextBlob,
      SourceKeyId: key.Arn,
      KeyId: destination.Arn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      SourceKeyMaterialId: key.CurrentKeyMaterialId,
      DestinationKeyMaterialId: destination.CurrentKeyMaterialId,
    })
    const again = (EncryptionContext: object) => decrypt(output.CiphertextBlob, { EncryptionContext })
    assert.equal((await again({ b: '2' })).output.Plaintext, 'YQ==')
    refusedWith(await again({ a: '1' }), 'InvalidCiphertextException', null)
  })

test('ReEncrypt under the wrong context is refused without a reason', async () => {
  const input = { CiphertextBlob: blob, SourceEncryptionContext: { a: '1' }, DestinationKeyId: other.KeyId }
  refusedWith(await trent.kms('ReEncrypt', input, caller), 'InvalidCiphertextException', null)
})

test('a recipient without a true document is refused, so that no plaintext goes where a client does not expect it', async () => {
  const Recipient = { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: 'YQ==' }
  for (const [operation, input] of [
    ['Decrypt', { CiphertextBlob: blob }],
    ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
    ['GenerateRandom', { NumberOfBytes: 1 }],
  ] as const)
    refusedWith(await trent.kms(operation, { ...input, Recipient }, caller), 'ValidationException')
})

test('grant tokens are refused: no grant was made', async () => {
  const answer = await trent.kms('Encrypt', { KeyId, Plaintext: 'YQ==', GrantTokens: ['token'] }, caller)
  refusedWith(answer, 'InvalidGrantTokenException')
  assert.equal((await trent.kms('Encrypt', { KeyId, Plaintext: 'YQ==', GrantTokens: [] }, caller)).status, 200)
})
