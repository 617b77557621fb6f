import type { ServiceError } from '../domain/error.ts'
import { TRAIL_MEMORY_LINES } from '../domain/limits.ts'

/** The newest events of a service that keeps nothing. */
export interface MemoryTrail {
  append(line: string): Promise<ServiceError | undefined>
  readonly healthy: boolean
  /** Oldest first. */
  lines(): readonly string[]
  /** Events appended so far: the last of them is the last of `lines`. */
  readonly count: number
  clear(): void
}

/** A trail of the last `limit` events, for the emulator. */
export function openMemoryTrail({ limit = TRAIL_MEMORY_LINES }: { readonly limit?: number } = {}): MemoryTrail {
  const ring: string[] = []
  let next = 0
  let count = 0

  return {
    async append(line) {
      ring[next] = line
      next = (next + 1) % limit
      count += 1
      return undefined
    },
    healthy: true,
    lines: () => (ring.length < limit ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)]),
    get count() {
      return count
    },
    clear() {
      ring.length = 0
      next = 0
    },
  }
}
