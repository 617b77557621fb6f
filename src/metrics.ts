import type { Engine } from './engine.ts'
import type { Metrics } from './http/metrics.ts'
import { type Census, openCensus } from './metrics/census.ts'
import { exposition } from './metrics/exposition.ts'
import { callFamilies, keyFamilies, vitalFamilies } from './metrics/families.ts'
import type { Family } from './metrics/family.ts'
import { processFamilies } from './metrics/process.ts'
import type { Surroundings } from './state.ts'

export type Meter = { families(): Promise<readonly Family[]>; prometheus(): Promise<Metrics> }

/** Everything that can be measured of a running Trent. Loaded by who first asks for it. */
export function openMeter(engine: () => Engine, { calls, clock }: Pick<Surroundings, 'calls' | 'clock'>): Meter {
  // The emulator's engine is another one after a reset, with another store.
  let counted: { readonly of: Engine; readonly census: () => Promise<Census> } | undefined

  async function families(): Promise<readonly Family[]> {
    const current = engine()
    if (counted?.of !== current) counted = { of: current, census: openCensus(current.store) }
    return [
      ...callFamilies(calls),
      ...vitalFamilies(await current.vitals()),
      ...keyFamilies(await counted.census(), clock.now()),
      ...processFamilies(),
    ]
  }

  return {
    families,
    prometheus: async () => exposition(await families()),
  }
}
