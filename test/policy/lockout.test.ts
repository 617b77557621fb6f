import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wouldLockOut } from '../../src/policy/lockout.ts'
import type { Principal } from '../../src/policy/types.ts'
import {
  ALLOW_ALL,
  ALLOW_DESCRIBE,
  attached,
  DEFAULT_POLICY,
  DENY_ALL,
  KEY_ARN,
  OTHER,
  OWN,
  policyOf,
  ROOT,
  requestContext,
  root,
  session,
  user,
} from './builders.ts'

const allow = (principal: unknown, action: unknown = 'kms:*', more: object = {}) => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...more,
})
const creator = attached({ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' })
const iam = { identityPolicies: [ALLOW_ALL] }
const batch = session()

const CASES: readonly (readonly [sentence: string, caller: Principal, statements: unknown, locksOut: boolean])[] = [
  ['the account is named, the root user stays', root, allow({ AWS: ROOT }), false],
  ['the account is not named, the root user is out', root, allow({ AWS: user('dana').arn }), true],
  ['the caller is named', user('dana'), allow({ AWS: user('dana').arn }), false],
  ['somebody else is named', user('eve', iam), allow({ AWS: user('dana').arn }), true],
  ['the account is named, the caller has no IAM', user('dana'), allow({ AWS: ROOT }), true],
  [
    'the account is named, the caller may only create keys',
    user('dana', { identityPolicies: [creator] }),
    allow({ AWS: ROOT }),
    true,
  ],
  ['the account is named, the caller has IAM', user('dana', iam), allow({ AWS: ROOT }), false],
  [
    'the account is named, the boundary of the caller is narrow',
    user('dana', { ...iam, boundary: ALLOW_DESCRIBE }),
    allow({ AWS: ROOT }),
    true,
  ],
  ['the action is not PutKeyPolicy', user('dana'), allow({ AWS: user('dana').arn }, ['kms:Encrypt', 'kms:Get*']), true],
  ['PutKeyPolicy is matched by a wildcard', user('dana'), allow({ AWS: user('dana').arn }, 'kms:Put*'), false],
  ['a deny takes it away', user('dana'), [allow('*'), { ...allow('*', 'kms:PutKeyPolicy'), Effect: 'Deny' }], true],
  ['an IAM deny takes it away', user('dana', { identityPolicies: [DENY_ALL] }), allow('*'), true],
  [
    'a condition does not hold',
    user('dana'),
    allow('*', 'kms:*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
    true,
  ],
  [
    'a condition holds',
    user('dana'),
    allow('*', 'kms:*', { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }),
    false,
  ],
  ['the role of the session is named', batch, allow({ AWS: batch.roleArn }), false],
  ['the session alone is named', batch, allow({ AWS: batch.arn }), true],
  [
    'the session policy is narrow, the role is not',
    session({ sessionPolicies: [ALLOW_DESCRIBE] }),
    allow({ AWS: batch.roleArn }),
    false,
  ],
  ['the caller is of another account', user('oscar', iam, OTHER), allow({ AWS: OTHER }), true],
]

for (const [sentence, caller, statements, locksOut] of CASES)
  test(`${locksOut ? 'locked out' : 'not locked out'}: ${sentence}`, () => {
    const request = { key: { arn: KEY_ARN, account: OWN }, context: requestContext(caller) }
    assert.equal(wouldLockOut(policyOf('key', statements), caller, request), locksOut)
  })

test('what session policies forbid locks nobody out, since the next session need not have them', () => {
  const caller = session({ identityPolicies: [ALLOW_ALL], sessionPolicies: [ALLOW_DESCRIBE] })
  const request = { key: { arn: KEY_ARN, account: OWN }, context: requestContext(caller) }
  assert.equal(wouldLockOut(DEFAULT_POLICY, caller, request), false)
})
