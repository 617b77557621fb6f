import type { Config } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { type OpenKeyProcess, openKeyProcess } from './hsm/client.ts'
import type { KeyBoundary } from './key-boundary.ts'
import { keepingOwnedKeys } from './owned-keys.ts'
import type { CallFigures } from './request/call-figures.ts'
import type { TravellingClock } from './request/clock.ts'
import type { Faults } from './request/faults.ts'
import type { Log } from './request/log.ts'
import type { Ids, KeyStoreBackends, Store } from './request/ports.ts'
import type { QuotaValues } from './request/quotas.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { ANCHOR_SETTING } from './trail/anchor.ts'
import type { Publisher } from './trail/checkpoints/publisher.ts'
import { type MemoryTrail, openMemoryTrail } from './trail/memory.ts'
import { type OpenTrail, openTrail } from './trail/segments.ts'

/** What outlives an engine. */
export type Surroundings = {
  readonly log: Log
  readonly clock: TravellingClock
  readonly faults: Faults
  readonly calls: CallFigures
  readonly ids: Ids
  /** Where the keys of custom key stores are. */
  readonly keyStoreBackends?: KeyStoreBackends
}

/** What is needed to open it. */
export type Opening = {
  readonly around: Surroundings
  readonly boundary: KeyBoundary
  readonly directory: DataDirectory | undefined
  /** What was opened so far, to be closed in the opposite order. */
  readonly opened: AsyncDisposable[]
}

/** What an engine keeps: the store, the trail, and the key process that opens what is in them. */
export type State = {
  readonly store: Store
  readonly hsm: OpenKeyProcess
  readonly trail: OpenTrail | MemoryTrail
  readonly directory: DataDirectory | undefined
  /** What an operator put in the place of AWS's quotas. */
  readonly quotaValues: QuotaValues | undefined
  readonly heads?: Heads
  readonly opened: readonly AsyncDisposable[]
}

/** Who is told of every head, once there is somebody. */
type Heads = { publisher?: Publisher }

/** Before anything is opened: a wrong file changes nothing. */
async function operatorsQuotas({ quotas }: Config): Promise<QuotaValues | ServiceError | undefined> {
  if (typeof quotas === 'string') return undefined
  return (await import('./quota-file.ts')).quotaValues(quotas.path)
}

/** The trail is opened last: opening it writes to it, and a wrong root key must change nothing. */
export async function openState(
  config: Config,
  { around, boundary, directory, opened }: Opening,
): Promise<State | ServiceError> {
  const quotaValues = await operatorsQuotas(config)
  if (isError(quotaValues)) return quotaValues
  const store = await openSqliteStore({ path: directory?.database ?? ':memory:' })
  if (isError(store)) return named(directory?.database, store)
  opened.push(store)
  let trail: OpenTrail | MemoryTrail | ServiceError | undefined
  const openedTrail = () => (trail && !isError(trail) ? trail : UNRECORDED)
  const hsm = await openKeyProcess({
    rootKey: boundary.rootKey,
    begun: boundary.begun,
    ...boundary.emulator,
    attestation: boundary.attestation,
    domainKeys: keepingOwnedKeys({ store, clock: around.clock, ids: around.ids, trail: openedTrail }),
    log: (message) => around.log.warn(message),
  })
  if (isError(hsm)) return named(directory?.rootKey, hsm)
  opened.push(hsm)
  const heads: Heads | undefined = config.checkpoints ? {} : undefined
  trail = directory ? await openSegments(directory, store, around, heads) : openMemoryTrail()
  if (isError(trail)) return named(directory?.trail, trail)
  if (Symbol.asyncDispose in trail) opened.push(trail)
  return { store, hsm, trail, directory, quotaValues, opened, ...(heads ? { heads } : {}) }
}

/** No key is made before the trail is open. */
const UNRECORDED = { append: async () => error('KMSInternalException', 'the trail is not open') }

/** Adapters do not know which file they were given by whom; a person wants to. */
function named(path: string | undefined, failure: ServiceError): ServiceError {
  const message = failure.message ?? failure.code
  return path === undefined || message.includes(path) ? failure : { ...failure, message: `${path}: ${message}` }
}

function openSegments(directory: DataDirectory, store: Store, { clock, log }: Surroundings, heads: Heads | undefined) {
  return openTrail({
    directory: directory.trail,
    ...(heads ? { onHead: (head) => heads.publisher?.note(head) } : {}),
    now: clock.now,
    anchor: { load: () => store.setting(ANCHOR_SETTING), save: (text) => store.putSetting(ANCHOR_SETTING, text) },
    warn: (message, cause) => log.error(message, { cause }),
  })
}

/** Last opened, first closed. */
export async function closeAll(opened: readonly AsyncDisposable[]): Promise<void> {
  for (const part of opened.toReversed()) await part[Symbol.asyncDispose]()
}
