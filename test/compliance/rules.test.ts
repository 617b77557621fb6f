import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parametersOf, wrongParameter } from '../../src/compliance/rule.ts'
import { findManagedRule, MANAGED_RULES } from '../../src/compliance/rules.ts'
import {
  administeringStatements,
  adminStatement,
  blockedStatement,
  overBroad,
  publicStatement,
  unconditionalOnAllKeys,
} from '../../src/compliance/statements.ts'
import { annotation, violation } from '../../src/compliance/verdict.ts'
import { isError } from '../../src/domain/error.ts'
import type { IamUser } from '../../src/domain/iam.ts'
import { parsePolicy } from '../../src/policy/document.ts'
import type { PolicyKind } from '../../src/policy/types.ts'

const ACCOUNT = '111122223333'
const ALICE = parseUser()

function parseUser(): IamUser {
  const arn = `arn:aws:iam::${ACCOUNT}:user/alice`
  const nothing = { tags: [], inlinePolicies: [], attachedPolicies: [], groups: [], mfaDevices: [] }
  return {
    kind: 'user',
    account: ACCOUNT,
    id: 'AIDA',
    name: 'alice',
    path: '/',
    arn,
    revision: 1,
    createdAt: 0,
    ...nothing,
  } as unknown as IamUser
}
type Members = { readonly [name: string]: unknown }

function statements(kind: PolicyKind, ...given: readonly Members[]) {
  const Statement = given.map((each) => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...each }))
  const document = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement }), kind)
  if (isError(document)) assert.fail(document.message)
  return document.statements
}
const keyPolicy = (...given: readonly Members[]) => statements('key', ...given)
const identity = (...given: readonly Members[]) => statements('identity', ...given)
const EVERYBODY = { Principal: '*' }
const ROOT = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }

/** Source: AWS Config, kms-key-policy-no-public-access. */
const PUBLIC: readonly (readonly [string, Members, boolean])[] = [
  ['everybody', EVERYBODY, true],
  ['everybody, as AWS principals', { Principal: { AWS: '*' } }, true],
  ['everybody, denied', { ...EVERYBODY, Effect: 'Deny' }, false],
  ['all but one account', { NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }, true],
  ['the own account', ROOT, false],
  ['callers of one account', { ...EVERYBODY, Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } }, false],
  ['callers of any account', { ...EVERYBODY, Condition: { StringLike: { 'kms:CallerAccount': '*' } } }, true],
  [
    'callers of an account or of any',
    { ...EVERYBODY, Condition: { StringLike: { 'kms:CallerAccount': [ACCOUNT, '1*'] } } },
    true,
  ],
  [
    'callers who are as a variable says',
    { ...EVERYBODY, Condition: { StringEquals: { 'aws:userid': '$' + '{aws:userid}' } } },
    true,
  ],
  [
    'callers not of an account',
    { ...EVERYBODY, Condition: { StringNotEquals: { 'kms:CallerAccount': ACCOUNT } } },
    true,
  ],
  [
    'callers of an account or of none',
    { ...EVERYBODY, Condition: { StringEqualsIfExists: { 'aws:PrincipalAccount': ACCOUNT } } },
    true,
  ],
  [
    'callers through a service',
    { ...EVERYBODY, Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } },
    true,
  ],
  ['callers from everywhere', { ...EVERYBODY, Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }, true],
  ['callers from one network', { ...EVERYBODY, Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }, false],
]
for (const [who, statement, isPublic] of PUBLIC)
  test(`a key policy for ${who} is ${isPublic ? 'public' : 'not public'}`, () => {
    assert.equal(publicStatement(keyPolicy(ROOT, statement)) !== undefined, isPublic)
  })

const OVER_BROAD: readonly (readonly [string, Members, RegExp | undefined])[] = [
  ['the own account everything', ROOT, undefined],
  [
    'another account one action',
    { Principal: { AWS: '444455556666' }, Action: 'kms:Decrypt' },
    /trusts the whole of account 444455556666/,
  ],
  [
    'a role of another account one action',
    { Principal: { AWS: 'arn:aws:iam::444455556666:role/r' }, Action: 'kms:Decrypt' },
    undefined,
  ],
  ['a user everything', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` } }, /every action.*alice/],
  [
    'a user everything under a condition',
    {
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` },
      Condition: { Bool: { 'aws:SecureTransport': 'true' } },
    },
    undefined,
  ],
  [
    'a user all but one action',
    { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` }, Action: undefined, NotAction: 'kms:PutKeyPolicy' },
    /NotAction/,
  ],
  [
    'a user some actions',
    { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/alice` }, Action: ['kms:Encrypt', 'kms:Decrypt*'] },
    undefined,
  ],
]
for (const [what, statement, why] of OVER_BROAD)
  test(`a key policy that gives ${what} is ${why ? 'over-broad' : 'not over-broad'}`, () => {
    const told = overBroad(keyPolicy(statement), ACCOUNT)
    if (why) assert.match(told ?? '', why)
    else assert.equal(told, undefined)
  })

const KEYS = `arn:aws:kms:us-east-1:${ACCOUNT}:key`
const DECRYPT: readonly (readonly [string, Members, boolean])[] = [
  ['Decrypt on everything', { Action: 'kms:Decrypt' }, true],
  ['all of KMS on everything', { Action: 'kms:*' }, true],
  ['everything on everything', { Action: '*' }, true],
  ['Decrypt on all keys of the account', { Action: 'kms:Decrypt', Resource: `${KEYS}/*` }, true],
  ['Decrypt on one key', { Action: 'kms:Decrypt', Resource: `${KEYS}/1234abcd-12ab-34cd-56ef-1234567890ab` }, false],
  ['Decrypt on aliases', { Action: 'kms:Decrypt', Resource: `arn:aws:kms:*:${ACCOUNT}:alias/*` }, false],
  ['Decrypt on everything but one key', { Action: 'kms:Decrypt', Resource: undefined, NotResource: `${KEYS}/a` }, true],
  ['Encrypt on everything', { Action: 'kms:Encrypt' }, false],
  ['all but Decrypt on everything', { Action: undefined, NotAction: ['kms:Decrypt', 'kms:ReEncryptFrom'] }, false],
  ['all but IAM on everything', { Action: undefined, NotAction: 'iam:*' }, true],
  ['ReEncrypt* on everything', { Action: 'kms:ReEncrypt*' }, true],
  ['Decrypt on everything, denied', { Effect: 'Deny', Action: 'kms:Decrypt' }, false],
  [
    'Decrypt on everything under a condition',
    { Action: 'kms:Decrypt', Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
    true,
  ],
]
const BLOCKED = ['kms:Decrypt', 'kms:ReEncryptFrom']
for (const [what, statement, isBlocked] of DECRYPT)
  test(`a policy that allows ${what} ${isBlocked ? 'lets decrypt' : 'does not let decrypt'} with all keys`, () => {
    assert.equal(blockedStatement(identity(statement), BLOCKED) !== undefined, isBlocked)
  })

test('a pattern of blocked actions is met by a pattern that it covers', () => {
  assert.ok(blockedStatement(identity({ Action: 'kms:Decrypt' }), ['kms:*']))
  assert.ok(blockedStatement(identity({ Action: 'kms:De*' }), ['kms:De*']))
  assert.equal(blockedStatement(identity({ Action: 's3:GetObject' }), ['kms:*']), undefined)
})

test("a condition makes Decrypt on all keys no wildcard, but AWS's rule passes over it", () => {
  const conditional = identity({
    Action: 'kms:Decrypt',
    Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
  })
  assert.equal(unconditionalOnAllKeys(conditional, 'kms:Decrypt'), undefined)
  assert.ok(blockedStatement(conditional, BLOCKED))
  assert.ok(unconditionalOnAllKeys(identity({ Action: 'kms:*' }), 'kms:Decrypt'))
})

test('admin access is everything on everything, full access every action of a service', () => {
  const [admin, service, some] = [
    identity({ Action: '*' }),
    identity({ Action: 's3:*', Resource: 'arn:aws:s3:::b' }),
    identity({ Action: 's3:Get*' }),
  ]
  const found = (which: 'all' | 'service') =>
    [admin, service, some].map((each) => adminStatement(each, which) !== undefined)
  assert.deepEqual(found('all'), [true, false, false])
  assert.deepEqual(found('service'), [true, true, false])
})

const MFA: readonly (readonly [string, Members, boolean])[] = [
  ['without a condition', {}, true],
  ['with MFA', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }, false],
  ['with MFA of some age', { Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } } }, false],
  ['with MFA where it is known', { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } } }, true],
  ['without MFA', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } }, true],
]
for (const [how, statement, isWithout] of MFA)
  test(`administration of keys ${how} is ${isWithout ? 'possible without' : 'not possible without'} a code`, () => {
    assert.equal(
      administeringStatements(identity({ Action: 'kms:ScheduleKeyDeletion', ...statement })).length > 0,
      isWithout,
    )
  })

test('use of keys is no administration', () => {
  assert.deepEqual(administeringStatements(identity({ Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Describe*'] })), [])
})

test("identifiers are AWS's or say that they are Trent's, and come once", () => {
  const identifiers = MANAGED_RULES.map(({ identifier }) => identifier)
  assert.equal(new Set(identifiers).size, identifiers.length)
  for (const identifier of identifiers) assert.match(identifier, /^[A-Z][A-Z_]+$/)
  for (const needed of [
    'CMK_BACKING_KEY_ROTATION_ENABLED',
    'KMS_CMK_NOT_SCHEDULED_FOR_DELETION',
    'KMS_KEY_POLICY_NO_PUBLIC_ACCESS',
    'IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS',
    'IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS',
    'IAM_ROOT_ACCESS_KEY_CHECK',
    'ACCESS_KEYS_ROTATED',
    'IAM_USER_UNUSED_CREDENTIALS_CHECK',
    'IAM_USER_MFA_ENABLED',
    'TRENT_KMS_KEY_UNUSED',
    'TRENT_KMS_KEY_AGE',
    'TRENT_KMS_KEY_POLICY_OVER_BROAD',
    'TRENT_KMS_KEY_ADMINISTRATORS_MFA',
    'TRENT_IAM_WILDCARD_DECRYPT',
  ])
    assert.ok(findManagedRule(needed), needed)
})

const PARAMETERS: readonly (readonly [readonly [string, string][], RegExp | undefined])[] = [
  [[['maxAccessKeyAge', '30']], undefined],
  [[], undefined],
  [[['maxAccessKeyAge', '-1']], /invalid value/],
  [[['maxAccessKeyAge', 'ninety']], /invalid value/],
  [[['maxAge', '30']], /Unknown parameters/],
]
for (const [given, wrong] of PARAMETERS)
  test(`parameters ${JSON.stringify(given)} are ${wrong ? 'refused' : 'taken'}`, () => {
    const rule = findManagedRule('ACCESS_KEYS_ROTATED')
    assert.ok(rule)
    const told = wrongParameter(rule, new Map(given))
    if (wrong) assert.match(told ?? '', wrong)
    else assert.equal(told, undefined)
    if (!wrong) assert.equal(parametersOf(rule, new Map(given)).number('maxAccessKeyAge'), given.length === 0 ? 90 : 30)
  })

test('an annotation is no longer than AWS lets it be', () => {
  assert.equal(annotation(violation('x'.repeat(300), 'y'))?.length, 256)
  assert.equal(annotation({ compliance: 'COMPLIANT' }), undefined)
})

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 22)
const USES: readonly (readonly [string, number, number | undefined, number, string])[] = [
  ['used yesterday', 300, 1, 90, 'COMPLIANT'],
  ['made yesterday and not used', 1, undefined, 90, 'COMPLIANT'],
  ['used 90 days ago', 300, 90, 90, 'NON_COMPLIANT'],
  ['made 90 days ago and not used', 90, undefined, 90, 'NON_COMPLIANT'],
  ['used 89 days ago, of 100 that are asked for', 300, 89, 100, 'COMPLIANT'],
  ['of which no use is known in 90 days, of 100 that are asked for', 300, undefined, 100, 'INSUFFICIENT_DATA'],
]
for (const [what, made, used, days, expected] of USES)
  test(`an access key ${what} is ${expected}`, () => {
    const rule = findManagedRule('IAM_USER_UNUSED_CREDENTIALS_CHECK')
    assert.ok(rule)
    const key = { accessKeyId: 'AKIA', isActive: true, createdAt: NOW - made * DAY_MS }
    const accessKeys = [used === undefined ? key : { ...key, lastUsedAt: NOW - used * DAY_MS }]
    const subject = { type: 'AWS::IAM::User', entity: ALICE, documents: [], groupDocuments: [], accessKeys } as const
    const parameters = parametersOf(rule, new Map([['maxCredentialUsageAge', String(days)]]))
    assert.equal(rule.judge(subject, parameters, NOW).compliance, expected)
    const inactive = { ...subject, accessKeys: accessKeys.map((each) => ({ ...each, isActive: false })) }
    assert.equal(rule.judge(inactive, parameters, NOW).compliance, 'COMPLIANT')
  })

test('a rule is not applicable to a resource of another type', () => {
  const rule = findManagedRule('CMK_BACKING_KEY_ROTATION_ENABLED')
  const subject = { type: 'AWS::IAM::User', entity: ALICE, documents: [], groupDocuments: [], accessKeys: [] } as const
  assert.equal(rule?.judge(subject, parametersOf(rule, new Map()), NOW).compliance, 'NOT_APPLICABLE')
})
