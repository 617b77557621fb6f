import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideKeyAccess } from '../../src/policy/key-access.ts'
import type { Principal } from '../../src/policy/types.ts'
import {
  attached,
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
} from './builders.ts'

/** Laws that hold for all policies, tried on random ones. */

const action = fc.constantFrom('*', 'kms:*', 'kms:Decrypt', 'kms:De*', ['kms:Encrypt', 'kms:Sign'])
const condition = fc.constantFrom(
  {},
  { Bool: { 'aws:SecureTransport': 'true' } },
  { StringNotEquals: { 'kms:ViaService': 'x' } },
  { StringEquals: { 'kms:ViaService': 'x' } },
  { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
)
const element = fc.constantFrom(
  '*',
  { AWS: ROOT },
  { AWS: OTHER },
  { AWS: user('dana').arn },
  { AWS: session().roleArn },
  { AWS: session().arn },
  { Service: service.service },
)
// Allows and the first operations are the more frequent, since all of several layers must allow.
const effect = fc.constantFrom('Allow', 'Allow', 'Allow', 'Allow', 'Deny')
const own = fc.record({
  Effect: effect,
  Action: action,
  Resource: fc.constantFrom('*', KEY_ARN, 'arn:aws:kms:*:*:alias/*'),
  Condition: condition,
})
const keyStatement = fc.record({
  Effect: effect,
  Principal: element,
  Action: action,
  Resource: fc.constant('*'),
  Condition: condition,
})

type Statement = { readonly Effect: string }
type Statements = readonly Statement[]
const several = <T>(statement: fc.Arbitrary<T>) => fc.array(statement, { minLength: 1, maxLength: 4 })
type Scene = {
  readonly caller: string
  readonly operation: string
  readonly key: Statements
  readonly identity: Statements
  readonly boundary: Statements | undefined
  readonly session: Statements | undefined
  readonly grantee: string | undefined
}

const scene: fc.Arbitrary<Scene> = fc.record<Scene>({
  caller: fc.constantFrom('root', 'user', 'session', 'federated', 'stranger', 'service'),
  operation: fc.constantFrom('Decrypt', 'Decrypt', 'Encrypt', 'PutKeyPolicy', 'RetireGrant'),
  key: several(keyStatement),
  identity: several(own),
  boundary: fc.option(several(own), { nil: undefined }),
  session: fc.option(several(own), { nil: undefined }),
  grantee: fc.option(fc.constantFrom(ROOT, user('dana').arn, session().roleArn), { nil: undefined }),
})

function principalOf({ caller, identity, boundary, session: passed }: Scene): Principal {
  const policies = { identityPolicies: [attached(identity)], ...(boundary ? { boundary: attached(boundary) } : {}) }
  const sessions = passed ? { sessionPolicies: [attached(passed)] } : {}
  switch (caller) {
    case 'user':
      return user('dana', policies)
    case 'stranger':
      return user('oscar', policies, OTHER)
    case 'session':
      return session({ ...policies, ...sessions })
    case 'federated':
      return federated({ ...policies, ...sessions })
    case 'service':
      return service
    default:
      return root
  }
}

function isAllowed(given: Scene): boolean {
  const principal = principalOf(given)
  const grants = given.grantee
    ? [{ grantId: 'g', granteePrincipal: given.grantee, operations: ['Decrypt', 'RetireGrant'] }]
    : []
  const key = { arn: KEY_ARN, account: OWN, policy: policyOf('key', given.key) }
  return decideKeyAccess({
    principal,
    action: `kms:${given.operation}`,
    key,
    grants,
    context: requestContext(principal),
  }).allowed
}

const isDeny = ({ Effect }: Statement) => Effect === 'Deny'
const RUNS = { numRuns: 500 }

test('the random scenes are allowed and denied often enough to try the laws', () => {
  const allowed = fc.sample(scene, { numRuns: 500, seed: 1 }).filter(isAllowed).length
  assert.ok(allowed > 50 && allowed < 450, `${allowed} of 500 allowed`)
})

test('adding a deny never allows', () => {
  fc.assert(
    fc.property(scene, own, keyStatement, (given, ownDeny, keyDeny) => {
      if (isAllowed(given)) return
      assert.equal(isAllowed({ ...given, identity: [...given.identity, { ...ownDeny, Effect: 'Deny' }] }), false)
      assert.equal(isAllowed({ ...given, key: [...given.key, { ...keyDeny, Effect: 'Deny' }] }), false)
    }),
    RUNS,
  )
})

test('adding an allow never denies', () => {
  fc.assert(
    fc.property(scene, own, keyStatement, (given, ownAllow, keyAllow) => {
      if (!isAllowed(given)) return
      assert.equal(isAllowed({ ...given, identity: [...given.identity, { ...ownAllow, Effect: 'Allow' }] }), true)
      assert.equal(isAllowed({ ...given, key: [...given.key, { ...keyAllow, Effect: 'Allow' }] }), true)
    }),
    RUNS,
  )
})

test('a deny of everything for everyone denies everyone, whatever else is said', () => {
  const everything = { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*', Condition: {} } as const
  fc.assert(
    fc.property(scene, (given) => {
      assert.equal(isAllowed({ ...given, key: [...given.key, everything] }), false)
    }),
    RUNS,
  )
})

test('without an allow in the key policy and without grants nobody is allowed', () => {
  const nobody = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${OWN}:user/nobody` },
    Action: '*',
    Resource: '*',
    Condition: {},
  } as const
  fc.assert(
    fc.property(scene, (given) => {
      const key = [...given.key.filter(isDeny), nobody]
      const operation = given.operation === 'RetireGrant' ? 'Decrypt' : given.operation
      assert.equal(isAllowed({ ...given, key, operation, grantee: undefined }), false)
    }),
    RUNS,
  )
})

test('the order of statements never matters', () => {
  fc.assert(
    fc.property(scene, (given) => {
      const reversed = { ...given, key: given.key.toReversed(), identity: given.identity.toReversed() }
      assert.equal(isAllowed(reversed), isAllowed(given))
    }),
    RUNS,
  )
})

test('taking a boundary or session policy away never denies the own account', () => {
  fc.assert(
    fc.property(scene, (given) => {
      if (!isAllowed(given) || given.caller === 'federated') return
      assert.equal(isAllowed({ ...given, boundary: undefined, session: undefined }), true)
    }),
    RUNS,
  )
})
