import type { Clock } from './ports.ts'

/** The emulator's clock: real time, moved. */
export type TravellingClock = Clock & {
  /** Time goes on from there. */
  moveTo(instant: number): void
  moveToRealTime(): void
}

export function travellingClock(realNow: () => number): TravellingClock {
  let offset = 0
  return {
    now: () => realNow() + offset,
    moveTo(instant) {
      offset = instant - realNow()
    },
    moveToRealTime() {
      offset = 0
    },
  }
}
