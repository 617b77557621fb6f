import type { Key } from './key.ts'

/** `key` with `changed` put over it, one revision on. What it is while its store is not connected is not kept. */
export function nextRevision(key: Key, changed: Partial<Key>): Key {
  const { state } = key
  const own = state.name === 'Unavailable' && state.otherwise ? { state: { name: state.otherwise } } : {}
  return { ...key, ...own, ...changed, revision: key.revision + 1 }
}
