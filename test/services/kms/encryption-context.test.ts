import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const { KeyId } = await createKey(trent, caller)
const Plaintext = 'YQ=='

type Context = { readonly [name: string]: string }

async function encrypt(EncryptionContext: Context): Promise<string> {
  return (await trent.ok('Encrypt', { KeyId, Plaintext, EncryptionContext }, caller)).CiphertextBlob
}

const decrypt = (CiphertextBlob: string, EncryptionContext?: Context) =>
  trent.kms('Decrypt', { CiphertextBlob, ...(EncryptionContext && { EncryptionContext }) }, caller)

const text = fc.string({ unit: 'binary', maxLength: 12 })
const context = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 6 })
const RUNS = { numRuns: 60 }

test('every context opens what it closed, in whatever order its pairs are sent', async () => {
  const shuffled = context.chain((pairs) =>
    fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
  )
  await fc.assert(
    fc.asyncProperty(shuffled, async ([pairs, reordered]) => {
      const answer = await decrypt(await encrypt(Object.fromEntries(pairs)), Object.fromEntries(reordered))
      assert.equal(answer.output.Plaintext, Plaintext, answer.text)
    }),
    RUNS,
  )
})

test('no other context opens it', async () => {
  await fc.assert(
    fc.asyncProperty(context, context, async (pairs, others) => {
      const [mine, theirs] = [Object.fromEntries(pairs), Object.fromEntries(others)]
      fc.pre(JSON.stringify(Object.entries(mine).sort()) !== JSON.stringify(Object.entries(theirs).sort()))
      refusedWith(await decrypt(await encrypt(mine), theirs), 'InvalidCiphertextException', null)
    }),
    RUNS,
  )
})

const PAIRS: ReadonlyArray<readonly [Context, Context]> = [
  [{ a: 'bc' }, { ab: 'c' }],
  [{ a: 'b', c: 'd' }, { a: 'b' }],
  [{ a: 'b' }, { a: 'b', c: 'd' }],
  [
    { a: 'b', c: 'd' },
    { a: 'd', c: 'b' },
  ],
  [{ a: 'b' }, { A: 'b' }],
  [{ a: 'b' }, { a: 'B' }],
  [{ a: '' }, {}],
  [{ a: '' }, { '': 'a' }],
  [{ 'a=b': 'c' }, { a: 'b=c' }],
  [{ a: 'b\u0000' }, { a: 'b' }],
  [{ '\u00e4': '1' }, { 'a\u0308': '1' }],
  [{ a: '\ufffd' }, { a: '\ufffc' }],
]
for (const [mine, theirs] of PAIRS)
  test(`${JSON.stringify(theirs)} does not open ${JSON.stringify(mine)}`, async () => {
    refusedWith(await decrypt(await encrypt(mine), theirs), 'InvalidCiphertextException', null)
  })

test('no context and an empty one are the same', async () => {
  assert.equal((await decrypt(await encrypt({}))).status, 200)
  const { CiphertextBlob } = await trent.ok('Encrypt', { KeyId, Plaintext }, caller)
  assert.equal((await decrypt(CiphertextBlob, {})).status, 200)
})

const ofBytes = (bytes: number): Context => ({ a: 'v'.repeat(bytes - 1) })
const TOO_LARGE = 'EncryptionContext must not be larger than 8192 bytes.'
const OPERATIONS = [
  ['Encrypt', { KeyId, Plaintext }],
  ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
  ['GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' }],
] as const
for (const [operation, input] of OPERATIONS) {
  test(`${operation} takes a context of 8192 bytes, and none larger`, async () => {
    const call = (EncryptionContext: Context) => trent.kms(operation, { ...input, EncryptionContext }, caller)
    assert.equal((await call(ofBytes(8192))).status, 200)
    refusedWith(await call(ofBytes(8193)), 'ValidationException', TOO_LARGE)
    refusedWith(await call({ a: '\u{1f511}'.repeat(2048) }), 'ValidationException', TOO_LARGE)
    refusedWith(
      await call(Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`k${index}`, '']))),
      'ValidationException',
      TOO_LARGE,
    )
  })

  test(`${operation} refuses a context that is no Unicode text`, async () => {
    for (const broken of ['{"a":"\\ud800"}', '{"\\udc00":"a"}'])
      refusedWith(
        await trent.kms(
          operation,
          JSON.stringify({ ...input, EncryptionContext: 0 }).replace('0}', `${broken}}`),
          caller,
        ),
        'ValidationException',
        'EncryptionContext must be valid Unicode text.',
      )
  })
}

test('a context of 2000 pairs opens what it closed', async () => {
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [index.toString(36), '']))
  assert.equal((await decrypt(await encrypt(many), many)).status, 200)
})

test('the context of a data key is bound to it', async () => {
  const EncryptionContext = { purpose: 'test' }
  const made = await trent.ok('GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext }, caller)
  assert.equal((await decrypt(made.CiphertextBlob, EncryptionContext)).output.Plaintext, made.Plaintext)
  refusedWith(await decrypt(made.CiphertextBlob), 'InvalidCiphertextException', null)
})
