// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyKind } from '../../src/policy/types.ts'
import { templateTokens, textMatcher } from '../../src/policy/variables.ts'
import { contextOf } from './builders.ts'

const CONTEXT = contextOf({
  'aws:username': 'dana',
  'aws:PrincipalTag/team': 'red',
  'aws:PrincipalTag/wild': '*',
  'aws:PrincipalTag/self': '${aws:username}',
  'aws:PrincipalTag/empty': '',
  'aws:TagKeys': ['one'],
  'aws:ResourceTag/team': 'blue',
  'kms:EncryptionContext:twice': ['a', 'b'],
})

type Options = { readonly hasVariables?: boolean; readonly wildcards?: boolean; readonly kind?: PolicyKind }

function matches(
  pattern: string,
  actual: string,
  { hasVariables = true, wildcards = true, kind = 'identity' }: Options = {},
): boolean {
  return textMatcher(templateTokens(pattern, { kind, hasVariables }, wildcards))(actual, CONTEXT)
}

const MATCHING = [
  ['${aws:username}', 'dana'],
  ['user/${aws:username}/*', 'user/dana/x'],
  ['${AWS:UserName}', 'dana'],
  ['${aws:PrincipalTag/Team}', 'red'],
  ['${aws:username}-${aws:PrincipalTag/team}', 'dana-red'],
  ['${*}', '*'],
  ['${?}${$}', '?$'],
  ['${aws:PrincipalTag/wild}', '*'],
  ['${aws:PrincipalTag/self}', '${aws:username}'],
  ['x${aws:PrincipalTag/empty}y', 'xy'],
  ["${aws:PrincipalTag/none, 'fallback'}", 'fallback'],
  ["${ aws:PrincipalTag/team , 'fallback' }", 'red'],
  ['${aws:username', '${aws:username'],
  ['$aws', '$aws'],
] as const

for (const [pattern, actual] of MATCHING)
  test(`${pattern} stands for ${actual}`, () => {
    assert.equal(matches(pattern, actual), true)
  })

const NOT_MATCHING = [
  ['a value that the request lacks', '${aws:PrincipalTag/none}', ''],
  ['a value that the request lacks, as itself', '${aws:PrincipalTag/none}', '${aws:PrincipalTag/none}'],
  ['another value', '${aws:username}', 'eve'],
  ['a wildcard in a substituted value', '${aws:PrincipalTag/wild}', 'anything'],
  ['a variable within a substituted value', '${aws:PrincipalTag/self}', 'dana'],
  ['a list', '${aws:TagKeys}', 'one'],
  ['a key with two values', '${kms:EncryptionContext:twice}', 'a'],
  ['two values where a fallback is given', "${kms:EncryptionContext:twice, 'x'}", 'x'],
  ['an escaped star', '${*}', 'anything'],
  ['a fallback without quotes', '${aws:PrincipalTag/none, x}', 'x'],
  ['a fallback where there is a value', "${aws:PrincipalTag/team, 'x'}", 'x'],
  ['no name', '${}', ''],
] as const

for (const [what, pattern, actual] of NOT_MATCHING)
  test(`${pattern} does not stand for ${what}`, () => {
    assert.equal(matches(pattern, actual), false)
  })

test('without variables the text means itself', () => {
  assert.equal(matches('${aws:username}', 'dana', { hasVariables: false }), false)
  assert.equal(matches('${aws:username}', '${aws:username}', { hasVariables: false }), true)
  assert.equal(matches('${*}', '${anything}', { hasVariables: false }), true)
})

test('stars are themselves where wildcards do not act', () => {
  assert.equal(matches('a*', 'abc', { wildcards: false }), false)
  assert.equal(matches('a*', 'a*', { wildcards: false }), true)
})

test('tags of the key have no value in a key policy', () => {
  assert.equal(matches('${aws:ResourceTag/team}', 'blue', { kind: 'identity' }), true)
  assert.equal(matches('${aws:ResourceTag/team}', 'blue', { kind: 'key' }), false)
})
