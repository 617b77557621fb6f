// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate, explain } from '../../src/policy/evaluate.ts'
import { contextOf, KEY_ARN, OWN, policyOf, requestContext, root, user } from './builders.ts'

type Elements = Readonly<Record<string, unknown>>

/** Whether a statement of an identity policy with these elements applies. */
function applies(elements: Elements, action: string, resource = KEY_ARN, values: Record<string, string> = {}): boolean {
  const policy = policyOf('identity', { Effect: 'Allow', Action: '*', Resource: '*', ...elements })
  const context = contextOf({ 'aws:username': 'dana', ...values })
  return (
    evaluate(policy, { principal: user('dana'), action: action.toLowerCase(), resource, context }).direct !== undefined
  )
}

const ACTIONS: readonly (readonly [element: Elements, action: string, covered: boolean])[] = [
  [{ Action: '*' }, 'kms:Decrypt', true],
  [{ Action: 'kms:*' }, 'kms:Decrypt', true],
  [{ Action: 'KMS:decrypt' }, 'kms:Decrypt', true],
  [{ Action: ['kms:Encrypt', 'kms:Decrypt'] }, 'kms:Decrypt', true],
  [{ Action: 'kms:GenerateDataKey*' }, 'kms:GenerateDataKeyPairWithoutPlaintext', true],
  [{ Action: 'kms:?ecrypt' }, 'kms:Decrypt', true],
  [{ Action: 'kms:ReEncrypt*' }, 'kms:ReEncryptFrom', true],
  [{ Action: 'kms:ReEncrypt' }, 'kms:ReEncryptFrom', false],
  [{ Action: 'kms:GenerateDataKey' }, 'kms:GenerateDataKeyWithoutPlaintext', false],
  [{ Action: 'kms:Decrypt' }, 'kms:Encrypt', false],
  [{ Action: 's3:*' }, 'kms:Decrypt', false],
  [{ Action: 'kmsx:*' }, 'kms:Decrypt', false],
  [{ Action: 'kms:' }, 'kms:Decrypt', false],
  [{ Action: undefined, NotAction: 'kms:Decrypt' }, 'kms:Decrypt', false],
  [{ Action: undefined, NotAction: 'kms:*' }, 'kms:Decrypt', false],
  [{ Action: undefined, NotAction: ['s3:*', 'kms:Encrypt'] }, 'kms:Decrypt', true],
  [{ Action: undefined, NotAction: '*' }, 'kms:Decrypt', false],
]

for (const [element, action, covered] of ACTIONS)
  test(`${JSON.stringify(element)} ${covered ? 'covers' : 'does not cover'} ${action}`, () => {
    assert.equal(applies(element, action), covered)
  })

const RESOURCES: readonly (readonly [element: Elements, resource: string, covered: boolean])[] = [
  [{ Resource: '*' }, KEY_ARN, true],
  [{ Resource: KEY_ARN }, KEY_ARN, true],
  [{ Resource: `arn:aws:kms:*:${OWN}:key/*` }, KEY_ARN, true],
  [{ Resource: 'arn:aws:kms:us-*-1:*:key/1234????-*' }, KEY_ARN, true],
  [{ Resource: ['arn:aws:kms:::x', KEY_ARN] }, KEY_ARN, true],
  [{ Resource: 'arn:aws:iam::*:user/${aws:username}' }, `arn:aws:iam::${OWN}:user/dana`, true],
  [{ Resource: 'arn:aws:s3:::b/*' }, 'arn:aws:s3:::b/a/b:c:d', true],
  [{ Resource: `arn:aws:kms:us-east-1:${OWN}:*` }, `arn:aws:kms:us-east-1:${OWN}:*`, true],
  [{ Resource: `arn:aws:kms:us-east-1:${OWN}:key/*` }, `arn:aws:kms:us-east-1:${OWN}:*`, false],
  [{ Resource: KEY_ARN.toUpperCase().replace('ARN:AWS:KMS', 'arn:aws:kms') }, KEY_ARN, false],
  [{ Resource: `arn:aws:kms:*:key/*`.concat(':x') }, KEY_ARN, false],
  [{ Resource: `arn:aws:kms:us-east-1:${OWN}:alias/app` }, KEY_ARN, false],
  [{ Resource: `arn:aws:kms:us-west-2:${OWN}:key/*` }, KEY_ARN, false],
  [{ Resource: `arn:aws:kms:us-east-1:${OWN}:key` }, KEY_ARN, false],
  [{ Resource: 'arn:aws:iam::*:user/${aws:username}' }, `arn:aws:iam::${OWN}:user/eve`, false],
  [{ Resource: 'arn:aws:iam::*:user/${aws:none}' }, `arn:aws:iam::${OWN}:user/`, false],
  [{ Resource: 'arn:aws:iam::${aws:account}:user/dana' }, `arn:aws:iam::${OWN}:user/dana`, false],
  [{ Resource: undefined, NotResource: KEY_ARN }, KEY_ARN, false],
  [{ Resource: undefined, NotResource: '*' }, KEY_ARN, false],
  [{ Resource: undefined, NotResource: 'arn:aws:kms:*:*:alias/*' }, KEY_ARN, true],
]

for (const [element, resource, covered] of RESOURCES)
  test(`${JSON.stringify(element)} ${covered ? 'covers' : 'does not cover'} ${resource}`, () => {
    assert.equal(applies(element, 'kms:Decrypt', resource, { 'aws:account': OWN }), covered)
  })

test('a variable is alive in Version 2012-10-17 only', () => {
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: '*',
    Resource: '*',
    Condition: { StringEquals: { 'aws:username': '${aws:username}' } },
  }
  const question = {
    principal: user('dana'),
    action: 'kms:decrypt',
    resource: KEY_ARN,
    context: requestContext(user('dana')),
  }
  assert.ok(evaluate(policyOf('key', statement), question).deny)
  assert.equal(evaluate(policyOf('key', statement, '2008-10-17'), question).deny, undefined)
})

const INERT = [
  ['without Action', { Action: undefined }],
  ['with an empty list of actions', { Action: [] }],
  ['with NotAction of nothing', { Action: undefined, NotAction: [] }],
  ['without Resource', { Resource: undefined }],
  ['with NotResource of nothing', { Resource: undefined, NotResource: [] }],
  ["with another key's ARN", { Resource: KEY_ARN.replace('1234abcd', '9999abcd') }],
  ['with an alias', { Resource: `arn:aws:kms:us-east-1:${OWN}:alias/x` }],
  ['with a resource that is no ARN', { Resource: 'key/1234abcd-12ab-34cd-56ef-1234567890ab' }],
  ['with a wildcard service', { Resource: 'arn:aws:*:*:*:*' }],
] as const

for (const [what, elements] of INERT)
  for (const effect of ['Allow', 'Deny'] as const)
    test(`${effect} ${what} has no effect in a key policy`, () => {
      const policy = policyOf('key', { Effect: effect, Principal: '*', Action: 'kms:*', Resource: '*', ...elements })
      const found = evaluate(policy, {
        principal: root,
        action: 'kms:decrypt',
        resource: KEY_ARN,
        context: requestContext(root),
      })
      assert.deepEqual(found, {})
    })

test('all conditions of a statement must hold', () => {
  const Condition = { StringEquals: { a: '1', b: '2' }, Bool: { c: 'true' } }
  assert.equal(applies({ Condition }, 'kms:Decrypt', KEY_ARN, { a: '1', b: '2', c: 'true' }), true)
  assert.equal(applies({ Condition }, 'kms:Decrypt', KEY_ARN, { a: '1', b: '3', c: 'true' }), false)
  assert.equal(applies({ Condition }, 'kms:Decrypt', KEY_ARN, { a: '1', b: '2', c: 'false' }), false)
  assert.equal(applies({ Condition }, 'kms:Decrypt', KEY_ARN, { a: '1', b: '2' }), false)
})

test('an explanation names, for every statement, the first element that does not match', () => {
  const policy = policyOf('key', [
    { Sid: 'a', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${OWN}:user/eve` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Deny', Principal: '*', Action: 'kms:Sign', Resource: '*' },
    { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: 'arn:aws:kms:::x' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: '*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    { Effect: 'Allow', Principal: { AWS: OWN }, Action: '*', Resource: '*' },
  ])
  const principal = user('dana')
  assert.deepEqual(
    explain(policy, { principal, action: 'kms:decrypt', resource: KEY_ARN, context: requestContext(principal) }),
    [
      { index: 0, sid: 'a', effect: 'Allow', reach: 'none', mismatch: { element: 'Principal' } },
      { index: 1, effect: 'Deny', reach: 'none', mismatch: { element: 'Action' } },
      { index: 2, effect: 'Allow', reach: 'none', mismatch: { element: 'Resource' } },
      {
        index: 3,
        effect: 'Deny',
        reach: 'none',
        mismatch: { element: 'Condition', operator: 'Bool', key: 'aws:securetransport' },
      },
      { index: 4, effect: 'Allow', reach: 'account' },
    ],
  )
})
