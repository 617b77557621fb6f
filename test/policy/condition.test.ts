// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Condition, compileCondition, parseOperatorName } from '../../src/policy/condition.ts'
import { OPERATORS } from '../../src/policy/operators.ts'
import type { PolicyKind } from '../../src/policy/types.ts'
import { contextOf } from './builders.ts'

type Values = string | readonly string[]
type Options = { readonly effect?: 'Allow' | 'Deny'; readonly kind?: PolicyKind; readonly hasVariables?: boolean }
type Actual = Readonly<Record<string, Values>>

/** Whether `{ operator: { key: values } }` holds in a request that carries `actual`. */
function holds(operator: string, key: string, values: Values, actual: Actual, options: Options = {}): boolean {
  const name = parseOperatorName(operator)
  assert.ok(name, operator)
  const condition: Condition = {
    text: operator,
    name,
    key: key.toLowerCase(),
    values: typeof values === 'string' ? [values] : values,
  }
  const { effect = 'Allow', kind = 'identity', hasVariables = true } = options
  return compileCondition(condition, { kind, hasVariables }, effect)(contextOf(actual))
}

const K = 'aws:PrincipalTag/k'
const ROLE = 'arn:aws:iam::111122223333:role/a/B'

/** Operator, value in the policy, value in the request that satisfies it, value that does not. */
const TABLE = [
  ['StringEquals', 'Red', 'Red', 'red'],
  ['StringEquals', 'R*', 'R*', 'Red'],
  ['StringNotEquals', 'Red', 'red', 'Red'],
  ['StringEqualsIgnoreCase', 'Red', 'rED', 'reds'],
  ['StringNotEqualsIgnoreCase', 'Red', 'reds', 'rED'],
  ['StringLike', 'R?d*', 'Reddish', 'reddish'],
  ['StringNotLike', 'R?d*', 'red', 'Reddish'],
  ['NumericEquals', '10', '10.0', '11'],
  ['NumericNotEquals', '10', '11', '1e1'],
  ['NumericLessThan', '10', '9.99', '10'],
  ['NumericLessThanEquals', '10', '10', '10.01'],
  ['NumericGreaterThan', '10', '100', '10'],
  ['NumericGreaterThanEquals', '10', '10', '9'],
  ['DateEquals', '2026-03-01T12:00:00Z', '1772366400', '1772366401'],
  ['DateNotEquals', '2026-03-01T12:00:00Z', '1772366401', '2026-03-01T13:00:00+01:00'],
  ['DateLessThan', '2026-03-01T12:00:00Z', '2026-03-01T11:59:59Z', '2026-03-01T12:00:00Z'],
  ['DateLessThanEquals', '1772366400', '2026-03-01T12:00:00Z', '2026-03-01T12:00:01Z'],
  ['DateGreaterThan', '2026-03-01', '2026-03-01T00:00:01Z', '2026-03-01T00:00:00Z'],
  ['DateGreaterThanEquals', '2026-03-01', '2026-03-01T00:00:00Z', '2026-02-28T23:59:59Z'],
  ['Bool', 'true', 'TRUE', 'false'],
  ['BinaryEquals', 'YQ==', 'YQ==', 'Yg=='],
  ['IpAddress', '203.0.113.0/24', '203.0.113.9', '203.0.114.9'],
  ['NotIpAddress', '203.0.113.0/24', '203.0.114.9', '203.0.113.9'],
  ['ArnEquals', 'arn:aws:iam::*:role/a/*', ROLE, 'arn:aws:iam::111122223333:user/a/B'],
  ['ArnLike', 'arn:aws:iam::1111222?3333:role/*', ROLE, ROLE.toUpperCase()],
  ['ArnLike', 'arn:aws:s3:::bucket/?:b', 'arn:aws:s3:::bucket/a:b', 'arn:aws:s3:::bucket/a'],
  ['ArnNotEquals', 'arn:aws:iam::*:role/*', 'arn:aws:iam::111122223333:user/a', ROLE],
  ['ArnNotLike', 'arn:aws:iam::*:role/*', 'arn:aws:iam::111122223333:user/a', ROLE],
] as const

test('every operator has a row in the table', () => {
  assert.deepEqual(new Set(TABLE.map(([name]) => name.toLowerCase())), new Set(OPERATORS.keys()))
})

for (const [operator, expected, good, bad] of TABLE) {
  const negated = /Not/.test(operator)
  test(`${operator} ${expected} accepts ${good} and refuses ${bad}`, () => {
    assert.equal(holds(operator, K, expected, { [K]: good }), true)
    assert.equal(holds(operator, K, expected, { [K]: bad }), false)
  })
  test(`${operator} ${negated ? 'holds' : 'does not hold'} when the key is absent`, () => {
    assert.equal(holds(operator, K, expected, {}), negated)
    assert.equal(holds(operator, K, expected, { [K]: [] }), negated)
  })
  test(`${operator}IfExists holds when the key is absent and decides as ${operator} otherwise`, () => {
    assert.equal(holds(`${operator}IfExists`, K, expected, {}), true)
    assert.equal(holds(`${operator}IfExists`, K, expected, { [K]: good }), true)
    assert.equal(holds(`${operator}IfExists`, K, expected, { [K]: bad }), false)
  })
  test(`ForAllValues:${operator} wants all values and holds for none`, () => {
    const name = `ForAllValues:${operator}`
    assert.equal(holds(name, 'aws:TagKeys', expected, { 'aws:TagKeys': [good, good] }), true)
    assert.equal(holds(name, 'aws:TagKeys', expected, { 'aws:TagKeys': [good, bad] }), false)
    assert.equal(holds(name, 'aws:TagKeys', expected, {}), true)
    assert.equal(holds(`${name}IfExists`, 'aws:TagKeys', expected, {}), true)
    assert.equal(holds(`${name}IfExists`, 'aws:TagKeys', expected, { 'aws:TagKeys': [bad] }), false)
  })
  test(`ForAnyValue:${operator} wants one value and does not hold for none`, () => {
    const name = `ForAnyValue:${operator}`
    assert.equal(holds(name, 'aws:TagKeys', expected, { 'aws:TagKeys': [bad, good] }), true)
    assert.equal(holds(name, 'aws:TagKeys', expected, { 'aws:TagKeys': [bad, bad] }), false)
    assert.equal(holds(name, 'aws:TagKeys', expected, {}), false)
    assert.equal(holds(`${name}IfExists`, 'aws:TagKeys', expected, {}), true)
    assert.equal(holds(`${name}IfExists`, 'aws:TagKeys', expected, { 'aws:TagKeys': [bad] }), false)
  })
  test(`${operator} without a set operator is false for a list`, () => {
    assert.equal(holds(operator, 'aws:TagKeys', expected, { 'aws:TagKeys': [good] }), false)
    assert.equal(holds(operator, 'aws:TagKeys', expected, { 'aws:TagKeys': [bad] }), false)
    assert.equal(holds(`${operator}IfExists`, 'aws:TagKeys', expected, {}), true)
  })
  test(`${operator} takes a set operator on a single value`, () => {
    assert.equal(holds(`ForAnyValue:${operator}`, K, expected, { [K]: good }), true)
    assert.equal(holds(`ForAllValues:${operator}`, K, expected, { [K]: bad }), false)
  })
}

/** Several values in the policy. */
const ALTERNATIVES = [
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', ['a', 'b'], 'c', false],
  ['StringEquals', [], 'a', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotLike', ['a*', 'b*'], 'bc', false],
  ['NotIpAddress', ['10.0.0.0/8', '192.168.0.0/16'], '192.168.1.1', false],
] as const

for (const [operator, values, actual, verdict] of ALTERNATIVES)
  test(`${operator} ${JSON.stringify(values)} ${verdict ? 'holds' : 'does not hold'} for ${actual}`, () => {
    assert.equal(holds(operator, K, values, { [K]: actual }), verdict)
  })

test('ForAllValues with a Not operator refuses a list with a named value, ForAnyValue one of named values only', () => {
  const list = (...values: string[]) => ({ 'aws:TagKeys': values })
  assert.equal(holds('ForAllValues:StringNotEquals', 'aws:TagKeys', ['a', 'b'], list('c', 'd')), true)
  assert.equal(holds('ForAllValues:StringNotEquals', 'aws:TagKeys', ['a', 'b'], list('c', 'a')), false)
  assert.equal(holds('ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a', 'b'], list('a', 'b')), false)
  assert.equal(holds('ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a', 'b'], list('a', 'c')), true)
})

const PRESENCE = [
  ['true', {}, true],
  ['true', { [K]: [] }, true],
  ['true', { [K]: 'x' }, false],
  ['false', {}, false],
  ['FALSE', { [K]: '' }, true],
  ['maybe', {}, false],
  ['maybe', { [K]: 'x' }, false],
] as const

for (const [value, actual, verdict] of PRESENCE)
  test(`Null ${value} is ${verdict} for ${JSON.stringify(actual)}`, () => {
    assert.equal(holds('Null', K, value, actual), verdict)
  })

const UNREADABLE = [
  ['NumericEquals', '10', 'ten'],
  ['NumericLessThan', '10', ''],
  ['DateLessThan', '2026-03-01', 'yesterday'],
  ['Bool', 'true', '1'],
  ['Bool', 'yes', 'yes'],
  ['IpAddress', '0.0.0.0/0', 'localhost'],
  ['BinaryEquals', 'YQ==', 'YQ'],
  ['ArnLike', 'arn:aws:iam::*:role/*', 'role/a'],
  ['ArnLike', 'role/a', 'role/a'],
  ['ArnLike', '*', ROLE],
  ['ArnLike', 'arn:aws:iam:*:role/a/B', ROLE],
  ['ArnLike', 'arn:aws:*:role/a/B', ROLE],
] as const

for (const [operator, expected, actual] of UNREADABLE)
  test(`${operator} ${expected} matches nothing in ${JSON.stringify(actual)}`, () => {
    assert.equal(holds(operator, K, expected, { [K]: actual }), false)
  })

test('operators and keys are the same in any letter case, values are not', () => {
  assert.equal(
    holds('sTRINGeQUALSiFeXISTS', 'KMS:EncryptionContext:TENANT', 'a', { 'kms:encryptioncontext:Tenant': 'a' }),
    true,
  )
  assert.equal(holds('forALLvalues:stringequals', 'aws:tagkeys', 'a', { 'aws:TagKeys': ['A'] }), false)
})

const UNKNOWN = [
  '',
  'StringMatches',
  'StringEqualsIfExist',
  'IfExists',
  'ForSomeValues:StringEquals',
  'ForAllValues:',
  'NullIfExists',
  'ForAllValues:ForAnyValue:StringEquals',
  '__proto__',
]

for (const operator of UNKNOWN)
  test(`${JSON.stringify(operator)} is no operator`, () => {
    assert.equal(parseOperatorName(operator), undefined)
  })

test('a value that two pairs of one name give must all satisfy an Allow and any a Deny', () => {
  const key = 'kms:EncryptionContext:tenant'
  const both = { [key]: ['t-1', 't-2'] }
  assert.equal(holds('StringEquals', key, 't-1', both, { effect: 'Allow' }), false)
  assert.equal(holds('StringEquals', key, ['t-1', 't-2'], both, { effect: 'Allow' }), true)
  assert.equal(holds('StringEquals', key, 't-1', both, { effect: 'Deny' }), true)
  assert.equal(holds('StringNotEquals', key, 't-1', both, { effect: 'Deny' }), true)
})

test('a variable without value never matches, which satisfies a Not operator', () => {
  assert.equal(holds('StringEquals', K, '${aws:none}', { [K]: '' }), false)
  assert.equal(holds('StringNotEquals', K, '${aws:none}', { [K]: 'x' }), true)
})

test('variables are alive in values of Arn operators, also before the resource part', () => {
  const actual = { [K]: ROLE, 'aws:PrincipalAccount': '111122223333' }
  assert.equal(holds('ArnLike', K, 'arn:aws:iam::${aws:PrincipalAccount}:role/*', actual), true)
  assert.equal(
    holds('ArnLike', K, 'arn:aws:iam::${aws:PrincipalAccount}:role/*', { ...actual, 'aws:PrincipalAccount': '*' }),
    false,
  )
})

test('aliases and tags of the key are absent in a key policy', () => {
  const actual = { 'aws:ResourceTag/a': 'b', 'kms:ResourceAliases': ['alias/x'] }
  for (const [operator, key, value] of [
    ['StringEquals', 'aws:ResourceTag/a', 'b'],
    ['ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/x'],
    ['Null', 'aws:ResourceTag/a', 'false'],
  ] as const) {
    assert.equal(holds(operator, key, value, actual, { kind: 'identity' }), true)
    assert.equal(holds(operator, key, value, actual, { kind: 'key' }), false)
  }
})
