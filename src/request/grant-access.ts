import type { EncryptionContext } from '../domain/encryption-context.ts'
import { GRANT_OPERATIONS } from '../domain/grant.ts'
import type { KeyGrant } from '../policy/grant.ts'
import { grantNames } from '../policy/key-access.ts'
import type { Decision } from '../policy/types.ts'
import type { VerifiedCaller } from './caller.ts'
import type { ConditionValues, KeyTarget, Target } from './targets.ts'

/** RetireGrant is among them, but what allows it is the one grant that it names. */
const BY_GRANT: ReadonlySet<string> = new Set(
  GRANT_OPERATIONS.filter((operation) => operation !== 'RetireGrant').map((operation) => `kms:${operation}`),
)

const NO_NAMES: readonly string[] = []

/**
 * The grantees whose grants on the target could still allow what policies did not: none after an explicit denial, which no
 * grant overrides, and none for actions that no grant gives.
 */
export function granteesToAsk(caller: VerifiedCaller, target: Target, decision: Decision): readonly string[] {
  if (decision.allowed || decision.kind === 'explicit') return NO_NAMES
  return target.kind === 'key' && BY_GRANT.has(target.action) ? grantNames(caller.principal) : NO_NAMES
}

/** A grant that nobody may retire for its own sake: the account that owns the key alone learns that there is none. */
const NO_GRANT: KeyGrant = { grantId: '', granteePrincipal: '', operations: [] }

/** What RetireGrant is decided by, for a grant that exists as for one that does not. */
export function grantsToRetire(target: KeyTarget): readonly KeyGrant[] {
  return target.action === 'kms:RetireGrant' ? [target.grant ?? NO_GRANT] : []
}

const PAIR_PREFIX = 'kms:EncryptionContext:'

/** The encryption context of a request, from the condition keys that carry it: their names keep its case. */
export function carriedContext(carried: ConditionValues): EncryptionContext {
  const context = new Map<string, string>()
  for (const [name, value] of Object.entries(carried))
    if (name.startsWith(PAIR_PREFIX) && typeof value === 'string') context.set(name.slice(PAIR_PREFIX.length), value)
  return context
}
