import type { ErrorCode } from '../domain/error.ts'
import { FAULTS_MAX } from '../domain/limits.ts'

/** A fault that a test of a client asks the emulator for. `operation` is a name or `*`. */
export type Fault = {
  readonly operation: string
  readonly error?: ErrorCode
  readonly delayMs?: number
  /** How many calls it strikes. */
  readonly times: number
}

export type Faults = {
  /** The fault that strikes this call, if any; counts it. */
  next(operation: string): Fault | undefined
  /** False when there are too many. */
  add(fault: Fault): boolean
  list(): readonly Fault[]
  clear(): void
}

/** Faults strike in the order they were added. */
export function openFaults(): Faults {
  let faults: readonly Fault[] = []
  return {
    next(operation) {
      const found = faults.find((fault) => fault.operation === '*' || fault.operation === operation)
      if (found)
        faults = faults.flatMap((fault) =>
          fault !== found ? [fault] : fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [],
        )
      return found
    },
    add(fault) {
      if (faults.length >= FAULTS_MAX) return false
      faults = [...faults, fault]
      return true
    },
    list: () => faults,
    clear() {
      faults = []
    },
  }
}
