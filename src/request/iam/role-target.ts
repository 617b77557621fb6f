import type { AccountId } from '../../domain/arn.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import type { IamRole } from '../../domain/iam.ts'
import { decideRoleAccess } from '../../policy/identity-access.ts'
import { refusal } from '../../policy/resource-access.ts'
import type { Decision, Principal, RequestContext, WebIdentity } from '../../policy/types.ts'
import type { Identity } from '../../trail/identity.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import type { UsedCode } from './mfa.ts'

/** A role that somebody wants to become, judged by its trust policy; it need not exist. */
export type RoleTarget<Action extends string = string> = {
  readonly kind: 'role'
  readonly action: Action
  readonly account: AccountId
  readonly arn: string
  readonly role?: IamRole
  /** The code of an MFA device that came with the request. */
  readonly mfa?: UsedCode
  /** Who asks, when it is not the caller that signed. */
  readonly webIdentity?: WebIdentity
  /** The same as events show it. */
  readonly bearer?: Identity
}

/** Decides by trust policy and the caller's own policies. A role that does not exist is refused like one that trusts nobody. */
export function judgeRole(
  compiled: Pick<CompiledPolicies, 'trust'>,
  { action, arn, account, role, webIdentity }: RoleTarget,
  asking: { readonly principal: Principal; readonly context: RequestContext },
): { readonly decision: Decision; readonly refusal?: ServiceError } {
  const principal = webIdentity ?? asking.principal
  const trust = role && compiled.trust(role.trustPolicy, role.trustBindings)
  const decision = trust
    ? decideRoleAccess({ principal, action, role: { arn, account, trustPolicy: trust }, context: asking.context })
    : refusal('resource-policy')
  if (decision.allowed) return { decision }
  const answer = webIdentity
    ? error('AccessDenied', `Not authorized to perform ${action}`)
    : error('AccessDenied', `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${arn}`)
  return { decision, refusal: answer }
}
