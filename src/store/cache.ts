/** What was read last, by name. */
export type Cache<Value> = {
  get(name: string): Value | undefined
  /** Keeps `value`, which weighs `units`, and drops what has not been read lately until all fits. */
  set(name: string, value: Value, units: number): void
  delete(name: string): void
  /** Of everything kept together. */
  readonly units: number
}

type Entry<Value> = { readonly value: Value; readonly units: number; isRead: boolean }

/**
 * A cache that forgets what has not been read lately.
 *
 * Reading only marks: moving the entry to the end each time, as a strict order of reading asks, costs as much again as
 * finding it. The oldest entry that was read since it was last passed over is passed over once more.
 *
 * @param unitsMax - all kept values together never weigh more. A value that alone weighs more is not kept.
 */
export function createCache<Value>(unitsMax: number): Cache<Value> {
  // A Map keeps the order of insertion: its first entry is the oldest.
  const entries = new Map<string, Entry<Value>>()
  let total = 0

  const remove = (name: string) => {
    const entry = entries.get(name)
    if (entry !== undefined && entries.delete(name)) total -= entry.units
  }
  // Ends: what is passed over is no longer marked when the loop meets it again.
  const makeRoom = () => {
    for (const [name, entry] of entries) {
      if (total <= unitsMax) return
      if (entry.isRead) {
        entry.isRead = false
        entries.delete(name)
        entries.set(name, entry)
      } else remove(name)
    }
  }

  return {
    get(name) {
      const entry = entries.get(name)
      if (entry === undefined) return undefined
      entry.isRead = true
      return entry.value
    },
    set(name, value, units) {
      remove(name)
      if (units > unitsMax) return
      total += units
      entries.set(name, { value, units, isRead: false })
      makeRoom()
    },
    delete: remove,
    get units() {
      return total
    },
  }
}
