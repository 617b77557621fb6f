import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const key = await createKey(trent, caller)
const { KeyId } = key
const bytesOf = (text: string) => Buffer.from(text, 'base64').length

const SIZES = [
  [{ KeySpec: 'AES_128' }, 16],
  [{ KeySpec: 'AES_256' }, 32],
  [{ NumberOfBytes: 1 }, 1],
  [{ NumberOfBytes: 64 }, 64],
  [{ NumberOfBytes: 1024 }, 1024],
] as const
for (const [wanted, size] of SIZES) {
  test(`GenerateDataKey with ${JSON.stringify(wanted)} makes ${size} bytes, in the clear and encrypted`, async () => {
    const made = await trent.ok('GenerateDataKey', { KeyId, ...wanted }, caller)
    assert.deepEqual(made, {
      CiphertextBlob: made.CiphertextBlob,
      Plaintext: made.Plaintext,
      KeyId: key.Arn,
      KeyMaterialId: key.CurrentKeyMaterialId,
    })
    assert.equal(bytesOf(made.Plaintext), size)
    const { Plaintext } = await trent.ok('Decrypt', { CiphertextBlob: made.CiphertextBlob }, caller)
    assert.equal(Plaintext, made.Plaintext)
  })

  test(`GenerateDataKeyWithoutPlaintext with ${JSON.stringify(wanted)} makes ${size} bytes, only encrypted`, async () => {
    const made = await trent.ok('GenerateDataKeyWithoutPlaintext', { KeyId, ...wanted }, caller)
    assert.deepEqual(made, {
      CiphertextBlob: made.CiphertextBlob,
      KeyId: key.Arn,
      KeyMaterialId: key.CurrentKeyMaterialId,
    })
    const { Plaintext } = await trent.ok('Decrypt', { CiphertextBlob: made.CiphertextBlob }, caller)
    assert.equal(bytesOf(Plaintext), size)
  })
}

for (const operation of ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'])
  for (const wanted of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }, { KeySpec: null, NumberOfBytes: null }])
    test(`${operation} refuses ${JSON.stringify(wanted)}`, async () => {
      refusedWith(
        await trent.kms(operation, { KeyId, ...wanted }, caller),
        'ValidationException',
        'Please specify either number of bytes or key spec.',
      )
    })

test('no two data keys are alike', async () => {
  const made = await Promise.all(
    Array.from({ length: 50 }, () => trent.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }, caller)),
  )
  assert.equal(new Set(made.map(({ Plaintext }) => Plaintext)).size, 50)
})

for (const size of [1, 32, 1023, 1024])
  test(`GenerateRandom gives ${size} bytes`, async () => {
    const output = await trent.ok('GenerateRandom', { NumberOfBytes: size }, caller)
    assert.deepEqual([Object.keys(output), bytesOf(output.Plaintext)], [['Plaintext'], size])
  })

test('no two random answers are alike', async () => {
  const made = await Promise.all(
    Array.from({ length: 50 }, () => trent.ok('GenerateRandom', { NumberOfBytes: 16 }, caller)),
  )
  assert.equal(new Set(made.map(({ Plaintext }) => Plaintext)).size, 50)
})

for (const input of [{}, { NumberOfBytes: null }])
  test(`GenerateRandom refuses ${JSON.stringify(input)}`, async () => {
    refusedWith(await trent.kms('GenerateRandom', input, caller), 'ValidationException', 'NumberOfBytes is required.')
  })

test('GenerateRandom finds no custom key store', async () => {
  const input = { NumberOfBytes: 1, CustomKeyStoreId: 'cks-1234567890abcdef0' }
  refusedWith(await trent.kms('GenerateRandom', input, caller), 'CustomKeyStoreNotFoundException')
})
