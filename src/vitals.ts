import type { Config } from './config.ts'
import type { EventHistory } from './event-history.ts'
import type { Health } from './http/control.ts'
import type { Vitals } from './metrics/families.ts'
import type { Trail } from './request/ports.ts'
import type { State } from './state.ts'
import { VERSION } from './version.ts'

export async function vitalsOf({ mode }: Config, { store, hsm, trail }: State, history: EventHistory): Promise<Vitals> {
  const { alive, restarts } = hsm.health
  const files =
    'head' in trail ? { figures: trail.figures, pending: trail.pending, batch: trail.head.batch } : undefined
  const indexed = history.indexedBatch()
  return {
    mode,
    version: VERSION,
    keyProcess: { isAlive: alive, restarts, inFlight: hsm.inFlight },
    trail: {
      isHealthy: trail.healthy,
      ...(files ? { files } : {}),
      ...(files && indexed !== undefined ? { indexLag: Math.max(0, files.batch - indexed) } : {}),
    },
    commits: await store.epoch(),
  }
}

export function healthOf({ mode }: Config, trail: Trail, isAlive: boolean): Health {
  return {
    status: trail.healthy && isAlive ? 'ok' : 'failing',
    mode,
    version: VERSION,
    trail: trail.healthy ? 'ok' : 'failing',
    keyProcess: isAlive ? 'ok' : 'failing',
  }
}
