import assert from 'node:assert/strict'
import { test } from 'node:test'
import { error, isError } from '../../src/domain/error.ts'
import { readQuery } from '../../src/protocol/query.ts'
import { queryError, writeQueryAnswer } from '../../src/protocol/query-answer.ts'
import { text } from '../../src/protocol/shape.ts'

test('a form is read by names, percent and plus signs decoded', () => {
  const read = readQuery('Action=Get&Name=a%20b+c%26d&Empty=&__proto__=x')
  assert.ok(!isError(read))
  assert.deepEqual(
    [...read],
    [
      ['Action', 'Get'],
      ['Name', 'a b c&d'],
      ['Empty', ''],
      ['__proto__', 'x'],
    ],
  )
})

for (const [name, query] of [
  ['a name given twice', 'Action=A&Action=B'],
  ['more parameters than any operation takes', Array.from({ length: 2001 }, (_, index) => `p${index}=`).join('&')],
] as const)
  test(`${name} is refused`, () => {
    const read = readQuery(query)
    assert.ok(isError(read) && read.code === 'SerializationException')
  })

const NAMESPACE = 'https://example.com/doc/'

test('what an answer holds cannot become markup', () => {
  const written = writeQueryAnswer({
    operation: 'Get',
    xmlNamespace: NAMESPACE,
    requestId: 'id',
    members: { Name: text() },
    output: { Name: '<a>&"\'</Name>' },
  })
  assert.ok(written.includes('<Name>&lt;a&gt;&amp;&quot;&apos;&lt;/Name&gt;</Name>'), written)
  assert.ok(written.includes('<RequestId>id</RequestId>'))
})

const STATUS = [
  ['AccessDeniedException', 'AccessDenied', 403, 'Sender'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch', 403, 'Sender'],
  ['UnrecognizedClientException', 'InvalidClientTokenId', 403, 'Sender'],
  ['MissingAuthenticationTokenException', 'MissingAuthenticationToken', 403, 'Sender'],
  ['ValidationException', 'ValidationError', 400, 'Sender'],
  ['UnknownOperationException', 'InvalidAction', 400, 'Sender'],
  ['KMSInternalException', 'InternalFailure', 500, 'Receiver'],
] as const
for (const [code, shown, status, type] of STATUS)
  test(`${code} is ${shown} with status ${status} in query services`, () => {
    const answer = queryError(error(code, 'a < b'), 'id', NAMESPACE)
    assert.equal(answer.status, status)
    for (const part of [`<Code>${shown}</Code>`, `<Type>${type}</Type>`, '<Message>a &lt; b</Message>'])
      assert.ok(answer.body.includes(part), answer.body)
  })
