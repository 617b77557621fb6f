import { error, isError, type ServiceError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import { hasMaterial } from '../domain/key-import.ts'
import { COMMIT_ATTEMPTS_MAX } from '../domain/limits.ts'
import { withPrimary } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import type { DutyParts } from './duty-parts.ts'
import { rotationDuty } from './key-rotation.ts'
import type { Change, Duty, Store } from './ports.ts'
import { relatedKeys } from './related-keys.ts'

/** The duty of a primary that is to be one no longer. */
export function primaryChangeDuty({ account, region, keyId }: Key, dueAt: number): Duty {
  return { scope: { account, region }, keyId, kind: 'update-primary', dueAt }
}

/**
 * Exchanges the parts of a primary and the replica that is to succeed it, in one commit: there is never none and never two.
 * Whatever the primary was yet to do by itself its successor does.
 *
 * @returns the error with which the duty stays for another run.
 */
export async function changeDuePrimary(parts: DutyParts, duty: Duty): Promise<ServiceError | undefined> {
  for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const done = await attend(parts.store, duty)
    if (done !== 'conflict') return isError(done) ? done : undefined
  }
  return error('ThrottlingException', 'The key is being changed by other requests.')
}

type Done = Awaited<ReturnType<Store['commit']>>

async function attend(store: Store, duty: Duty): Promise<Done> {
  const primary = await store.findKey(duty.scope, duty.keyId)
  // With a key go its duties, so that this one is gone already.
  if (!primary) return 'committed'
  const { state, related } = primary
  // As a new revision: another call may have put the duty anew since the key was read, and that one must stay.
  if (state.name !== 'Updating' || !related)
    return store.commit([
      { kind: 'update-key', key: nextRevision(primary, {}) },
      { kind: 'delete-duty', duty },
    ])
  const keys = [primary, ...(await relatedKeys(store, primary))]
  const relatedNow = withPrimary(related, state.primaryRegion)
  const changed = keys.map((key) => nextRevision(key, { related: relatedNow, ...arrived(key) }))
  return store.commit([
    ...changed.map((key) => ({ kind: 'update-key', key }) as const),
    ...changed.filter(({ region }) => region === primary.region || region === state.primaryRegion).map(rotationDuty),
    { kind: 'delete-duty', duty },
  ] satisfies readonly Change[])
}

/** Both keys were enabled before, or they would not be updating; imported material may have expired meanwhile. */
const arrived = (key: Key): Partial<Key> =>
  key.state.name === 'Updating' ? { state: { name: hasMaterial(key) ? 'Enabled' : 'PendingImport' } } : {}
