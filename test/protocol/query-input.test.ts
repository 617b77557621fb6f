import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isError } from '../../src/domain/error.ts'
import { readQueryInput } from '../../src/protocol/query-input.ts'
import { boolean, integer, list, optional, structure, text, timestamp } from '../../src/protocol/shape.ts'

const SHAPE = {
  Name: text(1, 5),
  Count: optional(integer(1, 1000)),
  Flag: optional(boolean()),
  At: optional(timestamp()),
  Names: optional(list(text(1, 3), 0, 12)),
  Tags: optional(list(structure({ Key: text(1, 5), Value: text(0, 5) }))),
} as const

const read = (query: string) => readQueryInput(SHAPE, new Map(new URLSearchParams(query)))

test('parameters become members by their shape', () => {
  assert.deepEqual(
    read(
      'Action=X&Version=1&Name=n&Count=7&Flag=true&At=2026-03-01T12:00:00Z&Unknown=1&Tags.member.1.Key=a&Tags.member.1.Value=',
    ),
    { Name: 'n', Count: 7, Flag: true, At: 1_772_366_400_000, Tags: [{ Key: 'a', Value: '' }] },
  )
})

test('members of lists come in the order of their numbers', () => {
  const query = Array.from({ length: 12 }, (_, index) => `Names.member.${12 - index}=n${12 - index}`).join('&')
  const input = read(`Name=n&${query}`)
  assert.deepEqual(
    !isError(input) && input.Names,
    Array.from({ length: 12 }, (_, index) => `n${index + 1}`),
  )
})

test('a bare name is an empty list', () => {
  assert.deepEqual(read('Name=n&Names=&Tags='), { Name: 'n', Names: [], Tags: [] })
})

const REFUSED = [
  ['', "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"],
  [
    'Name=toolong',
    "1 validation error detected: Value 'toolong' at 'name' failed to satisfy constraint: Member must have length less than or equal to 5",
  ],
  ['Name=n&Count=1001', /less than or equal to 1000/],
  ['Name=n&Count=many', /'many' at 'count'/],
  ['Name=n&Count=1e3', /'1e3' at 'count'/],
  ['Name=n&Flag=yes', /'yes' at 'flag'/],
  ['Name=n&At=soon', /'soon' at 'at'/],
  ['Name=n&Tags.member.1.Value=x', /Value null at 'tags.1.member.key'/],
  ['Name=n&Tags.member.2.Key=toolong&Tags.member.2.Value=', /length less than or equal to 5/],
  ['Name=n&Names.member.1=four', /'names'/],
] as const
for (const [query, message] of REFUSED)
  test(`'${query}' is refused`, () => {
    const input = read(query)
    assert.ok(isError(input) && input.code === 'ValidationException')
    if (typeof message === 'string') assert.equal(input.message, message)
    else assert.match(input.message ?? '', message)
  })

test('names that nest without end are refused', () => {
  const input = readQueryInput(SHAPE, new Map([[`Name${'.a'.repeat(100_000)}`, '']]))
  assert.ok(isError(input) && input.code === 'SerializationException')
})

test('names of prototypes are names like any other', () => {
  const input = read('Name=n&__proto__.polluted=1&constructor.prototype.polluted=1&Tags.member.__proto__.Key=a')
  assert.deepEqual(input, { Name: 'n', Tags: [] })
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})

test('no parameters make the reader throw', () => {
  const part = fc.constantFrom(
    'Name',
    'Tags',
    'Names',
    'member',
    '1',
    '2',
    'Key',
    'Value',
    '',
    '__proto__',
    '0',
    '99999',
  )
  const name = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('.'))
  fc.assert(fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => void readQueryInput(SHAPE, new Map(pairs))))
})
