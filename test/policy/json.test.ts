import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { POLICY_DEPTH_MAX } from '../../src/domain/limits.ts'
import { type JsonValue, readJson } from '../../src/policy/json.ts'

/** The value as `JSON.parse` would give it. */
function plain(value: JsonValue): unknown {
  switch (value.type) {
    case 'object':
      return Object.fromEntries(value.members.map((member) => [member.name, plain(member.value)]))
    case 'array':
      return value.items.map(plain)
    case 'string':
      return value.text
    case 'number':
      return Number(value.text)
    case 'boolean':
      return value.value
    case 'null':
      return null
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

const REFUSED = [
  ['an empty text', ''],
  ['white space alone', ' \n'],
  ['a repeated name', '{"a":1,"a":2}'],
  ['a repeated name that is spelled with an escape', '{"a":1,"\\u0061":2}'],
  ['a repeated name further in', '{"a":[{"b":1,"b":1}]}'],
  ['text after the value', '{} {}'],
  ['a trailing comma in an object', '{"a":1,}'],
  ['a trailing comma in an array', '[1,]'],
  ['a missing comma', '[1 2]'],
  ['a missing colon', '{"a" 1}'],
  ['a name without quotes', '{a:1}'],
  ['single quotes', "{'a':1}"],
  ['an open object', '{"a":1'],
  ['an open array', '[1'],
  ['an open string', '"a'],
  ['a line break in a string', '"a\nb"'],
  ['an unknown escape', '"\\x41"'],
  ['a short unicode escape', '"\\u12"'],
  ['a sign in a unicode escape', '"\\u+123"'],
  ['a leading zero', '01'],
  ['a bare point', '1.'],
  ['a plus sign', '+1'],
  ['NaN', 'NaN'],
  ['a comment', '{}//'],
  ['a byte order mark', '\ufeff{}'],
  ['a no-break space', '\u00a0{}'],
] as const

for (const [what, text] of REFUSED)
  test(`${what} is not JSON for a policy`, () => {
    assert.equal(readJson(text), undefined)
  })

test('nesting beyond the limit is refused, up to the limit it is read', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.ok(readJson(nested(POLICY_DEPTH_MAX)))
  assert.equal(readJson(nested(POLICY_DEPTH_MAX + 1)), undefined)
  assert.equal(readJson('['.repeat(100_000)), undefined)
})

test('members keep their order, also those that look like numbers', () => {
  const json = readJson('{"b":1,"2":1,"a":1,"1":1}')
  assert.deepEqual(json?.type === 'object' && json.members.map((member) => member.name), ['b', '2', 'a', '1'])
})

test('a member named __proto__ is a member like any other', () => {
  const json = readJson('{"__proto__":{"a":1}}')
  assert.equal(json?.type === 'object' && json.members[0]?.name, '__proto__')
})

test('numbers keep their spelling', () => {
  assert.deepEqual(readJson('1.50e+3'), { type: 'number', text: '1.50e+3' })
})

test('what JSON.stringify writes is read as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const json = readJson(text)
      assert.deepEqual(json && plain(json), JSON.parse(text))
    }),
  )
})

test('a text is read only if JSON.parse reads it, and to the same value', () => {
  const fragment = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"b"',
    '1',
    '-0.5',
    'true',
    'null',
    ' ',
    '"',
    '\\',
    '\\u0041',
    'e5',
  )
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 14 }), (fragments) => {
      const text = fragments.join('')
      const json = readJson(text)
      if (json) assert.deepEqual(plain(json), JSON.parse(text))
      else assert.ok(parseOrNothing(text) === undefined || /"a".*"a"|"b".*"b"/.test(text), text)
    }),
    { numRuns: 2000 },
  )
})

test('an object with any name repeated is refused', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.nat(), fc.nat(), (names, which, where) => {
      const repeated = [...names]
      repeated.splice(where % (names.length + 1), 0, names[which % names.length] ?? '')
      const text = (list: readonly string[]) => `{${list.map((name) => `${JSON.stringify(name)}:1`).join(',')}}`
      assert.ok(readJson(text(names)))
      assert.equal(readJson(text(repeated)), undefined)
    }),
  )
})
