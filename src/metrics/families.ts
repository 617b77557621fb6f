import { KEY_REQUESTS_MAX, REQUESTS_IN_FLIGHT_MAX, TRAIL_QUEUE_MAX_EVENTS } from '../domain/limits.ts'
import { type CallFigures, KEY_CLASSES, type OperationFigures } from '../request/call-figures.ts'
import type { TrailFigures } from '../trail/figures.ts'
import type { Census } from './census.ts'
import { type Family, type Sample, single } from './family.ts'

/** How the parts of a running service are, at one moment. */
export type Vitals = {
  readonly mode: string
  readonly version: string
  readonly keyProcess: { readonly isAlive: boolean; readonly restarts: number; readonly inFlight: number }
  readonly trail: {
    readonly isHealthy: boolean
    /** Absent for a trail in memory. */
    readonly files?: { readonly figures: TrailFigures; readonly pending: number; readonly batch: number }
    /** Batches that the index of events does not have yet; absent while nothing builds one. */
    readonly indexLag?: number
  }
  /** Changes of state since the first start. */
  readonly commits: number
}

function answersOf({ service, operation, successes, failures }: OperationFigures): readonly Sample[] {
  return [['Success', successes] as const, ...failures].flatMap(([result, counts]) =>
    KEY_CLASSES.flatMap((key_class, at) => {
      const value = counts[at] ?? 0
      return value === 0 ? [] : [{ labels: { service, operation, result, key_class }, value }]
    }),
  )
}

/** What was asked and answered. */
export function callFamilies(calls: CallFigures): readonly Family[] {
  const operations = [...calls.operations()]
  return [
    {
      kind: 'counter',
      name: 'trent_requests_total',
      help: 'Requests answered, by operation, result (Success or an error code) and kind of key.',
      samples: operations.flatMap(answersOf),
    },
    {
      kind: 'histogram',
      name: 'trent_request_duration_seconds',
      help: 'Time from the end of a request to its answer, its durable record included.',
      series: operations.map(({ service, operation, seconds }) => ({
        labels: { service, operation },
        histogram: seconds,
      })),
    },
    single('gauge', 'trent_requests_in_flight', 'Requests that are not answered yet.', calls.inFlight),
    single(
      'gauge',
      'trent_requests_in_flight_limit',
      'Requests at once, above which more are refused.',
      REQUESTS_IN_FLIGHT_MAX,
    ),
  ]
}

function keyProcessFamilies({ isAlive, restarts, inFlight }: Vitals['keyProcess']): readonly Family[] {
  return [
    single('gauge', 'trent_key_process_up', 'Whether a key process is there to answer.', Number(isAlive)),
    single(
      'counter',
      'trent_key_process_restarts_total',
      'Key processes that ended unasked and were replaced.',
      restarts,
    ),
    single('gauge', 'trent_key_process_requests', 'Requests that wait for the key process or are in it.', inFlight),
    single(
      'gauge',
      'trent_key_process_requests_limit',
      'Requests to the key process, above which more are refused.',
      KEY_REQUESTS_MAX,
    ),
  ]
}

function trailFamilies({ isHealthy, files, indexLag }: Vitals['trail']): readonly Family[] {
  const healthy = single('gauge', 'trent_trail_healthy', 'Whether the last event could be written.', Number(isHealthy))
  if (!files) return [healthy]
  const { figures, pending, batch } = files
  const { writes, events, failures, lastDurableAt } = figures
  return [
    healthy,
    {
      kind: 'histogram',
      name: 'trent_trail_write_duration_seconds',
      help: 'Time that a batch of events took to become durable.',
      series: [{ labels: {}, histogram: writes }],
    },
    single('counter', 'trent_trail_events_total', 'Events made durable.', events),
    single('counter', 'trent_trail_write_failures_total', 'Batches of events that could not be written.', failures),
    single('gauge', 'trent_trail_pending_events', 'Events that wait for the next write.', pending),
    single(
      'gauge',
      'trent_trail_pending_events_limit',
      'Events that may wait, above which requests are refused.',
      TRAIL_QUEUE_MAX_EVENTS,
    ),
    single('gauge', 'trent_trail_batch', 'Number of the newest durable batch.', batch),
    single(
      'gauge',
      'trent_trail_last_durable_timestamp_seconds',
      'When the newest batch became durable.',
      lastDurableAt === undefined ? undefined : lastDurableAt / 1_000,
    ),
    single('gauge', 'trent_trail_index_lag_batches', 'Batches that the index of events does not have yet.', indexLag),
  ]
}

/** How the service is. */
export function vitalFamilies({ mode, version, keyProcess, trail, commits }: Vitals): readonly Family[] {
  return [
    {
      kind: 'gauge',
      name: 'trent_build_info',
      help: 'Version and mode of what runs; always 1.',
      samples: [{ labels: { version, mode }, value: 1 }],
    },
    ...keyProcessFamilies(keyProcess),
    ...trailFamilies(trail),
    single('counter', 'trent_store_commits_total', 'Changes of state since the store was made.', commits),
  ]
}

/** What the store holds. `now` by the clock that material expires by. */
export function keyFamilies({ keys, expiries }: Census, now: number): readonly Family[] {
  return [
    {
      kind: 'gauge',
      name: 'trent_keys',
      help: 'Keys, by Region and state.',
      samples: keys.map(({ region, state, count }) => ({ labels: { region, state }, value: count })),
    },
    {
      kind: 'gauge',
      name: 'trent_imported_material_expiry_seconds',
      help: 'Seconds until imported key material is destroyed, of the keys for which that is soonest.',
      samples: expiries.map(({ scope, keyId, dueAt }) => ({
        labels: { account: scope.account, region: scope.region, key_id: keyId },
        value: (dueAt - now) / 1_000,
      })),
    },
  ]
}
