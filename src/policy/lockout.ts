import { decideKeyAccess } from './key-access.ts'
import type { CompiledPolicy, Principal, RequestContext } from './types.ts'

/**
 * Whether the caller could not call PutKeyPolicy once the key has this policy: the lockout safety check of CreateKey,
 * PutKeyPolicy and ReplicateKey, which `BypassPolicyLockoutSafetyCheck` skips.
 *
 * A session counts as its role: that one session may stay is no comfort, since it ends; that its session policies forbid
 * the call does not matter either, since the next session need not have them.
 *
 * @param context - of the request that submits the policy. Source: KMS API reference, PutKeyPolicy.
 */
export function wouldLockOut(
  policy: CompiledPolicy,
  caller: Principal,
  request: { readonly key: { readonly arn: string; readonly account: string }; readonly context: RequestContext },
): boolean {
  const { key, context } = request
  const principal = lastingPrincipal(caller)
  return !decideKeyAccess({ principal, action: 'kms:PutKeyPolicy', key: { ...key, policy }, grants: [], context })
    .allowed
}

function lastingPrincipal(caller: Principal): Principal {
  if (caller.type !== 'role-session') return caller
  const { sessionPolicies: _, ...session } = caller
  return { ...session, arn: caller.roleArn }
}
