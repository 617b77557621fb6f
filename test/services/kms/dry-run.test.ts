import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt, NO_KEY } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const { KeyId } = await createKey(trent, caller)
const disabled = await createKey(trent, caller)
const hmacKey = await createHmacKey(trent, caller)
const blob = await encrypt(trent, KeyId, 'text', caller)
const disabledBlob = await encrypt(trent, disabled.KeyId, 'text', caller)
const MAC = { KeyId: hmacKey.KeyId, Message: 'YQ==', MacAlgorithm: 'HMAC_SHA_256' }
const { Mac } = await trent.ok('GenerateMac', MAC, caller)
await trent.ok('DisableKey', { KeyId: disabled.KeyId }, caller)

const dry = (operation: string, input: object) => trent.kms(operation, { ...input, DryRun: true }, caller)

const WOULD_SUCCEED = [
  ['Decrypt', { CiphertextBlob: blob }],
  ['Encrypt', { KeyId, Plaintext: 'YQ==' }],
  ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
  ['GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }],
  ['GenerateMac', MAC],
  ['ReEncrypt', { CiphertextBlob: blob, DestinationKeyId: KeyId }],
  ['VerifyMac', { ...MAC, Mac }],
] as const
for (const [operation, input] of WOULD_SUCCEED) {
  test(`a dry run of ${operation} says that it would succeed`, async () => {
    refusedWith(
      await dry(operation, input),
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    )
  })

  test(`${operation} with DryRun false is no dry run`, async () => {
    assert.equal((await trent.kms(operation, { ...input, DryRun: false }, caller)).status, 200)
  })
}

const WOULD_FAIL = [
  ['Decrypt', { CiphertextBlob: disabledBlob }, 'DisabledException'],
  ['Decrypt', { CiphertextBlob: blob, EncryptionContext: { a: 'b' } }, 'InvalidCiphertextException'],
  ['Decrypt', { CiphertextBlob: blob, KeyId: hmacKey.KeyId }, 'IncorrectKeyException'],
  ['Decrypt', {}, 'ValidationException'],
  ['Encrypt', { KeyId: NO_KEY, Plaintext: 'YQ==' }, 'NotFoundException'],
  ['Encrypt', { KeyId: hmacKey.KeyId, Plaintext: 'YQ==' }, 'InvalidKeyUsageException'],
  ['GenerateDataKey', { KeyId }, 'ValidationException'],
  ['GenerateDataKeyWithoutPlaintext', { KeyId }, 'ValidationException'],
  ['GenerateMac', { ...MAC, KeyId }, 'InvalidKeyUsageException'],
  ['ReEncrypt', { CiphertextBlob: blob, DestinationKeyId: disabled.KeyId }, 'DisabledException'],
  ['VerifyMac', { ...MAC, Mac: 'YQ==' }, 'KMSInvalidMacException'],
] as const
for (const [operation, input, code] of WOULD_FAIL)
  test(`a dry run of ${operation} fails as the call would, with ${code}`, async () => {
    refusedWith(await dry(operation, input), code)
  })

const IGNORE = { DryRunModifiers: ['IGNORE_CIPHERTEXT'] }
test('IGNORE_CIPHERTEXT leaves the ciphertext out of a dry run', async () => {
  refusedWith(await dry('Decrypt', { ...IGNORE, KeyId }), 'DryRunOperationException')
  refusedWith(await dry('Decrypt', { ...IGNORE, KeyId, CiphertextBlob: 'YQ==' }), 'DryRunOperationException')
  refusedWith(
    await dry('ReEncrypt', { ...IGNORE, SourceKeyId: KeyId, DestinationKeyId: KeyId }),
    'DryRunOperationException',
  )
})

test('IGNORE_CIPHERTEXT needs the key, and still looks at it', async () => {
  const missing = (member: string) =>
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`
  refusedWith(await dry('Decrypt', { ...IGNORE, CiphertextBlob: blob }), 'ValidationException', missing('keyId'))
  refusedWith(
    await dry('ReEncrypt', { ...IGNORE, DestinationKeyId: KeyId }),
    'ValidationException',
    missing('sourceKeyId'),
  )
  refusedWith(await dry('Decrypt', { ...IGNORE, KeyId: disabled.KeyId }), 'DisabledException')
  refusedWith(await dry('Decrypt', { ...IGNORE, KeyId: hmacKey.KeyId }), 'InvalidKeyUsageException')
})

test('IGNORE_CIPHERTEXT without DryRun changes nothing', async () => {
  refusedWith(await trent.kms('Decrypt', { ...IGNORE, KeyId }, caller), 'ValidationException')
  assert.equal((await trent.kms('Decrypt', { ...IGNORE, CiphertextBlob: blob }, caller)).status, 200)
})
