import { error, type ServiceError } from '../domain/error.ts'
import { ALIASES_PER_KEY_MAX } from '../domain/limits.ts'
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

/** What grants and aliases are read from. */
type DecisionStore = Pick<Store, 'findGrants' | 'listAliases'>

/** What decisions are made from. */
export type Deciders = {
  readonly policies: KeyPolicies
  readonly compiled: Pick<CompiledPolicies, 'trust'>
  readonly clock: Clock
  readonly store: DecisionStore
}

/** Decides by key policy and the caller's own policies and, only when they do not allow, by the key's grants for the caller. */
export function authorizeByPolicies({ policies, compiled, clock, store }: Deciders): Authorize {
  return (caller, target, carried) => {
    const now = clock.now()
    const context = requestContext(caller, subjectOf(target), carried, now)
    if (target.kind === 'role')
      // What was asked for may be an external id, which is meant for the two parties alone.
      return {
        target,
        asked: undefined,
        ...judgeRole(compiled, target, { principal: caller.principal, context }),
      }
    const decision = decide(policies, caller, target, context)
    return target.kind === 'key' && context.asked()?.has(RESOURCE_ALIASES)
      ? decideByAliases({ policies, store }, { caller, target, carried, now })
      : concluded({ policies, store }, { caller, target, carried, context, decision })
  }
}

/** The one condition key that no target brings with it: its values are read when a policy asks for them. */
const RESOURCE_ALIASES = 'kms:resourcealiases'

type From = Pick<Deciders, 'policies' | 'store'>
type Question<T extends Target = Target> = {
  readonly caller: VerifiedCaller
  readonly target: T
  readonly carried: () => ConditionValues
}

/** Decides anew, with the names of the key's aliases. */
async function decideByAliases(
  from: From,
  { caller, target, carried, now }: Question<KeyTarget> & { readonly now: number },
): Promise<Verdict> {
  const { key } = target
  const found = await from.store.listAliases(key, { targetKeyId: key.keyId, limit: ALIASES_PER_KEY_MAX })
  const subject = { ...subjectOf(target), resourceAliases: found.map(({ name }) => name) }
  const context = requestContext(caller, subject, carried, now)
  const decision = decide(from.policies, caller, target, context)
  return concluded(from, { caller, target, carried, context, decision })
}

type Decided = Question<Exclude<Target, RoleTarget>> & { readonly context: AskedContext; readonly decision: Decision }

function concluded({ policies, store }: From, decided: Decided): Verdict | Promise<Verdict> {
  const { caller, target, carried, context, decision } = decided
  if (decision.allowed) return { target, decision, asked: context.asked() }
  const names = granteesToAsk(caller, target, decision)
  return target.kind === 'key' && names.length > 0
    ? decideByGrants(policies, store, { caller, target, carried, context, names })
    : refused(decision, caller, target, context)
}

type Asked = Question<KeyTarget> & {
  readonly context: AskedContext
  readonly names: readonly string[]
}

async function decideByGrants(
  policies: KeyPolicies,
  store: DecisionStore,
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
    case 'arn':
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
    case 'arn':
    case 'entity':
      return decideIdentityAccess({ principal, action, resource: target.arn, account: target.account, context })
    case 'account':
      return decideIdentityAccess({
        principal,
        action,
        resource: accountResource(action, { ...scope, region: target.region ?? scope.region }),
        account: scope.account,
        context,
      })
  }
}
