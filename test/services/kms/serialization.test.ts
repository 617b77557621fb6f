import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { OPERATIONS } from '../../../src/services/kms/index.ts'
import { refusedWith, succeeded } from '../../support/answer.ts'
import { MODEL, modelShape } from '../../support/model.ts'
import { claim, KMS_HEADERS, newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const WRONG: { readonly [type: string]: readonly unknown[] } = {
  string: [1, true, {}, []],
  blob: [1, false, {}, [], 'YQ', 'Y Q=', 'YQ==YQ==', '-_-_', '\u00e9\u00e9\u00e9\u00e9'],
  integer: ['1', 1.5, 1e300, true, {}, []],
  boolean: ['true', 1, {}, []],
  list: ['a', 1, {}, [null], [[]]],
  map: ['a', 1, [], { a: 1 }, { a: {} }, { a: null }],
  structure: ['a', 1, []],
}

for (const { name } of OPERATIONS)
  test(`${name} refuses values of a wrong JSON type`, async () => {
    for (const [marked, shapeName] of Object.entries(MODEL.operations[name]?.input ?? {}))
      for (const value of WRONG[modelShape(shapeName).type] ?? []) {
        const answer = await trent.kms(name, { [marked.replace('*', '')]: value })
        assert.equal(answer.code, 'SerializationException', `${marked} ${JSON.stringify(value)}: ${answer.text}`)
      }
  })

const TEXTS = [
  [{ KeyId: 1 }, 'NUMBER_VALUE can not be converted to a String'],
  [{ KeyId: true }, 'TRUE_VALUE can not be converted to a String'],
  [{ KeyId: {} }, 'Start of structure or map found where not expected.'],
  [{ Limit: '1' }, 'STRING_VALUE can not be converted to an Integer'],
  [{ Marker: ['a'] }, 'Start of list found where not expected.'],
] as const
for (const [input, message] of TEXTS)
  test(`${JSON.stringify(input)} is refused: ${message}`, async () => {
    refusedWith(await trent.kms('ListAliases', input), 'SerializationException', message)
  })

for (const body of [
  '{',
  '[]',
  '"a"',
  '1',
  'null',
  'undefined',
  '{"Limit":1,}',
  '{"Limit":01}',
  "{'Limit':1}",
  '\u00a0{}',
])
  test(`the body ${body} is not a request`, async () => {
    refusedWith(await trent.kms('ListKeys', body), 'SerializationException', null)
  })

test('a body that is not UTF-8 is not a request', async () => {
  const body = Buffer.concat([Buffer.from('{"KeyId":"a'), Buffer.from([0xff]), Buffer.from('"}')])
  const headers = { ...KMS_HEADERS, 'x-amz-target': 'TrentService.DescribeKey' }
  const answer = await trent.send(claim({ headers, body }, newAccount()))
  assert.equal(answer.text, '{"__type":"SerializationException"}')
})

test('an empty body counts as a request without members', async () => {
  assert.deepEqual(succeeded(await trent.kms('ListKeys', '', { account: newAccount() })), {
    Keys: [],
    Truncated: false,
  })
})

test('unknown members are ignored and null counts as absent', async () => {
  const input = '{"Limit":null,"Marker":null,"Colour":"blue","__proto__":{"Limit":0},"constructor":1}'
  assert.deepEqual(succeeded(await trent.kms('ListKeys', input, { account: newAccount() })).Keys, [])
})

for (const name of [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'decrypt',
  'DecryptX',
  '',
  'ListKeys.ListKeys',
])
  test(`the operation '${name}' is unknown`, async () => {
    refusedWith(await trent.kms(name, {}), 'UnknownOperationException', null)
  })

for (const target of [
  'Decrypt',
  'trentservice.ListKeys',
  'TrentService',
  'DynamoDB_20120810.ListTables',
  'constructor.ListKeys',
])
  test(`the target ${target} is unknown`, async () => {
    const answer = await trent.send(
      claim({ headers: { ...KMS_HEADERS, 'x-amz-target': target }, body: '{}' }, newAccount()),
    )
    assert.deepEqual([answer.status, answer.text], [400, '{"__type":"UnknownOperationException"}'])
  })

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'] as const

test("names of Object's own members are ordinary tag keys", async () => {
  const caller = { account: newAccount() }
  const Tags = PROTOTYPE_NAMES.map((TagKey) => ({ TagKey, TagValue: 'ordinary' }))
  const { KeyId } = (await trent.ok('CreateKey', { Tags }, caller)).KeyMetadata
  assert.deepEqual(
    (await trent.ok('ListResourceTags', { KeyId }, caller)).Tags,
    Tags.toSorted((a, b) => (a.TagKey < b.TagKey ? -1 : 1)),
  )
  await trent.ok('UntagResource', { KeyId, TagKeys: ['__proto__'] }, caller)
  assert.equal((await trent.ok('ListResourceTags', { KeyId }, caller)).Tags.length, 3)
})

test("names of Object's own members are ordinary names in an encryption context", async () => {
  const caller = { account: newAccount() }
  const { KeyId } = (await trent.ok('CreateKey', {}, caller)).KeyMetadata
  const context = '{"__proto__":"a","constructor":"b"}'
  const { CiphertextBlob } = await trent.ok(
    'Encrypt',
    `{"KeyId":"${KeyId}","Plaintext":"YQ==","EncryptionContext":${context}}`,
    caller,
  )
  const decrypt = (text: string) =>
    trent.kms('Decrypt', `{"CiphertextBlob":"${CiphertextBlob}","EncryptionContext":${text}}`, caller)
  assert.equal(succeeded(await decrypt(context)).Plaintext, 'YQ==')
  refusedWith(await decrypt('{"constructor":"b"}'), 'InvalidCiphertextException', null)
  refusedWith(await decrypt('{"__proto__":"c","constructor":"b"}'), 'InvalidCiphertextException', null)
})

for (const name of PROTOTYPE_NAMES)
  test(`alias/${name} is an ordinary alias`, async () => {
    const caller = { account: newAccount() }
    refusedWith(await trent.kms('DescribeKey', { KeyId: `alias/${name}` }, caller), 'NotFoundException')
    const { KeyId } = (await trent.ok('CreateKey', {}, caller)).KeyMetadata
    await trent.ok('CreateAlias', { AliasName: `alias/${name}`, TargetKeyId: KeyId }, caller)
    assert.equal((await trent.ok('DescribeKey', { KeyId: `alias/${name}` }, caller)).KeyMetadata.KeyId, KeyId)
  })
