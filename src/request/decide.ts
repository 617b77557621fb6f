import { error, type ServiceError } from '../domain/error.ts'
import { denialMessage } from '../policy/denial.ts'
import { accountResource, decideIdentityAccess } from '../policy/identity-access.ts'
import { decideKeyAccess } from '../policy/key-access.ts'
import type { Decision, Denial, RequestContext } from '../policy/types.ts'
import type { Authorize, Verdict } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import { type AskedContext, requestContext, type Subject } from './context.ts'
import { carriedContext, granteesToAsk, grantsToRetire } from './grant-access.ts'
import type { CompiledPolicies } from './iam/compiled-policies.ts'
import { judgeRole, type RoleTarget } from './iam/role-target.ts'
import type { KeyPolicies } from './key-policy.ts'
import type { Clock, Store } from './ports.ts'
import { type ConditionValues, type KeyTarget, resourceArn, type Target } from './targets.ts'

/** What grants are read from. */
type GrantStore = Pick<Store, 'findGrants'>

/** What decisions are made from. */
export type Deciders = {
  readonly policies: KeyPolicies
  readonly compiled: Pick<CompiledPolicies, 'trust'>
  readonly clock: Clock
  readonly store: GrantStore
}

/** Decides by key policy and the caller's own policies and, only when they do not allow, by the key's grants for the caller. */
export function authorizeByPolicies({ policies, compiled, clock, store }: Deciders): Authorize {
  return (caller, target, carried) => {
    const context = requestContext(caller, subjectOf(target), carried, clock.now())
    if (target.kind === 'role')
      // What was asked for may be an external id, which is meant for the two parties alone.
      return {
        target,
        asked: undefined,
        ...judgeRole(compiled, target, { principal: caller.principal, context }),
      }
    const decision = decide(policies, caller, target, context)
    if (decision.allowed) return { target, decision, asked: context.asked() }
    const names = granteesToAsk(caller, target, decision)
    return target.kind === 'key' && names.length > 0
      ? decideByGrants(policies, store, { caller, target, carried, context, names })
      : refused(decision, caller, target, context)
  }
}

type Asked = {
  readonly caller: VerifiedCaller
  readonly target: KeyTarget
  readonly carried: () => ConditionValues
  readonly context: AskedContext
  readonly names: readonly string[]
}

async function decideByGrants(
  policies: KeyPolicies,
  store: GrantStore,
  { caller, target, carried, context, names }: Asked,
): Promise<Verdict> {
  const grants = await store.findGrants(target.key, target.key.keyId, names)
  const decision = decideKeyAccess({
    ...keyAccess(policies, caller, target, context),
    grants,
    encryptionContext: carriedContext(carried()),
    ...(target.requestedGrant ? { requestedGrant: target.requestedGrant } : {}),
  })
  return decision.allowed ? { target, decision, asked: context.asked() } : refused(decision, caller, target, context)
}

function refused(decision: Denial, caller: VerifiedCaller, target: Target, context: AskedContext): Verdict {
  return { target, decision, asked: context.asked(), refusal: refusalOf(decision, caller, target) }
}

function refusalOf(decision: Denial, { principal }: VerifiedCaller, target: Target): ServiceError {
  const isNamedByCiphertext = target.kind === 'key' && target.isNamedByCiphertext === true
  const request = { principal, action: target.action, resource: resourceArn(target), isNamedByCiphertext }
  return error('AccessDeniedException', denialMessage(decision, request))
}

function keyAccess(policies: KeyPolicies, { principal }: VerifiedCaller, target: KeyTarget, context: RequestContext) {
  const { arn, account } = target.key
  return { principal, action: target.action, key: { arn, account, policy: policies.compiled(target.key) }, context }
}

function subjectOf(target: Target): Subject {
  switch (target.kind) {
    case 'key':
    case 'account':
      return target
    case 'entity':
      return { entity: target }
    case 'alias':
    case 'role':
      return {}
  }
}

function decide(
  policies: KeyPolicies,
  caller: VerifiedCaller,
  target: Exclude<Target, RoleTarget>,
  context: RequestContext,
): Decision {
  const { principal, scope } = caller
  const { action } = target
  switch (target.kind) {
    case 'key':
      return decideKeyAccess({ ...keyAccess(policies, caller, target, context), grants: grantsToRetire(target) })
    case 'alias':
    case 'entity':
      return decideIdentityAccess({ principal, action, resource: target.arn, account: target.account, context })
    case 'account':
      return decideIdentityAccess({
        principal,
        action,
        resource: accountResource({ ...scope, region: target.region ?? scope.region }),
        account: scope.account,
        context,
      })
  }
}
