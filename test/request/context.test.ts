import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { parsePolicy } from '../../src/policy/document.ts'
import { decideKeyAccess } from '../../src/policy/key-access.ts'
import type { VerifiedCaller } from '../../src/request/caller.ts'
import { requestContext } from '../../src/request/context.ts'

const ACCOUNT = '111122223333'
const ROOT = `arn:aws:iam::${ACCOUNT}:root`
const ARN = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

function callerOf(): VerifiedCaller {
  const made: unknown = {
    principal: { type: 'root', account: ACCOUNT, arn: ROOT },
    keys: [['aws:principalarn', ROOT]],
    scope: { account: ACCOUNT, region: 'us-east-1' },
    region: 'us-east-1',
    sourceIp: '127.0.0.1',
    receivedAt: 0,
    userAgent: 'test',
    secure: false,
  }
  return made as VerifiedCaller
}

function isAllowed(effect: 'Allow' | 'Deny', context: readonly (readonly [string, string])[]): boolean {
  const condition = { StringEquals: { 'kms:EncryptionContext:tenant': 'one' } }
  const statement = { Effect: effect, Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*', Condition: condition }
  const open = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' }
  const document = parsePolicy(
    JSON.stringify({ Version: '2012-10-17', Statement: effect === 'Deny' ? [open, statement] : [statement] }),
    'key',
  )
  assert.ok(!isError(document))
  const caller = callerOf()
  const carried = Object.fromEntries(context.map(([name, value]) => [`kms:EncryptionContext:${name}`, value]))
  const decision = decideKeyAccess({
    principal: caller.principal,
    action: 'kms:Decrypt',
    key: { arn: ARN, account: ACCOUNT, policy: compilePolicy(document) },
    grants: [],
    context: requestContext(caller, {}, () => carried, 0),
  })
  return decision.allowed
}

const cases = [
  ['Allow', [['tenant', 'one']], true],
  ['Allow', [['tenant', 'two']], false],
  [
    'Allow',
    [
      ['Tenant', 'two'],
      ['tenant', 'one'],
    ],
    false,
  ],
  [
    'Allow',
    [
      ['tenant', 'one'],
      ['Tenant', 'two'],
    ],
    false,
  ],
  ['Deny', [['tenant', 'one']], false],
  ['Deny', [['tenant', 'two']], true],
  [
    'Deny',
    [
      ['Tenant', 'one'],
      ['tenant', 'two'],
    ],
    false,
  ],
  [
    'Deny',
    [
      ['tenant', 'two'],
      ['Tenant', 'one'],
    ],
    false,
  ],
] as const
for (const [effect, context, allowed] of cases)
  test(`${effect} on tenant=one ${allowed ? 'lets' : 'keeps'} the context ${JSON.stringify(context)} ${allowed ? 'in' : 'out'}`, () => {
    assert.equal(isAllowed(effect, context), allowed)
  })
