import type { Key } from './key.ts'

/** `key` with `changed` put over it, one revision on. */
export function nextRevision(key: Key, changed: Partial<Key>): Key {
  return { ...key, ...changed, revision: key.revision + 1 }
}
