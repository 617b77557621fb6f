import { error } from '../domain/error.ts'
import { managesKey } from '../domain/key-management.ts'
import { denialMessage } from '../policy/denial.ts'
import { refusal } from '../policy/resource-access.ts'
import type { Authorize, Verdict } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import type { KeyTarget } from './targets.ts'

/**
 * Decides as `authorize` does, but that nobody manages the keys that AWS manages: not who may do anything, and not by a policy
 * that should not have said so. Their own policies refuse it already; where those are not asked, or wrong, this does.
 */
export function refusingToManage(authorize: Authorize): Authorize {
  return (caller, target, carried) => {
    const verdict = authorize(caller, target, carried)
    if (target.kind !== 'key' || target.key.manager !== 'AWS' || !managesKey(target.action)) return verdict
    return verdict instanceof Promise
      ? verdict.then((decided) => unlessRefused(decided, caller, target))
      : unlessRefused(verdict, caller, target)
  }
}

/** A refusal by policies tells more than this one, which has their usual text. */
function unlessRefused(verdict: Verdict | undefined, { principal }: VerifiedCaller, target: KeyTarget): Verdict {
  if (verdict?.refusal) return verdict
  const decision = refusal('resource-policy')
  const message = denialMessage(decision, { principal, action: target.action, resource: target.key.arn })
  return { target, decision, asked: verdict?.asked, refusal: error('AccessDeniedException', message) }
}
