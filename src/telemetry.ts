import { hostname } from 'node:os'
import type { Config } from './config.ts'
import type { Meter } from './metrics.ts'
import { openTelemetry, type Telemetry } from './otlp/telemetry.ts'
import type { Surroundings } from './state.ts'
import { VERSION } from './version.ts'

/** Tells the collector of the configuration; loaded only where there is one. */
export function openConfiguredTelemetry(
  { url, headers, ratio, serviceName }: NonNullable<Config['otlp']>,
  meter: Meter,
  { calls, ids, log }: Surroundings,
): Telemetry {
  const resource = {
    'service.name': serviceName,
    'service.version': VERSION,
    'service.instance.id': ids.uuid(),
    'host.name': hostname(),
  }
  const teller = { resource, version: VERSION }
  return openTelemetry({ collector: { url, headers }, teller, ratio, calls, families: meter.families, ids, log })
}
