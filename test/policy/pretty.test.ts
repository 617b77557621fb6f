import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultKeyPolicy } from '../../src/policy/document.ts'
import { formatPolicy } from '../../src/policy/pretty.ts'
import { OWN, ROOT } from './builders.ts'

test('the default key policy is shown as GetKeyPolicy shows it', () => {
  const shown = [
    '{',
    '  "Version" : "2012-10-17",',
    '  "Id" : "key-default-1",',
    '  "Statement" : [ {',
    '    "Sid" : "Enable IAM User Permissions",',
    '    "Effect" : "Allow",',
    '    "Principal" : {',
    '      "AWS" : "arn:aws:iam::111122223333:root"',
    '    },',
    '    "Action" : "kms:*",',
    '    "Resource" : "*"',
    '  } ]',
    '}',
  ]
  assert.equal(formatPolicy(defaultKeyPolicy(ROOT)), shown.join('\n'))
})

const SHOWN = [
  ['{}', '{ }'],
  ['[]', '[ ]'],
  ['["a","b"]', '[ "a", "b" ]'],
  ['[{"a":1},{"b":2}]', '[ {\n  "a" : 1\n}, {\n  "b" : 2\n} ]'],
  ['{"z":1,"a":2,"1":3}', '{\n  "z" : 1,\n  "a" : 2,\n  "1" : 3\n}'],
  ['[1.0,1e3,true,null]', '[ 1.0, 1e3, true, null ]'],
  ['"\\/\\"\\\\\\t\\u0001"', '"/\\"\\\\\\t\\u0001"'],
  ['"\\u4e2d\\u00e9"', '"\\u4E2Dé"'],
] as const

for (const [text, shown] of SHOWN)
  test(`${text} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(formatPolicy(text), shown)
  })

test('principals of AWS members are shown as the caller of formatPolicy says, and nothing else is', () => {
  const text = JSON.stringify({
    Id: OWN,
    Statement: [
      { Sid: OWN, Principal: { AWS: [OWN, 'x'], Service: OWN }, Condition: { StringEquals: { AWS: OWN } } },
      { NotPrincipal: { AWS: OWN }, Principal: '*' },
    ],
  })
  const shown = formatPolicy(text, (value) => (value === OWN ? ROOT : value))
  assert.deepEqual(JSON.parse(shown), {
    Id: OWN,
    Statement: [
      { Sid: OWN, Principal: { AWS: [ROOT, 'x'], Service: OWN }, Condition: { StringEquals: { AWS: OWN } } },
      { NotPrincipal: { AWS: ROOT }, Principal: '*' },
    ],
  })
})

test('showing a policy changes its spaces only, and showing it again changes nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value)
      const shown = formatPolicy(text)
      assert.equal(JSON.stringify(JSON.parse(shown)), JSON.stringify(JSON.parse(text)))
      assert.equal(formatPolicy(shown), shown)
    }),
  )
})

test('what is shown stays within the characters of the wire', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.match(formatPolicy(JSON.stringify({ a: text })), /^[\n\u0020-\u00ff]*$/)
    }),
  )
})

test('a text that was never a policy is a mistake of the program', () => {
  assert.throws(() => formatPolicy('{'), TypeError)
})
