import { accessOf, openIam } from './access.ts'
import { openAlarms } from './alarms.ts'
import type { Config } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import { defaultKeys } from './default-keys.ts'
import { type AccountId, parseAccountId } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { type EventHistory, type HistoryParts, historyBehind, historyInMemory } from './event-history.ts'
import { type Installation, install } from './first-start.ts'
import type { Health } from './http/control.ts'
import type { KeyBoundary } from './key-boundary.ts'
import type { Vitals } from './metrics/families.ts'
import { openComplianceWatch } from './request/compliance/watch.ts'
import { openScheduler, runDueDuties } from './request/duties.ts'
import type { HttpRequest, HttpResponse } from './request/http.ts'
import { openKeyStoreConnections } from './request/key-store-connections.ts'
import { openKeyUsages, unwrittenFrom } from './request/key-usages.ts'
import { openOutbox, recoverOutbox } from './request/outbox.ts'
import { pipeline } from './request/pipeline.ts'
import type { Clock, Store } from './request/ports.ts'
import { openQuotas } from './request/quotas.ts'
import { kms } from './services/kms/index.ts'
import { closeAll, openState, type State, type Surroundings } from './state.ts'
import { readKeyUses } from './trail/key-uses.ts'
import { findEventIds } from './trail/read.ts'
import { oneAtATime, type Search, searchLines, searchSegments } from './trail/search.ts'
import { openUnusual } from './unusual.ts'
import { healthOf, vitalsOf } from './vitals.ts'

/** Everything behind the listener: closed and opened anew when the emulator is reset. */
export type Engine = {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>
  readonly account: AccountId
  readonly isFirstStart: boolean
  readonly health: () => Health
  readonly vitals: () => Promise<Vitals>
  readonly store: Store
  /** Does what is due by the clock. */
  runDue(): Promise<ServiceError | undefined>
  /** When the earliest duty falls due, milliseconds since the epoch. */
  nextDueAt(): Promise<number | undefined>
  close(): Promise<void>
}

/** Everything but KMS is loaded by the first request for it: an emulator that starts for one test never needs it. */
const SERVICES = {
  usual: [kms],
  all: async () => (await import('./services/all.ts')).SERVICES,
}

async function* noUses(): AsyncGenerator<never> {}

/** @returns one line for a person when the data directory, its root key or its trail does not open; then nothing is changed. */
export async function openEngine(
  config: Config,
  around: Surroundings,
  boundary: KeyBoundary,
): Promise<Engine | ServiceError> {
  const { rootKey, directory } = boundary
  const opened: AsyncDisposable[] = [{ [Symbol.asyncDispose]: async () => rootKey[Symbol.dispose]() }, boundary.begun]
  const state = await openState(config, { around, boundary, directory, opened })
  const engine = isError(state) ? state : await assemble(config, around, state)
  if (isError(engine)) await closeAll(opened)
  return engine
}

/** Rates are loaded only where callers are held to them. */
async function quotasOf({ quotas: mode }: Config, { store, quotaValues }: State, clock: Clock) {
  const quotas = openQuotas(store, quotaValues)
  if (mode === 'off') return { quotas }
  const { openRateLimits } = await import('./request/rate-limits.ts')
  return { quotas, rateLimits: await openRateLimits({ store, clock, quotas }) }
}

async function assemble(config: Config, around: Surroundings, state: State): Promise<Engine | ServiceError> {
  const { store, hsm, trail, directory, opened } = state
  const { clock, log, ids, calls, keyStoreBackends = {} } = around
  const isEmulator = config.mode === 'dev'
  const installed = directory && !isEmulator ? await installation(config, directory, state, around) : emulated(config)
  if (isError(installed)) return installed
  const unpublished = await publishing(config, around, state, installed.account)
  if (isError(unpublished)) return unpublished
  const outbox = openOutbox(store, trail, log)
  await recoverOutbox(store, outbox, async (eventIds) =>
    directory ? findEventIds(directory.trail, eventIds) : new Set(),
  )
  const iam = openIam(config, state, clock)
  const access = accessOf(config, around, state, { iam, account: installed.account })
  const parts = {
    store,
    hsm,
    trail,
    outbox,
    clock,
    ids,
    log,
    ...access,
    iam,
    services: SERVICES,
  }
  const keyUsages = await openUsages(state, around)
  const history = historyOf(config, state, { ...around, account: installed.account, outbox })
  const unusual = await openUnusual(history.findings, { config, account: installed.account, store, log, clock })
  if (isError(unusual)) return unusual
  const cloudTrail = { ...history, unusual }
  const scheduler = openScheduler(parts)
  const alarms = openAlarms({ store, metrics: cloudTrail.metrics, clock, log, onMoved: unusual.tell })
  const compliance = openComplianceWatch({ ...parts, keyUsages, cloudTrail })
  const keyStores = openKeyStoreConnections({ store, backends: keyStoreBackends, log })
  await keyStores.resume()
  return {
    ...installed,
    handle: pipeline({
      ...parts,
      keyStoreBackends,
      keyStores,
      keyUsages,
      searchTrail: oneAtATime(searchOf(state)),
      cloudTrail,
      calls,
      managedKeys: defaultKeys({ ...parts, operator: installed.account }, isEmulator),
      operator: installed.account,
      ...(await quotasOf(config, state, clock)),
      compliance,
      allowsCustomKeys: isEmulator,
      serves: (region) => isEmulator || config.regions.includes(region),
      ...(isEmulator ? { faults: around.faults } : {}),
    }),
    health: () => healthOf(config, trail, hsm.health.alive),
    vitals: () => vitalsOf(config, state, history),
    store,
    runDue: async () => (await runDueDuties(parts)) ?? alarms.run(),
    nextDueAt: () => store.nextDutyAt(),
    async close() {
      await scheduler.stop()
      await alarms.stop()
      await compliance.close()
      await keyStores.stop()
      await outbox.drain()
      await keyUsages.close()
      await unusual.close()
      await history.close()
      const notSealed = 'close' in trail ? await trail.close() : undefined
      await state.heads?.publisher?.close(notSealed === undefined)
      await closeAll(opened)
    },
  }
}

function searchOf({ trail, directory }: State): Search {
  return async (wanted) =>
    directory ? searchSegments(directory.trail, wanted) : searchLines('lines' in trail ? trail.lines() : [], wanted)
}

/** Loaded only where somebody outside wants to be told. */
async function publishing(
  { checkpoints }: Config,
  { clock, log }: Surroundings,
  { store, trail, directory, heads }: State,
  account: string,
): Promise<ServiceError | undefined> {
  if (!checkpoints || !heads || !directory || !('head' in trail)) return undefined
  const { publishCheckpoints } = await import('./checkpoint-publishing.ts')
  const parts = { store, clock, log, account, directory: directory.trail, head: () => trail.head }
  const publisher = await publishCheckpoints(checkpoints, parts)
  if (isError(publisher)) return publisher
  heads.publisher = publisher
  return undefined
}

function historyOf(
  config: Config,
  state: State,
  { clock, log, account, outbox }: Pick<HistoryParts, 'clock' | 'log' | 'account' | 'outbox'>,
): EventHistory {
  const { store, hsm, trail, directory } = state
  const parts = { config, account, store, hsm, clock, log, outbox }
  if ('lines' in trail) return historyInMemory(trail, parts)
  if (!directory) throw new TypeError('a trail in files is in a directory')
  return historyBehind(directory, trail, parts)
}

/** A trail in memory is gone with the store that it would tell something to. */
async function openUsages({ store, trail, directory }: State, { clock, log }: Surroundings) {
  const from = directory && (await unwrittenFrom(store))
  const missed = directory && from !== undefined ? readKeyUses(directory.trail, from) : noUses()
  return openKeyUsages({ store, log, clock, missed, segment: () => ('head' in trail ? trail.head.segment : 0) })
}

function installation(config: Config, directory: DataDirectory, { store, hsm }: State, { clock, ids }: Surroundings) {
  const [region] = config.regions
  if (!region) return error('KMSInternalException', 'no Region is configured')
  const account = config.account === undefined ? {} : { account: config.account }
  return install({ store, hsm, clock, ids, region, credentialsPath: directory.credentials, ...account })
}

/** The emulator has no installation: accounts spring into being when first named. */
function emulated({ account }: Config): Installation | ServiceError {
  const known = account ?? parseAccountId('000000000000')
  return known ? { account: known, isFirstStart: true } : error('KMSInternalException', 'no account is configured')
}
