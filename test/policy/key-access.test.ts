import assert from 'node:assert/strict'
import { test } from 'node:test'
import { denialMessage } from '../../src/policy/denial.ts'
import type { KeyGrant } from '../../src/policy/grant.ts'
import { decideKeyAccess, decideMissingKey, grantNames, type KeyAccess } from '../../src/policy/key-access.ts'
import type { Decision, Principal } from '../../src/policy/types.ts'
import {
  ALLOW_ALL,
  ALLOW_DESCRIBE,
  attached,
  DEFAULT_POLICY,
  DENY_ALL,
  federated,
  KEY_ARN,
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

const USER = `arn:aws:iam::${OWN}:user/dana`
const ROLE = `arn:aws:iam::${OWN}:role/Batch`
const allow = (principal: unknown, action: unknown = 'kms:*', more: object = {}) => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...more,
})
const deny = (principal: unknown, action: unknown = 'kms:*') => ({
  Effect: 'Deny',
  Principal: principal,
  Action: action,
  Resource: '*',
})

/** A key policy that says nothing about anybody in these tests. */
const SILENT = policyOf('key', allow({ AWS: `arn:aws:iam::${OWN}:user/nobody` }))

type Given = Partial<Pick<KeyAccess, 'action' | 'grants'>> & { readonly policy?: unknown }

function decide(principal: Principal, { policy, action = 'kms:Encrypt', grants = [] }: Given = {}): Decision {
  const compiled = policy === undefined ? DEFAULT_POLICY : policy === SILENT ? SILENT : policyOf('key', policy)
  return decideKeyAccess({
    principal,
    action,
    key: { arn: KEY_ARN, account: OWN, policy: compiled },
    grants,
    context: requestContext(principal),
  })
}

/** `allow`, or what denied. */
function outcome(decision: Decision): string {
  if (decision.allowed) return 'allow'
  return decision.kind === 'explicit' ? `explicit ${decision.by.source}` : decision.missing
}

const iam = { identityPolicies: [ALLOW_ALL] }
const narrow = { boundary: ALLOW_DESCRIBE }
const DECISIONS: readonly (readonly [sentence: string, principal: Principal, given: Given, outcome: string])[] = [
  ['a user needs IAM where the policy names the account', user('dana'), {}, 'identity-policy'],
  ['a user with IAM is allowed where the policy names the account', user('dana', iam), {}, 'allow'],
  ['IAM alone is worthless', user('dana', iam), { policy: SILENT }, 'resource-policy'],
  [
    'an IAM deny counts without delegation',
    user('dana', { identityPolicies: [DENY_ALL] }),
    { policy: allow({ AWS: USER }) },
    'explicit identity-policy',
  ],
  [
    'a deny beats an allow in the same layer',
    user('dana', { identityPolicies: [ALLOW_ALL, DENY_ALL] }),
    {},
    'explicit identity-policy',
  ],
  [
    'delegation covers its own actions only',
    user('dana', iam),
    { policy: allow({ AWS: ROOT }, 'kms:Describe*') },
    'resource-policy',
  ],
  [
    'delegation holds under its condition only',
    user('dana', iam),
    { policy: allow({ AWS: ROOT }, 'kms:*', { Condition: { Bool: { 'aws:ViaAWSService': 'true' } } }) },
    'resource-policy',
  ],
  ['a user who is named needs no IAM', user('dana'), { policy: allow({ AWS: USER }) }, 'allow'],
  ['another user who is not named is refused', user('eve', iam), { policy: allow({ AWS: USER }) }, 'resource-policy'],
  ['everyone covers users of the account', user('eve'), { policy: allow('*') }, 'allow'],
  [
    'everyone does not cover another account without IAM',
    user('oscar', {}, OTHER),
    { policy: allow('*') },
    'other-account',
  ],
  ['everyone and IAM cover another account', user('oscar', iam, OTHER), { policy: allow('*') }, 'allow'],
  [
    'the root user is bound by a deny of the key policy',
    root,
    { policy: [allow({ AWS: ROOT }), deny({ AWS: ROOT })] },
    'explicit key-policy',
  ],
  ['the root user is not allowed by IAM', root, { policy: SILENT }, 'resource-policy'],
  [
    'the root user of another account needs the key policy',
    { ...root, account: user('x', {}, OTHER).account },
    { policy: SILENT },
    'other-account',
  ],
  [
    'the root user of another account needs nothing but the key policy',
    { ...root, account: user('x', {}, OTHER).account },
    { policy: allow({ AWS: OTHER }) },
    'allow',
  ],
  [
    'a deny on the account covers its users',
    user('dana', iam),
    { policy: [allow({ AWS: USER }), deny({ AWS: ROOT })] },
    'explicit key-policy',
  ],
  [
    'a deny on a role covers its sessions',
    session(iam),
    { policy: [allow({ AWS: ROOT }), deny({ AWS: ROLE })] },
    'explicit key-policy',
  ],
  [
    'a deny on a session spares others of the role',
    session(iam),
    { policy: [allow({ AWS: ROOT }), deny({ AWS: `arn:aws:sts::${OWN}:assumed-role/Batch/run8` })] },
    'allow',
  ],
  ['a boundary limits IAM', user('dana', { ...iam, ...narrow }), {}, 'permissions-boundary'],
  ['a boundary never allows', user('dana', { boundary: ALLOW_ALL }), {}, 'identity-policy'],
  ['a boundary does not limit a user who is named', user('dana', narrow), { policy: allow({ AWS: USER }) }, 'allow'],
  ['a boundary does not limit everyone', user('dana', narrow), { policy: allow('*') }, 'allow'],
  [
    'a boundary does not limit everyone of a principal ARN',
    user('dana', narrow),
    { policy: allow('*', 'kms:*', { Condition: { ArnEquals: { 'aws:PrincipalArn': USER } } }) },
    'allow',
  ],
  [
    'a deny in a boundary is final',
    user('dana', { boundary: DENY_ALL }),
    { policy: allow({ AWS: USER }) },
    'explicit permissions-boundary',
  ],
  [
    'a role that is named keeps its boundary',
    session(narrow),
    { policy: allow({ AWS: ROLE }) },
    'permissions-boundary',
  ],
  [
    'a role that is named keeps its session policy',
    session({ sessionPolicies: [ALLOW_DESCRIBE] }),
    { policy: allow({ AWS: ROLE }) },
    'session-policy',
  ],
  [
    'a role that is named is allowed within its limits',
    session({ boundary: ALLOW_ALL, sessionPolicies: [ALLOW_ALL] }),
    { policy: allow({ AWS: ROLE }) },
    'allow',
  ],
  [
    'a session that is named has no limits',
    session({ ...narrow, sessionPolicies: [ALLOW_DESCRIBE] }),
    { policy: allow({ AWS: session().arn }) },
    'allow',
  ],
  [
    'a deny in a session policy is final',
    session({ sessionPolicies: [ALLOW_ALL, DENY_ALL] }),
    { policy: allow({ AWS: session().arn }) },
    'explicit session-policy',
  ],
  ['session policies are united', session({ ...iam, sessionPolicies: [ALLOW_DESCRIBE, ALLOW_ALL] }), {}, 'allow'],
  ['an empty list of session policies allows nothing', session({ ...iam, sessionPolicies: [] }), {}, 'session-policy'],
  ['a session policy never allows', session({ sessionPolicies: [ALLOW_ALL] }), {}, 'identity-policy'],
  ['a federated user without session policies has no permissions', federated(iam), {}, 'session-policy'],
  [
    'a federated user is allowed what his session policy passes on',
    federated({ ...iam, sessionPolicies: [ALLOW_ALL] }),
    {},
    'allow',
  ],
  [
    'a federated user whose user is named needs the session policy',
    federated({ sessionPolicies: [ALLOW_DESCRIBE] }),
    { policy: allow({ AWS: USER }) },
    'session-policy',
  ],
  ['a federated user who is named needs nothing', federated(), { policy: allow({ AWS: federated().arn }) }, 'allow'],
  ['a service that is named is allowed', service, { policy: allow({ Service: 's3.amazonaws.com' }) }, 'allow'],
  [
    'a service that is not named is refused',
    service,
    { policy: allow({ Service: 'ec2.amazonaws.com' }) },
    'resource-policy',
  ],
  ['a service is not of the account', service, {}, 'resource-policy'],
  [
    'a service is bound by denies',
    service,
    { policy: [allow({ Service: 's3.amazonaws.com' }), deny('*')] },
    'explicit key-policy',
  ],
  ['a web identity never reaches a key', webIdentity, { policy: allow('*') }, 'resource-policy'],
  [
    'another account needs IAM though its user is named',
    user('oscar', {}, OTHER),
    { policy: allow({ AWS: `arn:aws:iam::${OTHER}:user/oscar` }) },
    'other-account',
  ],
  [
    'another account keeps its boundary',
    user('oscar', { ...iam, ...narrow }, OTHER),
    { policy: allow({ AWS: OTHER }) },
    'other-account',
  ],
  [
    'another account is refused by a deny of the key policy',
    user('oscar', iam, OTHER),
    { policy: [allow({ AWS: OTHER }), deny({ AWS: OTHER })] },
    'explicit key-policy',
  ],
  [
    'another account never manages a key',
    user('oscar', iam, OTHER),
    { policy: allow('*'), action: 'kms:PutKeyPolicy' },
    'other-account',
  ],
  [
    'kms:ReEncrypt is no permission for its halves',
    user('dana', { identityPolicies: [attached({ Effect: 'Allow', Action: 'kms:ReEncrypt', Resource: '*' })] }),
    { action: 'kms:ReEncryptFrom' },
    'identity-policy',
  ],
  [
    'Encrypt and Decrypt are no permission for ReEncrypt',
    user('dana'),
    { policy: allow({ AWS: USER }, ['kms:Encrypt', 'kms:Decrypt']), action: 'kms:ReEncryptTo' },
    'resource-policy',
  ],
]

for (const [sentence, principal, given, expected] of DECISIONS)
  test(sentence, () => {
    assert.equal(outcome(decide(principal, given)), expected)
  })

const CROSS_ACCOUNT =
  'Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext Sign Verify GenerateMac VerifyMac DeriveSharedSecret GetPublicKey DescribeKey GetKeyRotationStatus CreateGrant ListGrants RevokeGrant'.split(
    ' ',
  )
const OWN_ACCOUNT_ONLY =
  'CancelKeyDeletion CreateAlias DeleteAlias DeleteImportedKeyMaterial DisableKey DisableKeyRotation EnableKey EnableKeyRotation GetKeyPolicy GetParametersForImport ImportKeyMaterial ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy ReplicateKey RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion CreateKey ListKeys'.split(
    ' ',
  )

for (const operation of CROSS_ACCOUNT)
  test(`${operation} works across accounts when both sides allow`, () => {
    assert.equal(
      outcome(decide(user('oscar', iam, OTHER), { policy: allow({ AWS: OTHER }), action: `kms:${operation}` })),
      'allow',
    )
  })

for (const operation of OWN_ACCOUNT_ONLY)
  test(`${operation} never works across accounts`, () => {
    const grants = [grantTo(`arn:aws:iam::${OTHER}:user/oscar`, operation)]
    const decision = decide(user('oscar', iam, OTHER), {
      policy: allow({ AWS: OTHER }),
      action: `kms:${operation}`,
      grants,
    })
    assert.equal(outcome(decision), 'other-account')
  })

function grantTo(granteePrincipal: string, ...operations: string[]): KeyGrant {
  return { grantId: `to ${granteePrincipal}`, granteePrincipal, operations, issuingAccount: OWN }
}

const GRANTED: readonly (readonly [
  sentence: string,
  principal: Principal,
  grants: readonly KeyGrant[],
  outcome: string,
])[] = [
  ['a grant needs neither key policy nor IAM', user('dana'), [grantTo(USER, 'Encrypt')], 'allow'],
  [
    'a grant helps another account without IAM',
    user('oscar', {}, OTHER),
    [grantTo(`arn:aws:iam::${OTHER}:user/oscar`, 'Encrypt')],
    'allow',
  ],
  ['a grant of another operation does not help', user('dana'), [grantTo(USER, 'Decrypt')], 'resource-policy'],
  ['a grant to somebody else does not help', user('eve'), [grantTo(USER, 'Encrypt')], 'resource-policy'],
  ['one of several grants is enough', user('dana'), [grantTo(ROLE, 'Encrypt'), grantTo(USER, 'Encrypt')], 'allow'],
  [
    'an IAM deny beats a grant',
    user('dana', { identityPolicies: [DENY_ALL] }),
    [grantTo(USER, 'Encrypt')],
    'explicit identity-policy',
  ],
  ['a boundary does not limit a grant to a user', user('dana', narrow), [grantTo(USER, 'Encrypt')], 'allow'],
  ['a boundary limits a grant to a role', session(narrow), [grantTo(ROLE, 'Encrypt')], 'resource-policy'],
  [
    'a session policy limits a grant to a role',
    session({ sessionPolicies: [ALLOW_DESCRIBE] }),
    [grantTo(ROLE, 'Encrypt')],
    'resource-policy',
  ],
  ['a grant to a session has no limits', session(narrow), [grantTo(session().arn, 'Encrypt')], 'allow'],
  ['a grant to an account is for its root user', root, [grantTo(ROOT, 'Encrypt')], 'allow'],
  ['a grant to an account needs IAM for others', user('dana'), [grantTo(ROOT, 'Encrypt')], 'resource-policy'],
  ['a grant to an account and IAM are enough', user('dana', iam), [grantTo(ROOT, 'Encrypt')], 'allow'],
  ['a grant to a service is for that service', service, [grantTo('s3.amazonaws.com', 'Encrypt')], 'allow'],
  ['a grant to a service is for no other', service, [grantTo('ec2.amazonaws.com', 'Encrypt')], 'resource-policy'],
  ['a grant to an account is for no service', service, [grantTo(ROOT, 'Encrypt')], 'resource-policy'],
]

for (const [sentence, principal, grants, expected] of GRANTED)
  test(sentence, () => {
    assert.equal(outcome(decide(principal, { policy: SILENT, grants })), expected)
  })

const retirable: KeyGrant = { ...grantTo(ROLE, 'Encrypt'), retiringPrincipal: USER }
const issuedByOther: KeyGrant = { ...grantTo(ROLE, 'Encrypt'), issuingAccount: OTHER }
const boundTo = (grant: KeyGrant, arn: string, id: string): KeyGrant => ({ ...grant, boundPrincipals: [{ arn, id }] })
const RETIRED: readonly (readonly [
  sentence: string,
  principal: Principal,
  grants: readonly KeyGrant[],
  outcome: string,
])[] = [
  ['the retiring principal may retire', user('dana'), [retirable], 'allow'],
  ['another principal may not retire', user('eve'), [retirable], 'grant-or-identity-policy'],
  ['another principal with IAM of the owning account may retire', user('eve', iam), [retirable], 'allow'],
  [
    'IAM within a boundary that lacks RetireGrant is not enough',
    user('eve', { ...iam, ...narrow }),
    [retirable],
    'grant-or-identity-policy',
  ],
  ['IAM of a foreign account alone is not enough', user('oscar', iam, OTHER), [retirable], 'other-account'],
  ['IAM of the issuing account is enough', user('oscar', iam, OTHER), [issuedByOther], 'allow'],
  ['the issuing account without IAM is not', user('oscar', {}, OTHER), [issuedByOther], 'other-account'],
  ['the root user of the owning account may retire', root, [grantTo(ROLE, 'Encrypt')], 'allow'],
  [
    'the grantee may retire when the grant lists RetireGrant',
    session(),
    [grantTo(ROLE, 'Encrypt', 'RetireGrant')],
    'allow',
  ],
  ['the grantee may not retire otherwise', session(), [grantTo(ROLE, 'Encrypt')], 'grant-or-identity-policy'],
  [
    'a retiring account needs IAM',
    user('oscar', {}, OTHER),
    [{ ...retirable, retiringPrincipal: `arn:aws:iam::${OTHER}:root` }],
    'other-account',
  ],
  [
    'a retiring account with IAM may retire',
    user('oscar', iam, OTHER),
    [{ ...retirable, retiringPrincipal: `arn:aws:iam::${OTHER}:root` }],
    'allow',
  ],
  [
    'a deny on RetireGrant is final',
    user('dana', { identityPolicies: [DENY_ALL] }),
    [retirable],
    'explicit identity-policy',
  ],
  [
    'the retiring principal that the grant meant may retire',
    user('dana', { uniqueId: 'AIDA1' }),
    [boundTo(retirable, USER, 'AIDA1')],
    'allow',
  ],
  [
    'a user made anew with the name of the retiring principal may not retire',
    user('dana', { uniqueId: 'AIDA2' }),
    [boundTo(retirable, USER, 'AIDA1')],
    'grant-or-identity-policy',
  ],
  [
    'a role made anew with the name of the grantee may not retire, though the grant lists RetireGrant',
    session({ uniqueId: 'AROA2' }),
    [boundTo(grantTo(ROLE, 'Encrypt', 'RetireGrant'), ROLE, 'AROA1')],
    'grant-or-identity-policy',
  ],
  ['without the grant nobody retires it', root, [], 'grant-or-identity-policy'],
  ['a service does not retire', service, [retirable], 'grant-or-identity-policy'],
]

for (const [sentence, principal, grants, expected] of RETIRED)
  test(sentence, () => {
    assert.equal(outcome(decide(principal, { policy: SILENT, action: 'kms:RetireGrant', grants })), expected)
  })

test('kms:RetireGrant in a key policy gives nothing and takes away', () => {
  const given = { action: 'kms:RetireGrant', grants: [retirable] }
  assert.equal(
    outcome(decide(user('eve'), { ...given, policy: allow({ AWS: `arn:aws:iam::${OWN}:user/eve` }) })),
    'grant-or-identity-policy',
  )
  assert.equal(
    outcome(decide(user('dana'), { ...given, policy: [allow('*'), deny({ AWS: USER })] })),
    'explicit key-policy',
  )
})

test('a grant alone never gives RevokeGrant', () => {
  assert.equal(
    outcome(decide(user('dana'), { policy: SILENT, action: 'kms:RevokeGrant', grants: [retirable] })),
    'resource-policy',
  )
})

test('an allowing decision tells every statement it rests on', () => {
  const principal = session({
    ...iam,
    boundary: { ...ALLOW_ALL, name: 'limit' },
    sessionPolicies: [{ ...ALLOW_ALL, name: 'passed' }],
  })
  assert.deepEqual(decide(principal), {
    allowed: true,
    by: [
      { kind: 'statement', source: 'key-policy', index: 0, sid: 'Enable IAM User Permissions' },
      { kind: 'statement', source: 'identity-policy', policy: 'allow-all', index: 0 },
      { kind: 'statement', source: 'permissions-boundary', policy: 'limit', index: 0 },
      { kind: 'statement', source: 'session-policy', policy: 'passed', index: 0 },
    ],
  })
  assert.deepEqual(decide(user('dana'), { policy: SILENT, grants: [grantTo(USER, 'Encrypt')] }), {
    allowed: true,
    by: [{ kind: 'grant', grantId: `to ${USER}` }],
  })
})

test('a denying decision tells the statement that denied', () => {
  const policy = [allow('*'), { ...deny({ AWS: ROOT }), Sid: 'no' }]
  assert.deepEqual(decide(root, { policy }), {
    allowed: false,
    kind: 'explicit',
    by: { kind: 'statement', source: 'key-policy', index: 1, sid: 'no' },
    hidden: false,
  })
})

test('a key of another account that does not exist is answered as one that does and is not allowed', () => {
  for (const own of [{}, iam, { identityPolicies: [DENY_ALL] }]) {
    const principal = user('oscar', own, OTHER)
    const missing = decideMissingKey({ principal, action: 'kms:Encrypt', context: requestContext(principal) }, KEY_ARN)
    const denials = [missing, decide(principal, { policy: SILENT }), decide(principal, { policy: deny('*') })]
    const messages = denials.map(
      (denial) => denial.allowed || denialMessage(denial, { principal, action: 'kms:Encrypt', resource: KEY_ARN }),
    )
    assert.equal(new Set(messages).size, 1)
  }
})

test('grants are looked up by every name that may reach the principal', () => {
  assert.deepEqual(grantNames(user('dana')), [USER, ROOT, OWN])
  assert.deepEqual(grantNames(root), [ROOT, OWN])
  assert.deepEqual(grantNames(session()), [session().arn, ROLE, ROOT, OWN])
  assert.deepEqual(grantNames(federated()), [federated().arn, USER, ROOT, OWN])
  assert.deepEqual(grantNames(service), ['s3.amazonaws.com'])
})
