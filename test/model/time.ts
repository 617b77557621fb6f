import fc from 'fast-check'
import { allDue, passTime, readDeletionDates } from './due.ts'
import type { World } from './state.ts'
import { chosen, nth, step } from './step.ts'

/** Odd hours, so that no travel ends just when something falls due that follows from something else. */
const DURATIONS = ['PT1H', 'P1DT1H', 'P6DT11H', 'P7DT2H', 'P15DT3H', 'P31DT5H', 'P95DT7H', 'P400DT9H'] as const
const MINUTE_MS = 60_000

async function arrive(world: World): Promise<void> {
  passTime(world, world.server.now())
  await readDeletionDates(world)
}

export const travels = step('travel', fc.constantFrom(...DURATIONS), async (world, advance) => {
  await world.server.travel({ advance })
  await arrive(world)
})

/** To shortly before or after something falls due. */
export const travelsToDue = step(
  'travelToDue',
  fc.record({ nth, minutes: fc.constantFrom(-60, -10, 10) }),
  async (world, { nth, minutes }) => {
    const due = chosen(allDue(world), nth % 4)
    const to = (due?.at ?? 0) + minutes * MINUTE_MS
    if (to <= world.server.now()) return
    await world.server.travel({ set: new Date(to).toISOString() })
    await arrive(world)
  },
)

export const restarts = step('restart', fc.constant(null), async (world) => {
  await world.server.restart()
})
