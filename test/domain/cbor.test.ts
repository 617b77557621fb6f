import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeCbor } from '../../src/domain/cbor.ts'
import { encodeCbor } from '../support/cbor.ts'

const { item } = fc.letrec<{ item: unknown }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer(),
    fc.maxSafeNat(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('item'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie('item')), { maxLength: 5, selector: ([k]) => k })
      .map((entries) => new Map(entries)),
  ),
}))

const parseItem = (value: unknown) => value as Parameters<typeof encodeCbor>[0]

test('what was encoded in shortest form is read as it was', () => {
  fc.assert(
    fc.property(item, (value) => assert.deepEqual(plain(decodeCbor(encodeCbor(parseItem(value)))), plain(value))),
  )
})

/** Byte strings are views of the document. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, plain(v)]))
  return Array.isArray(value) ? value.map(plain) : value
}

test('whatever the bytes are, reading ends without throwing, and what it reads encodes to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = decodeCbor(bytes)
      if (read !== undefined) assert.deepEqual(encodeCbor(read), Buffer.from(bytes))
    }),
    { numRuns: 2_000 },
  )
})

test('no beginning of an item is an item, and nothing may follow one', () => {
  fc.assert(
    fc.property(item, (value) => {
      const bytes = encodeCbor(parseItem(value))
      for (let end = 0; end < bytes.length; end += 1) assert.equal(decodeCbor(bytes.subarray(0, end)), undefined)
      assert.equal(decodeCbor(Buffer.concat([bytes, Buffer.of(0)])), undefined)
    }),
    { numRuns: 50 },
  )
})

const REFUSED: ReadonlyArray<readonly [string, string]> = [
  ['nothing', ''],
  ['a length that is not the shortest', '1817'],
  ['a two-byte length that fits one', '1900ff'],
  ['a four-byte length that fits two', '1a0000ffff'],
  ['an eight-byte length that fits four', '1b00000000ffffffff'],
  ['an integer beyond what a number holds', '1b0020000000000000'],
  ['an indefinite byte string', '5f4101ff'],
  ['an indefinite text', '7f6161ff'],
  ['an indefinite array', '9fff'],
  ['an indefinite map', 'bfff'],
  ['a break', 'ff'],
  ['reserved additional information', '1c'],
  ['a tag', 'c000'],
  ['undefined', 'f7'],
  ['a half', 'f93e00'],
  ['a double', 'fb3ff8000000000000'],
  ['a simple value', 'e0'],
  ['text that is not UTF-8', '62c328'],
  ['a surrogate', '63eda080'],
  ['a map with a key twice', 'a201000100'],
  ['a map with an array as a key', 'a18000'],
  ['a map with bytes as a key', 'a1410000'],
  ['a byte string that claims more than there is', '5b7fffffffffffffff00'],
  ['an array that claims more than there is', '9b001fffffffffffff'],
  ['nesting without end', '81'.repeat(100)],
  ['more items than any document has', `9a00000801${'00'.repeat(2049)}`],
]
for (const [what, hex] of REFUSED)
  test(`${what} is refused`, () => assert.equal(decodeCbor(Buffer.from(hex, 'hex')), undefined))

test('names of prototypes are ordinary keys', () => {
  const read = decodeCbor(encodeCbor(new Map([['__proto__', 1]])))
  assert.deepEqual(read, new Map([['__proto__', 1]]))
})
