import type { AccountId, PrincipalArn } from '../../../src/domain/arn.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import type { KeyGrant } from '../../../src/policy/grant.ts'
import { decideIdentityAccess, decideRoleAccess } from '../../../src/policy/identity-access.ts'
import { decideKeyAccess } from '../../../src/policy/key-access.ts'
import type {
  AttachedPolicy,
  CompiledPolicy,
  Decision,
  PolicyKind,
  Principal,
  RequestContext,
} from '../../../src/policy/types.ts'
import { documentOf } from '../builders.ts'
import {
  type Caller,
  type Constraint,
  type Context,
  type Document,
  type Grant,
  type Ids,
  listOf,
  OWN,
  type Request,
  ROLE,
  type Verdict,
  type World,
} from './world.ts'

/** The policy engine itself, asked as the second evaluator is. */
export type Subject = {
  readonly key: CompiledPolicy
  readonly trust: CompiledPolicy
  readonly identityPolicies: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
  readonly sessionPolicies?: readonly AttachedPolicy[]
  readonly grants: readonly KeyGrant[]
}

function compiled(document: Document, kind: PolicyKind, ids: Ids = {}): CompiledPolicy {
  return compilePolicy(documentOf(JSON.stringify(document), kind), new Map(Object.entries(ids)))
}

function constraintOf({ kind, pairs }: Constraint) {
  return { kind, pairs: new Map(Object.entries(pairs)) }
}

function grantOf({ grantee, retiring, issuer, operations, constraint }: Grant, ids: Ids, place: number): KeyGrant {
  return {
    grantId: `grant-${place}`,
    granteePrincipal: grantee,
    ...(retiring ? { retiringPrincipal: retiring } : {}),
    ...(issuer ? { issuingAccount: issuer } : {}),
    boundPrincipals: Object.entries(ids).map(([arn, id]) => ({ arn, id })),
    operations,
    ...(constraint ? { constraint: constraintOf(constraint) } : {}),
  }
}

/** Everything compiled once, for many requests. Throws when a document is refused. */
export function subjectOf({ key, keyIds, trust, identity, boundary, session, grants, grantIds }: World): Subject {
  const attached = (kind: PolicyKind) => (document: Document, place: number) => ({
    name: `${kind}-${place}`,
    policy: compiled(document, kind),
  })
  return {
    key: compiled(key, 'key', keyIds),
    trust: compiled(trust, 'trust'),
    identityPolicies: identity.map(attached('identity')),
    ...(boundary ? { boundary: attached('identity')(boundary, 0) } : {}),
    ...(session ? { sessionPolicies: session.map(attached('session')) } : {}),
    grants: grants.map((grant, place) => grantOf(grant, grantIds, place)),
  }
}

const parseArn = (text: string) => text as PrincipalArn
const parseAccount = (text: string) => text as AccountId

function principalOf({ type, arn, account = '', behind, id }: Caller, subject: Subject): Principal {
  if (type === 'service') return { type, arn, service: arn }
  if (type === 'web-identity') return { type, arn, provider: arn }
  const who = { arn: parseArn(arn), account: parseAccount(account) }
  if (type === 'root') return { type, ...who }
  const { identityPolicies, boundary, sessionPolicies } = subject
  const own = { ...who, identityPolicies, ...(boundary ? { boundary } : {}), ...(id ? { uniqueId: id } : {}) }
  const sessions = sessionPolicies ? { sessionPolicies } : {}
  if (type === 'user') return { type, ...own }
  if (type === 'role-session') return { type, ...own, ...sessions, roleArn: parseArn(behind ?? '') }
  return { type, ...own, ...sessions, ...(behind ? { userArn: parseArn(behind) } : {}) }
}

function contextOf(context: Context): RequestContext {
  const all = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(context)) {
    const key = name.toLowerCase()
    all.set(key, [...(all.get(key) ?? []), ...listOf(value)])
  }
  return all
}

/** What the engine answers, with its grounds. */
export function decisionOf(subject: Subject, request: Request): Decision {
  const { on, operation, resource, encryptionContext, wanted, retire } = request
  const principal = principalOf(request.caller, subject)
  const context = contextOf(request.context)
  const action = `kms:${operation}`
  if (on === 'account') return decideIdentityAccess({ principal, action, resource, account: OWN, context })
  if (on === 'role')
    return decideRoleAccess({
      principal,
      action: 'sts:AssumeRole',
      role: { arn: ROLE, account: OWN, trustPolicy: subject.trust },
      context,
    })
  return decideKeyAccess({
    principal,
    action,
    key: { arn: resource, account: OWN, policy: subject.key },
    grants: operation === 'RetireGrant' ? subject.grants.slice(retire, retire + 1) : subject.grants,
    context,
    encryptionContext: new Map(Object.entries(encryptionContext)),
    ...(wanted
      ? {
          requestedGrant: {
            operations: wanted.operations,
            ...(wanted.constraint ? { constraint: constraintOf(wanted.constraint) } : {}),
          },
        }
      : {}),
  })
}

export function verdictOf(decision: Decision): Verdict {
  return decision.allowed ? 'allow' : decision.kind
}
