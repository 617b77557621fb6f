import { openAlarms } from './alarms.ts'
import type { Config } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import { defaultKeys } from './default-keys.ts'
import { type AccountId, parseAccountId } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { type EventHistory, type HistoryParts, historyBehind, historyInMemory } from './event-history.ts'
import { type Installation, install } from './first-start.ts'
import { type OpenKeyProcess, openKeyProcess } from './hsm/client.ts'
import type { Health } from './http/control.ts'
import type { KeyBoundary } from './key-boundary.ts'
import type { Vitals } from './metrics/families.ts'
import { keepingOwnedKeys } from './owned-keys.ts'
import { authorizeInMode, issuedInMode } from './request/auth-mode.ts'
import { acceptAnyone, byOrigin, servedRegions, verifyEveryone } from './request/authenticate.ts'
import type { CallFigures } from './request/call-figures.ts'
import type { TravellingClock } from './request/clock.ts'
import { openComplianceWatch } from './request/compliance/watch.ts'
import { credentialFinder } from './request/credentials.ts'
import { authorizeByPolicies } from './request/decide.ts'
import { openScheduler, runDueDuties } from './request/duties.ts'
import type { Faults } from './request/faults.ts'
import { proveForwarded } from './request/forwarded-request.ts'
import type { HttpRequest, HttpResponse } from './request/http.ts'
import { type Iam, iamParts } from './request/iam/parts.ts'
import type { TokenVerifier } from './request/iam/web-identity.ts'
import { keyPolicies } from './request/key-policy.ts'
import { openKeyStoreConnections } from './request/key-store-connections.ts'
import { openKeyUsages, unwrittenFrom } from './request/key-usages.ts'
import type { Log } from './request/log.ts'
import { refusingToManage } from './request/managed-access.ts'
import { openOutbox, recoverOutbox } from './request/outbox.ts'
import { pipeline } from './request/pipeline.ts'
import type { Clock, Ids, KeyStoreBackends, Store, Trail } from './request/ports.ts'
import { openQuotas, type QuotaValues } from './request/quotas.ts'
import { kms } from './services/kms/index.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { ANCHOR_SETTING } from './trail/anchor.ts'
import type { Publisher } from './trail/checkpoints/publisher.ts'
import { readKeyUses } from './trail/key-uses.ts'
import { type MemoryTrail, openMemoryTrail } from './trail/memory.ts'
import { findEventIds } from './trail/read.ts'
import { oneAtATime, type Search, searchLines, searchSegments } from './trail/search.ts'
import { type OpenTrail, openTrail } from './trail/segments.ts'
import { openUnusual } from './unusual.ts'
import { VERSION } from './version.ts'

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

/** Loaded by the first token, with the library that reads it. */
function tokenVerifier({ oidcKeys }: Config): TokenVerifier {
  let opened: Promise<TokenVerifier> | undefined
  const open = async () => (await import('./oidc/tokens.ts')).openTokenVerifier(oidcKeys)
  const verifier = () => {
    opened ??= open()
    return opened
  }
  return {
    issuerOf: async (token) => (await verifier()).issuerOf(token),
    verify: async (...given) => (await verifier()).verify(...given),
  }
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

/** Before anything is opened: a wrong file changes nothing. */
async function operatorsQuotas({ quotas }: Config): Promise<QuotaValues | ServiceError | undefined> {
  if (typeof quotas === 'string') return undefined
  return (await import('./quota-file.ts')).quotaValues(quotas.path)
}

/** Rates are loaded only where callers are held to them. */
async function quotasOf({ quotas: mode }: Config, { store, quotaValues }: State, clock: Clock) {
  const quotas = openQuotas(store, quotaValues)
  if (mode === 'off') return { quotas }
  const { openRateLimits } = await import('./request/rate-limits.ts')
  return { quotas, rateLimits: await openRateLimits({ store, clock, quotas }) }
}

/** Last opened, first closed. */
async function closeAll(opened: readonly AsyncDisposable[]): Promise<void> {
  for (const part of opened.toReversed()) await part[Symbol.asyncDispose]()
}

type Opening = {
  readonly around: Surroundings
  readonly boundary: KeyBoundary
  readonly directory: DataDirectory | undefined
  /** What was opened so far, to be closed in the opposite order. */
  readonly opened: AsyncDisposable[]
}

type State = {
  readonly store: Store
  readonly hsm: OpenKeyProcess
  readonly trail: OpenTrail | MemoryTrail
  readonly directory: DataDirectory | undefined
  /** What an operator put in the place of AWS's quotas. */
  readonly quotaValues: QuotaValues | undefined
  readonly heads?: Heads
  readonly opened: readonly AsyncDisposable[]
}

/** The trail is opened last: opening it writes to it, and a wrong root key must change nothing. */
async function openState(
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

/** Who is told of every head, once there is somebody. */
type Heads = { publisher?: Publisher }

function openSegments(directory: DataDirectory, store: Store, { clock, log }: Surroundings, heads: Heads | undefined) {
  return openTrail({
    directory: directory.trail,
    ...(heads ? { onHead: (head) => heads.publisher?.note(head) } : {}),
    now: clock.now,
    anchor: { load: () => store.setting(ANCHOR_SETTING), save: (text) => store.putSetting(ANCHOR_SETTING, text) },
    warn: (message, cause) => log.error(message, { cause }),
  })
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

type Installed = { readonly iam: Iam; readonly account: AccountId }

/** Who calls, and what they may. */
function accessOf(config: Config, { clock, log }: Surroundings, { store, hsm }: State, { iam, account }: Installed) {
  const { auth, mode, regions } = config
  const isServed = mode === 'dev' ? () => true : servedRegions(regions)
  const verification = { credentials: credentialFinder({ store, hsm, clock }), isServed, realNow: Date.now }
  const { principals } = iam
  const verify = verifyEveryone({ ...verification, store, principals })
  const accept = acceptAnyone({ defaultAccount: account, principals, isUnrestricted: auth !== 'enforce' })
  const emulated = byOrigin({ accept, issued: issuedInMode(auth, { verify, accept }, log) })
  const policies = keyPolicies(clock, iam.binder)
  const byPolicies = authorizeByPolicies({ policies, compiled: iam.compiled, clock, store })
  return {
    authenticate: mode === 'dev' ? emulated : verify,
    authorize: refusingToManage(authorizeInMode(auth, byPolicies, log)),
    policies,
    proveForwarded: proveForwarded(verification),
  }
}

function openIam(config: Config, { store, hsm }: State, clock: Clock) {
  const admitsUnknown = config.mode === 'dev'
  return iamParts({ tokens: tokenVerifier(config), directory: store, hsm, clock, admitsUnknown })
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

async function vitalsOf({ mode }: Config, { store, hsm, trail }: State, history: EventHistory): Promise<Vitals> {
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

function healthOf({ mode }: Config, trail: Trail, isAlive: boolean): Health {
  return {
    status: trail.healthy && isAlive ? 'ok' : 'failing',
    mode,
    version: VERSION,
    trail: trail.healthy ? 'ok' : 'failing',
    keyProcess: isAlive ? 'ok' : 'failing',
  }
}
