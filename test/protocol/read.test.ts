import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isError } from '../../src/domain/error.ts'
import { readStructure } from '../../src/protocol/read.ts'
import {
  blob,
  boolean,
  integer,
  list,
  oneOf,
  optional,
  secretText,
  stringMap,
  structure,
  text,
  timestamp,
  withDefault,
} from '../../src/protocol/shape.ts'
import { writeStructure } from '../../src/protocol/write.ts'

const MEMBERS = {
  Text: text(1, 20, '[a-z\\u00e9]+'),
  Choice: optional(oneOf('A', 'B')),
  Secret: optional(secretText(3, 5)),
  Bytes: optional(blob(1, 8)),
  Count: withDefault(integer(1, 9), 5),
  Flag: optional(boolean()),
  When: optional(timestamp()),
  Names: optional(list(text(1, 3), 0, 2)),
  Pairs: optional(stringMap()),
  Inner: optional(structure({ Name: text(0, 4), More: optional(list(structure({ Deep: integer(0, 1) }))) })),
}

const refusal = (document: unknown) => {
  const read = readStructure(MEMBERS, document)
  return isError(read) ? [read.code, read.message] : 'read'
}

test('no JSON makes reading throw, and what is read is of the declared types', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record({ Text: fc.jsonValue(), Names: fc.jsonValue(), Inner: fc.jsonValue() }),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(MEMBERS), '__proto__'), value), (document) => {
      const read = readStructure(MEMBERS, document)
      if (isError(read)) return ['SerializationException', 'ValidationException'].includes(read.code)
      return (
        typeof read.Text === 'string' &&
        Number.isInteger(read.Count) &&
        Object.getPrototypeOf(read) === Object.prototype
      )
    }),
    { numRuns: 2000 },
  )
})

test('what is written is read as it was', () => {
  const structures = fc.record(
    {
      Text: fc.stringMatching(/^[a-z]{1,20}$/),
      Choice: fc.constantFrom('A', 'B'),
      Bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
      Count: fc.integer({ min: 1, max: 9 }),
      Flag: fc.boolean(),
      When: fc.integer({ min: -8e12, max: 8e12 }),
      Names: fc.array(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 2 }),
      Inner: fc.record({ Name: fc.string({ maxLength: 4 }) }, { noNullPrototype: true }),
    },
    { requiredKeys: ['Text', 'Count'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(structures, (value) => {
      assert.deepEqual(readStructure(MEMBERS, JSON.parse(writeStructure(MEMBERS, value))), { ...value })
    }),
  )
})

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
test('exactly base64 with its padding is read as bytes', () => {
  const near = fc.string({ unit: fc.constantFrom(...'AQgw+/=-_ \n\u00e9'), maxLength: 9 })
  fc.assert(
    fc.property(near, (given) => {
      const read = readStructure({ Bytes: blob(0, 99) }, { Bytes: given })
      assert.equal(isError(read), !BASE64.test(given), JSON.stringify(given))
    }),
    { numRuns: 5000 },
  )
})

const TEXTS = [
  [{ Text: 'a' }, 'read'],
  [{ Text: 'a', Count: null, Inner: null, Other: [] }, 'read'],
  [{ Text: 'a', Bytes: 'YQ==', Pairs: { a: 'b' }, Inner: { Name: '' } }, 'read'],
  [[], ['SerializationException', undefined]],
  [null, ['SerializationException', undefined]],
  [{ Text: 1 }, ['SerializationException', 'NUMBER_VALUE can not be converted to a String']],
  [{ Text: ['a'] }, ['SerializationException', 'Start of list found where not expected.']],
  [{ Text: 'a', Names: [null] }, ['SerializationException', 'Null value found in a list.']],
  [{ Text: 'a', Pairs: { a: null } }, ['SerializationException', 'Null value found in a map.']],
  [{ Text: 'a', Inner: 'b' }, ['SerializationException', 'Expected structure or null']],
  [{ Text: '', Count: 'x' }, ['SerializationException', 'STRING_VALUE can not be converted to an Integer']],
  [{}, ['ValidationException', item("Value null at 'text'", 'Member must not be null')]],
  [
    { Text: 'a', Secret: 'hidden' },
    ['ValidationException', item("Value at 'secret'", 'Member must have length less than or equal to 5')],
  ],
  [
    { Text: 'a', Inner: { Name: 'a', More: [{ Deep: 0 }, { Deep: 2 }] } },
    [
      'ValidationException',
      item("Value '2' at 'inner.more.2.member.deep'", 'Member must have value less than or equal to 1'),
    ],
  ],
  [
    { Text: 'ab\n' },
    [
      'ValidationException',
      item("Value 'ab\n' at 'text'", 'Member must satisfy regular expression pattern: [a-z\\u00e9]+'),
    ],
  ],
] as const

function item(value: string, phrase: string): string {
  return `1 validation error detected: ${value} failed to satisfy constraint: ${phrase}`
}

for (const [document, verdict] of TEXTS)
  test(`${JSON.stringify(document)} is ${verdict === 'read' ? 'read' : `refused: ${JSON.stringify(verdict[1])}`}`, () => {
    assert.deepEqual(refusal(document), verdict)
  })

test('a member of Object.prototype is never taken for one that was sent', () => {
  assert.deepEqual(readStructure({ toString: optional(text()), constructor: optional(text()) }, {}), {})
})
