import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePolicy } from '../../src/policy/compile.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import { namedPrincipals, parseAwsPrincipal } from '../../src/policy/principal.ts'
import { compilePrincipals, reachOfGrantee } from '../../src/policy/principal-match.ts'
import type { Principal, Reach } from '../../src/policy/types.ts'
import {
  documentOf,
  documentText,
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

const REFUSED = [
  '',
  '11112222333',
  '1111222233334',
  'AIDACKCEVSQ6C2EXAMPLE',
  'arn:aws:iam::111122223333',
  'arn:aws:iam::111122223333:',
  'arn:aws:iam::111122223333:Root',
  'arn:aws:iam::11112222333:root',
  'arn:aws:iam:us-east-1:111122223333:root',
  'arn:azure:iam::111122223333:root',
  'arn:aws:s3:::bucket',
  'arn:aws:iam::111122223333:user/',
  'arn:aws:iam::111122223333:user',
  'arn:aws:iam::111122223333:users/dana',
  'arn:aws:iam::111122223333:user/a b',
  'arn:aws:iam::111122223333:user/dan?',
  'arn:aws:iam::111122223333:role/*/x',
  'arn:aws:iam::111122223333:group/g',
  'arn:aws:iam::111122223333:policy/p',
  'arn:aws:sts::111122223333:assumed-role/Batch',
  'arn:aws:sts::111122223333:assumed-role/Batch/*',
  'arn:aws:sts::111122223333:assumed-role/path/Batch/run7',
  'arn:aws:sts::111122223333:federated-user/a/b',
  'arn:aws:sts::111122223333:user/dana',
  'arn:aws:iam::111122223333:assumed-role/Batch/run7',
] as const

for (const text of REFUSED)
  test(`${JSON.stringify(text)} names no principal`, () => {
    assert.equal(parseAwsPrincipal(text), undefined)
  })

const READ = [
  ['*', 'everyone'],
  [OWN, 'account'],
  [ROOT, 'account'],
  ['arn:aws-us-gov:iam::111122223333:root', 'account'],
  ['arn:aws:iam::111122223333:user/dana', 'user'],
  ['arn:aws:iam::111122223333:user/a/b/dana+x=y,z.@-_', 'user'],
  ['arn:aws:iam::111122223333:role/aws-service-role/x/R', 'role'],
  ['arn:aws:sts::111122223333:assumed-role/Batch/run7', 'role-session'],
  ['arn:aws:sts::111122223333:federated-user/kim', 'federated-user'],
] as const

for (const [text, type] of READ)
  test(`${text} names: ${type}`, () => {
    assert.equal(parseAwsPrincipal(text)?.type, type)
  })

const USER = `arn:aws:iam::${OWN}:user/dana`
const ROLE = `arn:aws:iam::${OWN}:role/Batch`
const PATHED = session({ roleArn: 'arn:aws:iam::111122223333:role/jobs/Batch' as typeof root.arn })

/** Principal element, caller, how the element covers the caller. */
const REACHES: readonly (readonly [element: unknown, name: string, caller: Principal, reach: Reach])[] = [
  ['*', 'a user', user('dana'), 'direct'],
  ['*', 'a service', service, 'direct'],
  ['*', 'a web identity', webIdentity, 'none'],
  [{ AWS: '*' }, 'a user of another account', user('oscar', {}, OTHER), 'direct'],
  [{ AWS: OWN }, 'the root user', root, 'direct'],
  [{ AWS: ROOT }, 'a user', user('dana'), 'account'],
  [{ AWS: ROOT }, 'a session', session(), 'account'],
  [{ AWS: ROOT }, 'a federated user', federated(), 'account'],
  [{ AWS: ROOT }, 'a user of another account', user('dana', {}, OTHER), 'none'],
  [{ AWS: ROOT }, 'a service', service, 'none'],
  [{ AWS: USER }, 'that user', user('dana'), 'direct'],
  [{ AWS: USER }, 'another user', user('danae'), 'none'],
  [{ AWS: USER }, 'a user in another letter case', user('Dana'), 'none'],
  [{ AWS: USER }, 'the user of that name on a path', user('x/dana'), 'none'],
  [{ AWS: USER }, 'the root user', root, 'none'],
  [{ AWS: USER }, 'a federated session of that user', federated(), 'limited'],
  [{ AWS: USER }, 'a federated session of the root user', federated({ userArn: root.arn }), 'none'],
  [{ AWS: ROLE }, 'a session of the role', session(), 'limited'],
  [{ AWS: ROLE }, 'a session of a role of that name on a path', PATHED, 'none'],
  [{ AWS: 'arn:aws:iam::111122223333:role/jobs/Batch' }, 'a session of the role on that path', PATHED, 'limited'],
  [{ AWS: ROLE }, 'a session of that role in another account', session({}, OTHER), 'none'],
  [{ AWS: 'arn:aws:sts::111122223333:assumed-role/Batch/run7' }, 'that session', session(), 'direct'],
  [{ AWS: 'arn:aws:sts::111122223333:assumed-role/Batch/run8' }, 'another session', session(), 'none'],
  [{ AWS: 'arn:aws:sts::111122223333:federated-user/kim' }, 'that federated user', federated(), 'direct'],
  [{ AWS: [ROOT, USER] }, 'a user named beside the account', user('dana'), 'direct'],
  [{ Service: 's3.amazonaws.com' }, 'that service', service, 'direct'],
  [{ Service: 'ec2.amazonaws.com' }, 'another service', service, 'none'],
  [{ Service: 's3.amazonaws.com' }, 'a user', user('dana'), 'none'],
  [{ Federated: webIdentity.provider }, 'a token of that provider', webIdentity, 'direct'],
  [{ Federated: 'accounts.google.com' }, 'a token of another provider', webIdentity, 'none'],
]

for (const [element, name, caller, reach] of REACHES)
  test(`${JSON.stringify(element)} covers ${name}: ${reach}`, () => {
    const document = documentOf(
      documentText({ Effect: 'Allow', Principal: element, Action: 'sts:AssumeRole' }),
      'trust',
    )
    const [statement] = document.statements
    assert.ok(statement?.principals)
    assert.equal(compilePrincipals(statement.principals, 'Allow', new Map())(caller), reach)
  })

const NOT_LISTED: readonly (readonly [element: unknown, name: string, caller: Principal, applies: boolean])[] = [
  [{ AWS: [USER, ROOT] }, 'the listed user', user('dana'), false],
  [{ AWS: [USER, ROOT] }, 'others of the listed account', user('eve'), false],
  [{ AWS: USER }, 'others', user('eve'), true],
  [{ AWS: USER }, 'the listed user', user('dana'), false],
  [{ AWS: ROLE }, 'sessions of the listed role', session(), false],
  [{ AWS: ROOT }, 'principals of other accounts', user('oscar', {}, OTHER), true],
  ['*', 'anybody', user('dana'), false],
]

for (const [element, name, caller, applies] of NOT_LISTED)
  test(`a Deny with NotPrincipal ${JSON.stringify(element)} ${applies ? 'hits' : 'spares'} ${name}`, () => {
    const policy = policyOf('key', { Effect: 'Deny', NotPrincipal: element, Action: 'kms:*', Resource: '*' })
    const found = evaluate(policy, {
      principal: caller,
      action: 'kms:decrypt',
      resource: KEY_ARN,
      context: requestContext(caller),
    })
    assert.equal(found.deny !== undefined, applies)
  })

test('an Allow with NotPrincipal gives holders of tokens nothing', () => {
  const element = { negated: true, entries: [] }
  assert.equal(compilePrincipals(element, 'Allow', new Map())(webIdentity), 'none')
  assert.equal(compilePrincipals(element, 'Deny', new Map())(webIdentity), 'direct')
})

test('a Deny of everyone hits holders of tokens, whom an Allow of everyone gives nothing', () => {
  for (const Principal of ['*', { AWS: '*' }]) {
    const trusts = (Effect: 'Allow' | 'Deny') => {
      const policy = policyOf('trust', { Effect, Principal, Action: 'sts:AssumeRoleWithWebIdentity' })
      const [statement] = [...policy.allows, ...policy.denies]
      return statement?.reaches(webIdentity)
    }
    assert.equal(trusts('Allow'), 'none')
    assert.equal(trusts('Deny'), 'direct')
  }
})

test('a principal made anew under an old name is not the one a policy was saved for', () => {
  const document = documentOf(
    documentText({ Effect: 'Allow', Principal: { AWS: [USER, ROLE] }, Action: 'kms:*', Resource: '*' }),
    'key',
  )
  const bound = compilePolicy(
    document,
    new Map([
      [USER, 'AIDAOLD'],
      [ROLE, 'AROAOLD'],
    ]),
  )
  const isCovered = (principal: Principal) => {
    const found = evaluate(bound, {
      principal,
      action: 'kms:decrypt',
      resource: KEY_ARN,
      context: requestContext(principal),
    })
    return (found.direct ?? found.limited) !== undefined
  }
  assert.equal(isCovered(user('dana', { uniqueId: 'AIDAOLD' })), true)
  assert.equal(isCovered(user('dana', { uniqueId: 'AIDANEW' })), false)
  assert.equal(isCovered(user('dana')), false)
  assert.equal(isCovered(session({ uniqueId: 'AROAOLD' })), true)
  assert.equal(isCovered(session({ uniqueId: 'AROANEW' })), false)
})

test('the principals that a document names are listed once, everyone is nobody', () => {
  const statements = [
    { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: [USER, ROOT], Service: 's3.amazonaws.com' }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Deny', NotPrincipal: { AWS: [ROLE, USER] }, Action: 'kms:*', Resource: '*' },
  ]
  assert.deepEqual(namedPrincipals(documentOf(documentText(statements), 'key')), [
    { type: 'user', arn: USER, account: OWN },
    { type: 'account', account: OWN, text: ROOT },
    { type: 'service', service: 's3.amazonaws.com' },
    { type: 'role', arn: ROLE, account: OWN },
  ])
  assert.deepEqual(
    namedPrincipals(documentOf(documentText({ Effect: 'Allow', Action: '*', Resource: '*' }), 'identity')),
    [],
  )
})

const GRANTEES: readonly (readonly [grantee: string, name: string, caller: Principal, reach: Reach])[] = [
  [USER, 'that user', user('dana'), 'direct'],
  [USER, 'another user', user('eve'), 'none'],
  [USER, 'its federated session', federated(), 'limited'],
  [ROLE, 'a session', session(), 'limited'],
  [ROOT, 'the root user', root, 'direct'],
  [ROOT, 'a user', user('dana'), 'account'],
  [ROOT, 'a user of another account', user('dana', {}, OTHER), 'none'],
  ['s3.amazonaws.com', 'the service', service, 'direct'],
  ['ec2.amazonaws.com', 'another service', service, 'none'],
  ['nonsense', 'a user', user('dana'), 'none'],
]

for (const [grantee, name, caller, reach] of GRANTEES)
  test(`a grant to ${grantee} covers ${name}: ${reach}`, () => {
    assert.equal(reachOfGrantee(grantee, caller), reach)
  })
