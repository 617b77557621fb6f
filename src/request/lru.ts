/** A map that holds at most `max` entries and drops one that has not been used lately. */
export type Lru<K, V> = {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  clear(): void
  readonly size: number
}

type Entry<V> = { readonly value: V; isUsed: boolean }

/**
 * A use only marks its entry: re-inserting it, as the strict order of use asks, costs several times as much as finding it.
 * Map keeps the order of insertion, and the oldest entry that was used since it was last passed over is passed over once more.
 */
export function lru<K, V>(max: number): Lru<K, V> {
  const entries = new Map<K, Entry<V>>()
  // Ends: what is passed over is no longer marked when the loop meets it again.
  const makeRoom = () => {
    for (const [key, entry] of entries) {
      if (entries.size < max) return
      entries.delete(key)
      if (entry.isUsed) entries.set(key, { value: entry.value, isUsed: false })
    }
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entry.isUsed = true
      return entry.value
    },
    set(key, value) {
      entries.delete(key)
      makeRoom()
      entries.set(key, { value, isUsed: false })
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    get size() {
      return entries.size
    },
  }
}
