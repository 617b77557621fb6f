import type { Decision, Ground } from '../../policy/types.ts'
import type { RecordedCheck, RecordedGround } from '../../trail/recorded-call.ts'

export { KEY_ACTIONS } from '../../policy/key-actions.ts'
export { shownWays } from '../../policy/ways.ts'

/** A ground as events name it. */
export function groundOf(ground: Ground): RecordedGround {
  if (ground.kind === 'grant') return { grant: ground.grantId }
  if (ground.kind === 'root-user') return { root: true }
  const { source, policy, index, sid } = ground
  return {
    source,
    statement: index,
    ...(policy === undefined ? {} : { policy }),
    ...(sid === undefined ? {} : { sid }),
  }
}

/** A decision that was never recorded, as if it had been. */
export function checkOf(
  decision: Decision,
  { action, resource }: Pick<RecordedCheck, 'action' | 'resource'>,
): RecordedCheck {
  const about = { action, resource, asked: new Map(), isSessionLimited: false }
  if (decision.allowed) return { ...about, allowed: true, by: decision.by.map(groundOf) }
  const refused = { ...about, allowed: false, by: [] }
  return decision.kind === 'explicit'
    ? { ...refused, deniedBy: groundOf(decision.by) }
    : { ...refused, missing: decision.missing }
}
