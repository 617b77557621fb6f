import type { Key, RelatedKeys } from '../domain/key.ts'
import { isReplica, otherRegions } from '../domain/multi-region.ts'
import { nextRevision } from '../domain/next-revision.ts'
import type { Change, Store } from './ports.ts'

/**
 * The keys that are related to a multi-Region key, without itself; none for a single-Region key.
 *
 * Every commit that changes who is related changes all of their records, so that changes computed from this meet a
 * `conflict` when it is no longer so.
 */
export async function relatedKeys(store: Store, key: Key): Promise<readonly Key[]> {
  const { account, keyId } = key
  const found = await Promise.all(otherRegions(key).map((region) => store.findKey({ account, region }, keyId)))
  return found.filter((other) => other !== undefined)
}

/** The primary that a replica follows; for any other key, itself. */
export async function primaryOf(store: Store, key: Key): Promise<Key | undefined> {
  const { account, keyId, related } = key
  return related && isReplica(key) ? store.findKey({ account, region: related.primary }, keyId) : key
}

/** The change of each of `keys` that tells it who is related now. */
export function relationChanges(keys: readonly Key[], related: RelatedKeys): readonly Change[] {
  return keys.map((key) => ({ kind: 'update-key', key: nextRevision(key, { related }) }))
}
