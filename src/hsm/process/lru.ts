export type Lru<Value> = {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  readonly size: number
}

/**
 * A cache of at most `max` entries that forgets what was not used of late.
 *
 * Two generations instead of an exact order: an entry used while old becomes young again, and when the young fill half of
 * the cache, the old are dropped. A hit among the young writes nothing, which an exact order would on every one.
 */
export function createLru<Value>(max: number): Lru<Value> {
  const half = Math.max(1, Math.floor(max / 2))
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  const set = (key: string, value: Value) => {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    old.delete(key)
    young.set(key, value)
  }
  const get = (key: string) => {
    const value = young.get(key)
    if (value !== undefined) return value
    const aged = old.get(key)
    if (aged !== undefined) set(key, aged)
    return aged
  }
  return {
    get,
    set,
    get size() {
      return young.size + old.size
    },
  }
}
