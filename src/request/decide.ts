import { error } from '../domain/error.ts'
import { denialMessage } from '../policy/denial.ts'
import { accountResource, decideIdentityAccess } from '../policy/identity-access.ts'
import { decideKeyAccess } from '../policy/key-access.ts'
import type { Decision, RequestContext } from '../policy/types.ts'
import type { Authorize } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import { requestContext } from './context.ts'
import type { KeyPolicies } from './key-policy.ts'
import type { Clock } from './ports.ts'
import type { Target } from './targets.ts'

/** Decides by key policy and the caller's own policies. */
export function authorizeByPolicies(policies: KeyPolicies, clock: Clock): Authorize {
  return (caller, target, carried) => {
    const decision = decide(
      policies,
      caller,
      target,
      requestContext(caller, target.kind === 'alias' ? {} : target, carried, clock.now()),
    )
    if (decision.allowed) return undefined
    const { principal } = caller
    const isNamedByCiphertext = target.kind === 'key' && target.isNamedByCiphertext === true
    return error(
      'AccessDeniedException',
      denialMessage(decision, {
        principal,
        action: target.action,
        resource: shownResource(target),
        isNamedByCiphertext,
      }),
    )
  }
}

function decide(policies: KeyPolicies, caller: VerifiedCaller, target: Target, context: RequestContext): Decision {
  const { principal, scope } = caller
  const { action } = target
  switch (target.kind) {
    case 'key': {
      const { arn, account } = target.key
      return decideKeyAccess({
        principal,
        action,
        key: { arn, account, policy: policies.compiled(target.key) },
        grants: [],
        context,
      })
    }
    case 'alias':
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

function shownResource(target: Target): string {
  return target.kind === 'account' ? '*' : target.kind === 'alias' ? target.arn : target.key.arn
}
