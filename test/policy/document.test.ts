import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isError } from '../../src/domain/error.ts'
import { KEY_POLICY_MAX_BYTES, POLICY_TEXT_MAX_CHARS } from '../../src/domain/limits.ts'
import { defaultKeyPolicy, parsePolicy } from '../../src/policy/document.ts'
import { formatPolicy } from '../../src/policy/pretty.ts'
import type { PolicyKind } from '../../src/policy/types.ts'
import { documentOf, documentText, OWN, ROOT } from './builders.ts'

const KINDS = ['key', 'identity', 'session', 'trust'] as const
const CODES = {
  key: 'MalformedPolicyDocumentException',
  identity: 'MalformedPolicyDocument',
  session: 'MalformedPolicyDocument',
  trust: 'MalformedPolicyDocument',
} as const satisfies Record<PolicyKind, string>

/** A good statement of each kind, for tests that spoil one element. */
const GOOD = {
  key: { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' },
  identity: { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  session: { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  trust: { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'sts:AssumeRole' },
} as const

const JSON_TEXT = 'This policy contains invalid Json'
const SYNTAX = 'Syntax errors in policy.'
const INVALID = 'Policy contains a statement with one or more invalid principals.'
const NOBODY = 'Policy contains a statement with no principal.'
const LEGACY = 'The policy failed legacy parsing'
const RISKY =
  'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified [encryption context or tag] or with an unspecified [encryption context or tag]. To fix, remove ForAllValues.'

function refusal(text: string, kind: PolicyKind): string {
  const result = parsePolicy(text, kind)
  return isError(result) ? `${result.code}: ${result.message}` : 'accepted'
}

/** The statement of that kind with some elements replaced; `undefined` takes one away. */
const spoiled = (kind: PolicyKind, elements: object) => documentText({ ...GOOD[kind], ...elements })

for (const kind of KINDS) {
  const structure = `${CODES[kind]}: ${kind === 'key' ? JSON_TEXT : SYNTAX}`
  const broken = [
    ['text that is not JSON', '{'],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['an unknown element', JSON.stringify({ Version: '2012-10-17', Statement: GOOD[kind], Comment: 'x' })],
    ['an element in another letter case', JSON.stringify({ version: '2012-10-17', Statement: GOOD[kind] })],
    ['a repeated element', documentText(GOOD[kind]).replace('{', '{"Version":"2012-10-17",')],
    ['a Version that is no text', JSON.stringify({ Version: 2012, Statement: GOOD[kind] })],
    ['an Id that is no text', JSON.stringify({ Version: '2012-10-17', Id: 1, Statement: GOOD[kind] })],
    ['a statement that is no object', documentText(['x'])],
    ['an unknown element of a statement', spoiled(kind, { Foo: 1 })],
    ['both Action and NotAction', spoiled(kind, { NotAction: 'kms:*' })],
    ['a Sid that is no text', spoiled(kind, { Sid: 1 })],
    ['an Effect that is no text', spoiled(kind, { Effect: true })],
    ['an Action that is no text', spoiled(kind, { Action: [1] })],
    ['a nested list of actions', spoiled(kind, { Action: [['kms:*']] })],
    ['a Condition that is no object', spoiled(kind, { Condition: [] })],
    ['an unknown operator', spoiled(kind, { Condition: { StringMatches: { a: 'b' } } })],
    ['an operator without keys', spoiled(kind, { Condition: { StringEquals: 'b' } })],
    ['a condition value of null', spoiled(kind, { Condition: { StringEquals: { a: null } } })],
    ['a condition value that is an object', spoiled(kind, { Condition: { StringEquals: { a: {} } } })],
  ] as const
  for (const [what, text] of broken)
    test(`${what} is refused in a ${kind} policy`, () => {
      assert.equal(refusal(text, kind), structure)
    })
  const empty = [
    ['no Statement', JSON.stringify({ Version: '2012-10-17' })],
    ['an empty Statement', documentText([])],
    ['a Version that is none', documentText(GOOD[kind], '2020-01-01')],
  ] as const
  for (const [what, text] of empty)
    test(`${what} is refused in a ${kind} policy`, () => {
      assert.equal(refusal(text, kind), `${CODES[kind]}: ${SYNTAX}`)
    })
  test(`a good ${kind} policy is read, as a list and as a single statement`, () => {
    assert.equal(documentOf(documentText(GOOD[kind]), kind).statements.length, 1)
    assert.equal(documentOf(documentText([GOOD[kind], GOOD[kind]]), kind).statements.length, 2)
  })
}

const KEY_REFUSALS: readonly (readonly [what: string, elements: object, message: string])[] = [
  ['no principal', { Principal: undefined }, NOBODY],
  ['an empty list of principals', { Principal: { AWS: [] } }, NOBODY],
  ['an empty principal', { Principal: {} }, NOBODY],
  ['both Principal and NotPrincipal', { NotPrincipal: '*' }, JSON_TEXT],
  ['a bare ARN as principal', { Principal: ROOT }, INVALID],
  ['a list as principal', { Principal: ['*'] }, INVALID],
  ['a principal of an unknown type', { Principal: { Azure: 'x' } }, INVALID],
  ['a canonical user', { Principal: { CanonicalUser: '79a59df900b949e55d96a1e698fbaced' } }, INVALID],
  ['one bad principal among good ones', { Principal: { AWS: [ROOT, 'nobody'] } }, INVALID],
  ['a principal that is no text', { Principal: { AWS: [1] } }, INVALID],
  ['a deleted user', { Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' } }, INVALID],
  ['a deleted role', { Principal: { AWS: 'AROADBQP57FF2AEXAMPLE' } }, INVALID],
  ['a group', { Principal: { AWS: `arn:aws:iam::${OWN}:group/admins` } }, INVALID],
  ['a wildcard in a user name', { Principal: { AWS: `arn:aws:iam::${OWN}:user/*` } }, INVALID],
  ['a wildcard in a path', { Principal: { AWS: `arn:aws:iam::${OWN}:user/*/dana` } }, INVALID],
  ['a wildcard for the account', { Principal: { AWS: 'arn:aws:iam::*:root' } }, INVALID],
  ['a service that is none', { Principal: { Service: 'ec2' } }, INVALID],
  ['a wildcard service', { Principal: { Service: '*' } }, INVALID],
  ['no Effect', { Effect: undefined }, 'Missing required field Effect'],
  ['an Effect in another letter case', { Effect: 'allow' }, SYNTAX],
  [
    'an action without service',
    { Action: 'Decrypt' },
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  ['an action with two colons', { Action: 'kms:De:crypt' }, 'Actions/Condition can contain only one colon.'],
  ['an action with a wildcard service', { Action: 'k*:Decrypt' }, 'Vendor k* is not valid'],
  ['a network that is none', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } } }, SYNTAX],
  ['a date that is none', { Condition: { DateLessThan: { 'aws:CurrentTime': 'soon' } } }, SYNTAX],
  ['a number that is none', { Condition: { NumericLessThan: { 'kms:RotationPeriodInDays': 'few' } } }, SYNTAX],
  [
    'ForAllValues on an encryption context',
    { Condition: { 'ForAllValues:StringEquals': { 'kms:EncryptionContext:a': 'b' } } },
    RISKY,
  ],
  [
    'ForAllValues on a request tag',
    { Condition: { 'forallvalues:StringLikeIfExists': { 'AWS:RequestTag/a': 'b' } } },
    RISKY,
  ],
]

for (const [what, elements, message] of KEY_REFUSALS)
  test(`a key policy with ${what} is refused`, () => {
    assert.equal(refusal(spoiled('key', elements), 'key'), `MalformedPolicyDocumentException: ${message}`)
  })

const KEY_ACCEPTED: readonly (readonly [what: string, elements: object])[] = [
  ['everyone', { Principal: '*' }],
  ['everyone, as AWS', { Principal: { AWS: '*' } }],
  ['an account id', { Principal: { AWS: OWN } }],
  ['a Sid with spaces', { Sid: 'Allow use of the key' }],
  ['no Action', { Action: undefined }],
  ['no Resource', { Resource: undefined }],
  ['an empty list of actions', { Action: [] }],
  ['a Resource that is not this key', { Resource: 'arn:aws:kms:us-east-1:999999999999:key/x' }],
  ['conditions that are numbers and booleans', { Condition: { NumericEquals: { a: 1.5 }, Bool: { b: true } } }],
  ['ForAllValues on a list', { Condition: { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } } }],
  [
    'ForAnyValue on an encryption context',
    { Condition: { 'ForAnyValue:StringEquals': { 'kms:EncryptionContext:a': 'b' } } },
  ],
]

for (const [what, elements] of KEY_ACCEPTED)
  test(`a key policy with ${what} is accepted`, () => {
    assert.equal(refusal(spoiled('key', elements), 'key'), 'accepted')
  })

test('key policies may have repeated Sids and any of the two versions, or none', () => {
  const twice = [
    { Sid: 'a', ...GOOD.key },
    { Sid: 'a', ...GOOD.key },
  ]
  assert.equal(refusal(documentText(twice, '2008-10-17'), 'key'), 'accepted')
  assert.equal(documentOf(JSON.stringify({ Statement: GOOD.key }), 'key').version, '2008-10-17')
})

test('a key policy above the quota is refused by its size in bytes, before anything else', () => {
  const padded = (bytes: number) => {
    const text = JSON.stringify({ Id: '', Statement: GOOD.key })
    return text.replace('""', `"${'x'.repeat(bytes - text.length)}"`)
  }
  assert.equal(refusal(padded(KEY_POLICY_MAX_BYTES), 'key'), 'accepted')
  assert.match(refusal(padded(KEY_POLICY_MAX_BYTES + 1), 'key'), /^LimitExceededException: /)
  assert.match(refusal('é'.repeat(KEY_POLICY_MAX_BYTES / 2 + 1), 'key'), /^LimitExceededException: /)
})

for (const [what, text] of [
  ['a letter beyond U+00FF', spoiled('key', { Sid: 'ключ' })],
  ['a control character', `${documentText(GOOD.key)}\u0000`],
  ['nothing', ''],
] as const)
  test(`a key policy of ${what} breaks the pattern of the parameter`, () => {
    assert.match(
      refusal(text, 'key'),
      /^ValidationException: 1 validation error detected: .*regular expression pattern/,
    )
  })

type Refusal = readonly [what: string, elements: object, message: string]
const SHARED_REFUSALS: readonly Refusal[] = [
  ['a principal', { Principal: '*' }, 'Policy document should not specify a principal.'],
  ['no Effect', { Effect: undefined }, SYNTAX],
  ['both Resource and NotResource', { NotResource: '*' }, SYNTAX],
  ['an Effect in another letter case', { Effect: 'ALLOW' }, LEGACY],
  ['a date that is none', { Condition: { DateLessThan: { 'aws:CurrentTime': 'soon' } } }, LEGACY],
  ['a network that is none', { Condition: { NotIpAddress: { 'aws:SourceIp': 'home' } } }, LEGACY],
  ['an ARN of five parts', { Resource: 'arn:aws:kms:us-east-1:1' }, LEGACY],
  [
    'a Sid with spaces',
    { Sid: 'a b' },
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [A-Za-z0-9]*',
  ],
  ['no Action', { Action: undefined }, 'Policy statement must contain actions.'],
  ['an empty list of actions', { Action: [] }, 'Policy statement must contain actions.'],
  ['no Resource', { Resource: undefined }, 'Policy statement must contain resources.'],
  ['a resource that is no ARN', { Resource: 'key/1' }, 'Resource key/1 must be in ARN format or "*".'],
  [
    'an unknown partition',
    { Resource: 'arn:gcp:kms:::x' },
    'Partition "gcp" is not valid for resource "arn:gcp:kms:::x".',
  ],
  [
    'a wildcard service',
    { Resource: 'arn:aws:*:::x' },
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  [
    'an IAM resource in a Region',
    { Resource: `arn:aws:iam:us-east-1:${OWN}:role/x` },
    `IAM resource arn:aws:iam:us-east-1:${OWN}:role/x cannot contain region information.`,
  ],
  [
    'an action without service',
    { Action: 'Decrypt' },
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  ['an action with two colons', { Action: 'kms:a:b' }, 'Actions/Condition can contain only one colon.'],
  ['an action with a wildcard service', { Action: ['kms:*', '*:*'] }, 'Vendor * is not valid'],
]

for (const kind of ['identity', 'session'] as const) {
  for (const [what, elements, message] of SHARED_REFUSALS)
    test(`a ${kind} policy with ${what} is refused`, () => {
      assert.equal(refusal(spoiled(kind, elements), kind), `MalformedPolicyDocument: ${message}`)
    })
  test(`a ${kind} policy of an older version, or of none, is refused`, () => {
    const message = 'MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater.'
    assert.equal(refusal(documentText(GOOD[kind], '2008-10-17'), kind), message)
    assert.equal(refusal(JSON.stringify({ Statement: GOOD[kind] }), kind), message)
  })
  test(`a ${kind} policy with a repeated Sid is refused`, () => {
    const twice = [
      { Sid: 'a', ...GOOD[kind] },
      { Sid: 'a', ...GOOD[kind] },
    ]
    assert.equal(
      refusal(documentText(twice), kind),
      'MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique.',
    )
  })
}

const ASSUME_ONLY = 'AssumeRole policy may only specify STS AssumeRole actions.'
const TRUST_REFUSALS: readonly Refusal[] = [
  ['no principal', { Principal: undefined }, 'Missing required field Principal'],
  ['a resource', { Resource: '*' }, 'Has prohibited field Resource'],
  [
    'a bad principal',
    { Principal: { AWS: 'arn:aws:iam::1:root' } },
    'Invalid principal in policy: "AWS":"arn:aws:iam::1:root"',
  ],
  ['a bad provider', { Principal: { Federated: '*' } }, 'Invalid principal in policy: "Federated":"*"'],
  ['another action', { Action: 'kms:Decrypt' }, ASSUME_ONLY],
  ['every action', { Action: '*' }, ASSUME_ONLY],
  ['another action of STS', { Action: 'sts:GetCallerIdentity' }, ASSUME_ONLY],
  ['NotAction', { Action: undefined, NotAction: 'sts:AssumeRole' }, ASSUME_ONLY],
  ['no Action', { Action: undefined }, 'Policy statement must contain actions.'],
  ['no Effect', { Effect: undefined }, SYNTAX],
]

for (const [what, elements, message] of TRUST_REFUSALS)
  test(`a trust policy with ${what} is refused`, () => {
    assert.equal(refusal(spoiled('trust', elements), 'trust'), `MalformedPolicyDocument: ${message}`)
  })

for (const action of ['sts:AssumeRole*', 'STS:assumerole', 'sts:*', 'sts:TagSession', 'sts:AssumeRoleWithWebIdentity'])
  test(`a trust policy may speak of ${action}`, () => {
    assert.equal(refusal(spoiled('trust', { Action: action }), 'trust'), 'accepted')
  })

test('an IAM policy above the limit of all policies is refused', () => {
  const text = documentText(GOOD.identity) + ' '.repeat(POLICY_TEXT_MAX_CHARS)
  assert.equal(refusal(text, 'identity'), `MalformedPolicyDocument: ${SYNTAX}`)
})

test('the default key policy is a good key policy', () => {
  const document = documentOf(defaultKeyPolicy(ROOT), 'key')
  assert.deepEqual(document.id, 'key-default-1')
  assert.deepEqual(document.statements[0]?.principals, {
    negated: false,
    entries: [{ type: 'account', account: OWN, text: ROOT }],
  })
})

/** JSON near a policy: right names in wrong places, wrong types under right names. */
const nearPolicy = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('*', ROOT, 'Allow', 'kms:*', '2012-10-17', 1, null, true, ''),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      'Version',
      'Statement',
      'Effect',
      'Principal',
      'AWS',
      'Action',
      'Resource',
      'Condition',
      'StringEquals',
      'Null',
      'Sid',
      '__proto__',
    ),
    tie('value'),
    { maxKeys: 5 },
  ),
}))

test('any JSON text is answered, never thrown at', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), nearPolicy.object, nearPolicy.value),
      fc.constantFrom(...KINDS),
      (value, kind) => {
        const result = parsePolicy(JSON.stringify(value), kind)
        assert.ok(isError(result) || result.statements.length > 0)
      },
    ),
    { numRuns: 2000 },
  )
})

test('any text at all is answered, never thrown at', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...KINDS), (text, kind) => {
      assert.ok(isError(parsePolicy(text, kind)))
    }),
  )
})

const statement = fc.record(
  {
    Sid: fc.string({ unit: fc.constantFrom('a', 'B', '0', ' ') }),
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.constantFrom(
      '*',
      { AWS: ROOT },
      { AWS: [OWN, `arn:aws:iam::${OWN}:role/a/b`], Service: 's3.amazonaws.com' },
    ),
    Action: fc.constantFrom('*', 'kms:*', ['kms:Decrypt', 'kms:Gen*']),
    Resource: fc.constantFrom('*', ['arn:aws:kms:*:*:key/*']),
    Condition: fc.constantFrom({}, { Bool: { 'aws:SecureTransport': 'true' } }, { StringLike: { a: ['b', 'c'] } }),
  },
  { requiredKeys: ['Effect', 'Principal'] },
)

test('a policy says the same after it was shown', () => {
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
      const before = documentOf(documentText(statements), 'key')
      const after = documentOf(formatPolicy(before.text), 'key')
      assert.equal(JSON.stringify({ ...after, text: '' }), JSON.stringify({ ...before, text: '' }))
    }),
  )
})
