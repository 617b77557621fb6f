import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { KeyGrant } from '../../src/policy/grant.ts'
import { accountResource, decideIdentityAccess, decideRoleAccess } from '../../src/policy/identity-access.ts'
import { decideKeyAccess } from '../../src/policy/key-access.ts'
import { wouldLockOut } from '../../src/policy/lockout.ts'
import type { Decision, Principal } from '../../src/policy/types.ts'
import {
  attached,
  DEFAULT_POLICY,
  KEY_ARN,
  OTHER,
  OWN,
  policyOf,
  requestContext,
  root,
  session,
  user,
} from './builders.ts'

/** One decision, as the vectors write it. `key` is the kind of resource when none is given. */
type Check = {
  readonly action: string
  readonly resource?: string
  readonly kind?: 'key' | 'account' | 'identity' | 'lockout'
}
type Case = Check & {
  readonly id: string
  readonly name: string
  readonly caller: 'dana' | 'batch' | 'root' | 'oscar'
  readonly keyPolicy?: unknown
  readonly trustPolicy?: unknown
  readonly identity?: unknown
  readonly boundary?: unknown
  readonly session?: unknown
  readonly grants?: readonly {
    readonly granteePrincipal: string
    readonly retiringPrincipal?: string
    readonly operations: readonly string[]
    readonly constraint?: {
      readonly kind: 'EncryptionContextEquals' | 'EncryptionContextSubset'
      readonly pairs: Record<string, string>
    }
  }[]
  readonly encryptionContext?: Record<string, string>
  readonly requestedOperations?: readonly string[]
  readonly checks?: readonly Check[]
  readonly context?: Record<string, string | string[]>
  readonly verdict: 'allow' | 'deny' | 'deny explicit' | 'deny implicit'
}

const VECTORS = new URL('../vectors/policy/decisions.json', import.meta.url)

function parseCases(text: string): readonly Case[] {
  return JSON.parse(text) as readonly Case[]
}

function callerOf(item: Case): Principal {
  const own = {
    identityPolicies: item.identity ? [attached(item.identity)] : [],
    ...(item.boundary ? { boundary: attached(item.boundary, 'boundary') } : {}),
  }
  switch (item.caller) {
    case 'root':
      return root
    case 'dana':
      return user('dana', own)
    case 'oscar':
      return user('oscar', own, OTHER)
    case 'batch':
      return session({ ...own, ...(item.session ? { sessionPolicies: [attached(item.session, 'session')] } : {}) })
  }
}

function grantsOf(item: Case): readonly KeyGrant[] {
  return (item.grants ?? []).map(({ constraint, ...grant }, index) => ({
    grantId: `grant-${index}`,
    issuingAccount: OWN,
    ...grant,
    ...(constraint ? { constraint: { kind: constraint.kind, pairs: new Map(Object.entries(constraint.pairs)) } } : {}),
  }))
}

function decide(item: Case, check: Check): Decision {
  const principal = callerOf(item)
  const context = requestContext(principal, item.context)
  const { action, resource = KEY_ARN } = check
  if (item.trustPolicy) {
    const trustPolicy = policyOf('trust', item.trustPolicy)
    return decideRoleAccess({ principal, action, role: { arn: resource, account: OWN, trustPolicy }, context })
  }
  if (check.kind === 'account' || check.kind === 'identity') {
    const named = check.kind === 'account' ? accountResource(action, { region: 'us-east-1', account: OWN }) : resource
    return decideIdentityAccess({ principal, action, resource: named, account: OWN, context })
  }
  const policy = item.keyPolicy ? policyOf('key', item.keyPolicy) : DEFAULT_POLICY
  return decideKeyAccess({
    principal,
    action,
    key: { arn: resource, account: OWN, policy },
    grants: grantsOf(item),
    context,
    encryptionContext: new Map(Object.entries(item.encryptionContext ?? {})),
    ...(item.requestedOperations ? { requestedGrant: { operations: item.requestedOperations } } : {}),
  })
}

function verdictOf(decision: Decision): string {
  return decision.allowed ? 'allow' : `deny ${decision.kind}`
}

for (const item of parseCases(readFileSync(VECTORS, 'utf8')))
  test(`${item.id}: ${item.name}`, () => {
    if (item.kind === 'lockout') {
      const caller = callerOf(item)
      const policy = item.keyPolicy ? policyOf('key', item.keyPolicy) : DEFAULT_POLICY
      const request = { key: { arn: KEY_ARN, account: OWN }, context: requestContext(caller) }
      assert.equal(wouldLockOut(policy, caller, request), item.verdict !== 'allow')
      return
    }
    const verdicts = (item.checks ?? [item]).map((check) => verdictOf(decide(item, check)))
    const verdict = verdicts.find((each) => each !== 'allow') ?? 'allow'
    assert.ok(verdict.startsWith(item.verdict), `${verdict} instead of ${item.verdict}`)
  })
