import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountResource, decideIdentityAccess, decideRoleAccess } from '../../src/policy/identity-access.ts'
import type { Decision, Principal } from '../../src/policy/types.ts'
import {
  ALLOW_ALL,
  ALLOW_DESCRIBE,
  attached,
  DENY_ALL,
  federated,
  OTHER,
  OWN,
  policyOf,
  ROOT,
  requestContext,
  root,
  service,
  session,
  user,
  webIdentity,
} from './builders.ts'

function outcome(decision: Decision): string {
  if (decision.allowed) return 'allow'
  return decision.kind === 'explicit' ? `explicit ${decision.by.source}` : decision.missing
}

const iam = { identityPolicies: [ALLOW_ALL] }
const WHOLE_ACCOUNT = accountResource('kms:CreateKey', { region: 'us-east-1', account: OWN })
const on = (resource: string) =>
  user('dana', { identityPolicies: [attached({ Effect: 'Allow', Action: 'kms:ListKeys', Resource: resource })] })

const KEYLESS: readonly (readonly [sentence: string, principal: Principal, outcome: string])[] = [
  ['the root user may', root, 'allow'],
  ['a user without IAM may not', user('dana'), 'identity-policy'],
  ['a user with IAM on everything may', on('*'), 'allow'],
  ['a user with IAM on the account may', on(`arn:aws:kms:us-east-1:${OWN}:*`), 'allow'],
  ['a user with IAM on the account in every Region may', on(`arn:aws:kms:*:${OWN}:*`), 'allow'],
  ['a user with IAM on all keys may not', on(`arn:aws:kms:us-east-1:${OWN}:key/*`), 'identity-policy'],
  ['a user with IAM in another Region may not', on(`arn:aws:kms:us-west-2:${OWN}:*`), 'identity-policy'],
  ['a boundary limits', user('dana', { ...iam, boundary: ALLOW_DESCRIBE }), 'permissions-boundary'],
  ['a session policy limits', session({ ...iam, sessionPolicies: [ALLOW_DESCRIBE] }), 'session-policy'],
  ['a federated user without session policies may not', federated(iam), 'session-policy'],
  ['a deny is final', user('dana', { identityPolicies: [ALLOW_ALL, DENY_ALL] }), 'explicit identity-policy'],
  [
    'a deny of the first policy is final',
    user('dana', { identityPolicies: [DENY_ALL, ALLOW_ALL] }),
    'explicit identity-policy',
  ],
  ['a service may not', service, 'identity-policy'],
  ['a web identity may not', webIdentity, 'identity-policy'],
  ['a principal of another account may not', user('oscar', iam, OTHER), 'other-account'],
  ['the root user of another account may not', { ...root, account: user('x', {}, OTHER).account }, 'other-account'],
]

for (const [sentence, principal, expected] of KEYLESS)
  test(`without a key: ${sentence}`, () => {
    const decision = decideIdentityAccess({
      principal,
      action: 'kms:ListKeys',
      resource: WHOLE_ACCOUNT,
      account: OWN,
      context: requestContext(principal),
    })
    assert.equal(outcome(decision), expected)
  })

test('the account as a resource is in the partition of its Region', () => {
  assert.equal(
    accountResource('kms:CreateKey', { region: 'cn-north-1', account: OWN }),
    `arn:aws-cn:kms:cn-north-1:${OWN}:*`,
  )
  assert.equal(
    accountResource('cloudtrail:LookupEvents', { region: 'us-east-1', account: OWN }),
    `arn:aws:cloudtrail:us-east-1:${OWN}:*`,
  )
  assert.equal(accountResource('iam:ListUsers', { region: 'us-east-1', account: OWN }), `arn:aws:iam::${OWN}:*`)
})

const ALIAS = `arn:aws:kms:us-east-1:${OWN}:alias/app`

test('an alias is covered by its own ARN, not by those of keys', () => {
  const decide = (resource: string) => {
    const principal = user('dana', {
      identityPolicies: [attached({ Effect: 'Allow', Action: 'kms:CreateAlias', Resource: resource })],
    })
    return outcome(
      decideIdentityAccess({
        principal,
        action: 'kms:CreateAlias',
        resource: ALIAS,
        account: OWN,
        context: requestContext(principal),
      }),
    )
  }
  assert.equal(decide(ALIAS), 'allow')
  assert.equal(decide(`arn:aws:kms:us-east-1:${OWN}:alias/other`), 'identity-policy')
  assert.equal(decide(`arn:aws:kms:us-east-1:${OWN}:key/*`), 'identity-policy')
})

const ROLE_ARN = `arn:aws:iam::${OWN}:role/App`
const trust = (principal: unknown, action = 'sts:AssumeRole', effect = 'Allow') => ({
  Effect: effect,
  Principal: principal,
  Action: action,
})
const WEB = 'sts:AssumeRoleWithWebIdentity'

const ASSUMED: readonly (readonly [
  sentence: string,
  principal: Principal,
  statements: unknown,
  action: string,
  outcome: string,
])[] = [
  ['a user who is trusted needs no IAM', user('dana'), trust({ AWS: user('dana').arn }), 'sts:AssumeRole', 'allow'],
  ['IAM alone never suffices', user('eve', iam), trust({ AWS: user('dana').arn }), 'sts:AssumeRole', 'resource-policy'],
  ['a trusted account needs IAM', user('eve'), trust({ AWS: ROOT }), 'sts:AssumeRole', 'identity-policy'],
  ['a trusted account with IAM is enough', user('eve', iam), trust({ AWS: ROOT }), 'sts:AssumeRole', 'allow'],
  [
    'another account that is trusted needs IAM',
    user('oscar', {}, OTHER),
    trust({ AWS: user('oscar', {}, OTHER).arn }),
    'sts:AssumeRole',
    'other-account',
  ],
  [
    'another account that is trusted and has IAM is enough',
    user('oscar', iam, OTHER),
    trust({ AWS: OTHER }),
    'sts:AssumeRole',
    'allow',
  ],
  [
    'a deny in the trust policy is final',
    user('dana', iam),
    [trust({ AWS: ROOT }), trust('*', 'sts:*', 'Deny')],
    'sts:AssumeRole',
    'explicit trust-policy',
  ],
  [
    'tags need their own permission',
    user('dana'),
    trust({ AWS: user('dana').arn }),
    'sts:TagSession',
    'resource-policy',
  ],
  [
    'a token of a trusted provider is enough',
    webIdentity,
    trust({ Federated: webIdentity.provider }, WEB),
    WEB,
    'allow',
  ],
  [
    'a token of another provider is not',
    webIdentity,
    trust({ Federated: 'accounts.google.com' }, WEB),
    WEB,
    'resource-policy',
  ],
  ['everyone does not cover tokens', webIdentity, trust('*', WEB), WEB, 'resource-policy'],
  ['a trusted service is enough', service, trust({ Service: 's3.amazonaws.com' }), 'sts:AssumeRole', 'allow'],
]

for (const [sentence, principal, statements, action, expected] of ASSUMED)
  test(`assuming a role: ${sentence}`, () => {
    const role = { arn: ROLE_ARN, account: OWN, trustPolicy: policyOf('trust', statements) }
    assert.equal(outcome(decideRoleAccess({ principal, action, role, context: requestContext(principal) })), expected)
  })
