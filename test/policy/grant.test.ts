import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GrantConstraint, type GrantUse, type KeyGrant, reachOfGrant } from '../../src/policy/grant.ts'
import { reachOfGrantee } from '../../src/policy/principal-match.ts'
import { user } from './builders.ts'

const dana = user('dana')

type Pairs = Readonly<Record<string, string>>
const equals = (pairs: Pairs): GrantConstraint => ({
  kind: 'EncryptionContextEquals',
  pairs: new Map(Object.entries(pairs)),
})
const subset = (pairs: Pairs): GrantConstraint => ({
  kind: 'EncryptionContextSubset',
  pairs: new Map(Object.entries(pairs)),
})

function grant(operations: readonly string[], constraint?: GrantConstraint): KeyGrant {
  return { grantId: 'g', granteePrincipal: dana.arn, operations, ...(constraint ? { constraint } : {}) }
}

function isCovered(
  given: KeyGrant,
  operation: string,
  context: Pairs = {},
  requestedGrant?: GrantUse['requestedGrant'],
): boolean {
  const encryptionContext = new Map(Object.entries(context))
  return (
    reachOfGrant(given, {
      principal: dana,
      operation,
      encryptionContext,
      ...(requestedGrant ? { requestedGrant } : {}),
    }) === 'direct'
  )
}

const CONSTRAINTS: readonly (readonly [constraint: GrantConstraint, context: Pairs, covered: boolean])[] = [
  [equals({ a: '1' }), { a: '1' }, true],
  [equals({ a: '1' }), { A: '1' }, true],
  [equals({ a: '1', b: '2' }), { b: '2', a: '1' }, true],
  [equals({ a: '1' }), {}, false],
  [equals({ a: '1' }), { a: '2' }, false],
  [equals({ a: 'x' }), { a: 'X' }, false],
  [equals({ a: '1' }), { a: '1', b: '2' }, false],
  [equals({ a: '1' }), { a: '1', A: '1' }, false],
  [equals({ a: '1', A: '2' }), { a: '1', b: '2' }, false],
  [equals({ a: '1', A: '1' }), { a: '1', b: '2' }, false],
  [equals({ a: '1', b: '2' }), { a: '1' }, false],
  [subset({ a: '1' }), { a: '1' }, true],
  [subset({ a: '1' }), { A: '1', b: '2' }, true],
  [subset({ a: '1' }), {}, false],
  [subset({ a: '1' }), { a: '2', b: '1' }, false],
  [subset({ a: '1', b: '2' }), { a: '1' }, false],
  [subset({ a: 'bc' }), { ab: 'c' }, false],
]

for (const [constraint, context, covered] of CONSTRAINTS) {
  const pairs = JSON.stringify(Object.fromEntries(constraint.pairs))
  test(`${constraint.kind} ${pairs} ${covered ? 'admits' : 'refuses'} ${JSON.stringify(context)}`, () => {
    for (const operation of ['Encrypt', 'Decrypt', 'GenerateDataKeyPairWithoutPlaintext', 'ReEncryptFrom'])
      assert.equal(isCovered(grant([operation], constraint), operation, context), covered)
  })
}

test('a grant covers the operations it lists, by their exact names', () => {
  assert.equal(isCovered(grant(['Decrypt']), 'Decrypt'), true)
  assert.equal(isCovered(grant(['Decrypt']), 'Encrypt'), false)
  assert.equal(isCovered(grant(['GenerateDataKey']), 'GenerateDataKeyWithoutPlaintext'), false)
  assert.equal(isCovered(grant(['decrypt']), 'Decrypt'), false)
  assert.equal(isCovered(grant([]), 'Decrypt'), false)
})

test('a constraint does not bind operations without an encryption context', () => {
  assert.equal(isCovered(grant(['DescribeKey'], equals({ a: '1' })), 'DescribeKey'), true)
})

const ALL = ['Encrypt', 'Decrypt', 'CreateGrant']

/** Parent, child: operations and constraint; whether the parent lets its grantee make the child. */
const CHILDREN: readonly (readonly [
  what: string,
  parent: KeyGrant,
  child: GrantUse['requestedGrant'],
  may: boolean,
])[] = [
  ['the same operations', grant(ALL), { operations: ALL }, true],
  ['fewer operations', grant(ALL), { operations: ['Encrypt'] }, true],
  ['one operation more', grant(ALL), { operations: ['Encrypt', 'Sign'] }, false],
  ['anything, without CreateGrant in the parent', grant(['Encrypt']), { operations: ['Encrypt'] }, false],
  ['nothing known', grant(ALL), undefined, false],
  [
    'a constraint where the parent has none',
    grant(ALL),
    { operations: ['Encrypt'], constraint: subset({ a: '1' }) },
    true,
  ],
  ['no constraint under Equals', grant(ALL, equals({ a: '1' })), { operations: ['Encrypt'] }, false],
  ['no constraint under Subset', grant(ALL, subset({ a: '1' })), { operations: ['Encrypt'] }, false],
  [
    'the same Equals',
    grant(ALL, equals({ a: '1' })),
    { operations: ['Encrypt'], constraint: equals({ a: '1' }) },
    true,
  ],
  [
    'another Equals',
    grant(ALL, equals({ a: '1' })),
    { operations: ['Encrypt'], constraint: equals({ a: '1', b: '2' }) },
    false,
  ],
  [
    'Subset under Equals',
    grant(ALL, equals({ a: '1' })),
    { operations: ['Encrypt'], constraint: subset({ a: '1' }) },
    false,
  ],
  [
    'a larger Subset',
    grant(ALL, subset({ a: '1' })),
    { operations: ['Encrypt'], constraint: subset({ a: '1', b: '2' }) },
    true,
  ],
  [
    'a smaller Subset',
    grant(ALL, subset({ a: '1', b: '2' })),
    { operations: ['Encrypt'], constraint: subset({ a: '1' }) },
    false,
  ],
  [
    'Equals under Subset',
    grant(ALL, subset({ a: '1' })),
    { operations: ['Encrypt'], constraint: equals({ a: '1', b: '2' }) },
    true,
  ],
  [
    'Equals that leaves Subset',
    grant(ALL, subset({ a: '1' })),
    { operations: ['Encrypt'], constraint: equals({ b: '2' }) },
    false,
  ],
]

for (const [what, parent, child, may] of CHILDREN)
  test(`a grantee ${may ? 'may' : 'may not'} make a grant with ${what}`, () => {
    assert.equal(isCovered(parent, 'CreateGrant', {}, child), may)
  })

test('a user or role that was made anew under the name in a grant is not the one it means', () => {
  const bound = [{ arn: dana.arn, id: 'AIDAOLD' }]
  assert.equal(reachOfGrantee(dana.arn, { ...dana, uniqueId: 'AIDAOLD' }, bound), 'direct')
  assert.equal(reachOfGrantee(dana.arn, { ...dana, uniqueId: 'AIDANEW' }, bound), 'none')
  assert.equal(reachOfGrantee(dana.arn, { ...dana, uniqueId: 'AIDANEW' }), 'direct')
})
