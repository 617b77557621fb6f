import { partitionOf } from '../domain/arn.ts'
import { evaluateOwn, firstMissing, limitsPassed } from './own-policies.ts'
import { decideByPolicies, gather, refusal } from './resource-access.ts'
import type { CompiledPolicy, Decision, Principal, RequestContext } from './types.ts'

/** One action on something that has no policy of its own: an account, an alias, an IAM entity. */
export type IdentityAccess = {
  readonly principal: Principal
  readonly action: string
  /** ARN; for operations without a key `accountResource`. */
  readonly resource: string
  /** Account that owns the resource. */
  readonly account: string
  readonly context: RequestContext
}

/** Services whose resources are in no Region. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(['iam', 'sts'])

type Place = { readonly region: string; readonly account: string }

/**
 * What IAM policies must cover for operations without a key (CreateKey, ListKeys …): `*` and `arn:aws:kms:REGION:ACCOUNT:*`
 * do, `…:key/*` does not; the same for the operations of other services. Messages show `*` in its place. Source: KMS
 * developer guide.
 */
export function accountResource(action: string, { region, account }: Place): string {
  const service = action.slice(0, action.indexOf(':'))
  return `arn:${partitionOf(region)}:${service}:${GLOBAL_SERVICES.has(service) ? '' : region}:${account}:*`
}

/** Decides by the principal's own policies: no policy of another account can help. */
export function decideIdentityAccess({ principal, action, resource, account, context }: IdentityAccess): Decision {
  const own = evaluateOwn({ principal, action: action.toLowerCase(), resource, context })
  if (own.deny) return { allowed: false, kind: 'explicit', by: own.deny, hidden: false }
  if ('account' in principal && principal.account !== account) return refusal('other-account')
  const limits = limitsPassed(own)
  return own.identity && limits ? { allowed: true, by: [own.identity, ...limits] } : refusal(firstMissing(own))
}

/** One action on a role: `sts:AssumeRole` and its kin. */
export type RoleAccess = {
  readonly principal: Principal
  readonly action: string
  readonly role: { readonly arn: string; readonly account: string; readonly trustPolicy: CompiledPolicy }
  readonly context: RequestContext
}

/** Decides by trust policy and the principal's own policies; IAM alone never suffices. Source: IAM user guide, AssumeRole. */
export function decideRoleAccess({ principal, action, role, context }: RoleAccess): Decision {
  const question = { principal, action: action.toLowerCase(), resource: role.arn, context }
  return decideByPolicies(gather(question, { account: role.account, policy: role.trustPolicy, source: 'trust-policy' }))
}
