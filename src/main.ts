import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pino from 'pino'
import type { Config } from './config.ts'
import { type DataDirectory, dataDirectory, eraseState, makeDataDirectory, rootKeyNeed } from './data-directory.ts'
import { type AccountId, parseAccountId } from './domain/arn.ts'
import { error, isError, type ServiceError } from './domain/error.ts'
import { install } from './first-start.ts'
import {
  createEphemeralRootKey,
  createRootKeyFile,
  openKeyProcess,
  openRootKeyFile,
  type RootKey,
} from './hsm/client.ts'
import { controls, type Emulator, type Health } from './http/control.ts'
import { listen } from './http/listener.ts'
import { acceptAnyone, verifyEveryone } from './request/authenticate.ts'
import { travellingClock } from './request/clock.ts'
import { authorizeByPolicies } from './request/decide.ts'
import { openScheduler, runDueDuties } from './request/duties.ts'
import { openFaults } from './request/faults.ts'
import type { HttpRequest, HttpResponse } from './request/http.ts'
import { keyPolicies } from './request/key-policy.ts'
import type { Log } from './request/log.ts'
import { openOutbox, recoverOutbox } from './request/outbox.ts'
import { pipeline } from './request/pipeline.ts'
import type { Clock, Ids, Store, Trail } from './request/ports.ts'
import { kms } from './services/kms/index.ts'
import { sts } from './services/sts/index.ts'
import { openSqliteStore } from './store/sqlite.ts'
import { openMemoryTrail } from './trail/memory.ts'
import { findEventIds } from './trail/read.ts'
import { openTrail } from './trail/segments.ts'
import { VERSION } from './version.ts'

export type Running = AsyncDisposable & {
  /** Base URL with the port really bound. */
  readonly url: string
  /** What a person is shown at start. */
  readonly notes: {
    readonly account: string
    readonly credentialsPath?: string
    readonly isFirstStart: boolean
    readonly regions: readonly string[]
  }
  close(): Promise<void>
}

/** A start that cannot be: one line for a person. */
export type StartFailure = { readonly kind: 'start-failure'; readonly message: string }

const SERVICES = [kms, sts]
/** Name of the setting in which the trail's head is remembered. */
const TRAIL_ANCHOR = 'trail-anchor'

const ids: Ids = { uuid: () => randomUUID(), hex: (bytes) => randomBytes(bytes).toString('hex') }

/** Starts the emulator or the service and answers once it listens. */
export async function start(config: Config): Promise<Running | StartFailure> {
  const log = openLog()
  const clock = travellingClock(Date.now)
  const faults = openFaults()
  let engine: Engine | ServiceError
  try {
    engine = await openEngine(config, { log, clock, faults })
    if (isError(engine)) return failure(engine)
    return await listenWith(config, engine, { log, clock, faults })
  } catch (cause) {
    return systemFailure(cause, config)
  }
}

function failure({ code, message }: ServiceError): StartFailure {
  return { kind: 'start-failure', message: message ?? code }
}

/** The system's refusals in one line; anything else is a mistake in this program and keeps its stack. */
function systemFailure(cause: unknown, { host, port }: Config): StartFailure {
  if (!(cause instanceof Error) || !('code' in cause)) throw cause
  if (cause.code === 'EADDRINUSE')
    return { kind: 'start-failure', message: `port ${port} on ${host} is taken; choose another with --port` }
  return { kind: 'start-failure', message: cause.message }
}

type Surroundings = {
  readonly log: Log
  readonly clock: ReturnType<typeof travellingClock>
  readonly faults: ReturnType<typeof openFaults>
}

/** Everything behind the listener: closed and opened anew when the emulator is reset. */
type Engine = {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>
  readonly account: AccountId
  readonly isFirstStart: boolean
  readonly health: () => Health
  runDue(): Promise<ServiceError | undefined>
  close(): Promise<void>
}

async function openEngine(config: Config, around: Surroundings): Promise<Engine | ServiceError> {
  const directory = config.dataDirectory === undefined ? undefined : dataDirectory(config.dataDirectory)
  if (directory) makeDataDirectory(directory)
  const rootKey = await openRootKey(directory)
  if (isError(rootKey)) return rootKey
  const opened: AsyncDisposable[] = [{ [Symbol.asyncDispose]: async () => rootKey[Symbol.dispose]() }]
  const engine = await assemble(config, around, { directory, rootKey, opened })
  if (isError(engine)) await closeAll(opened)
  return engine
}

/** Last opened, first closed. */
async function closeAll(opened: readonly AsyncDisposable[]): Promise<void> {
  for (const part of opened.toReversed()) await part[Symbol.asyncDispose]()
}

async function openRootKey(directory: DataDirectory | undefined): Promise<RootKey | ServiceError> {
  if (!directory) return createEphemeralRootKey()
  const need = rootKeyNeed(directory)
  if (need === 'lost')
    return error(
      'KMSInternalException',
      `${directory.rootKey} is missing, and nothing else opens the keys in ${directory.database}`,
    )
  const failed = need === 'create' ? await createRootKeyFile(directory.rootKey) : undefined
  return failed ?? openRootKeyFile(directory.rootKey)
}

type Opening = {
  readonly directory: DataDirectory | undefined
  readonly rootKey: RootKey
  readonly opened: AsyncDisposable[]
}

async function assemble(
  config: Config,
  around: Surroundings,
  { directory, rootKey, opened }: Opening,
): Promise<Engine | ServiceError> {
  const { log, clock } = around
  const store = await openSqliteStore({ path: directory?.database ?? ':memory:' })
  if (isError(store)) return store
  opened.push(store)
  const trail = directory ? await openSegments(directory, store, clock, log) : openMemoryTrail()
  if (isError(trail)) return trail
  if (Symbol.asyncDispose in trail) opened.push(trail)
  const hsm = await openKeyProcess({
    rootKey,
    adoptsMaterial: config.mode === 'dev',
    domainKeys: { load: () => store.domainKeys(), save: (key) => store.insertDomainKey(key) },
    log: (message) => log.warn(message),
  })
  if (isError(hsm)) return hsm
  opened.push(hsm)
  const installed =
    directory && config.mode === 'serve' ? await installed0(config, directory, { store, hsm, clock }) : emulated(config)
  if (isError(installed)) return installed
  const outbox = openOutbox(store, trail, log)
  await recoverOutbox(store, outbox, async (eventIds) =>
    directory ? findEventIds(directory.trail, eventIds) : new Set(),
  )
  const authenticate =
    config.mode === 'serve'
      ? verifyEveryone({ store, hsm, regions: config.regions, realNow: Date.now })
      : acceptAnyone(installed.account)
  const parts = { store, hsm, trail, outbox, clock, ids, log, authenticate, services: SERVICES }
  const emulator = config.mode === 'dev' ? { faults: around.faults } : {}
  // No users or roles exist yet, so the service admits no policy that names one; the emulator takes every name for real.
  const policies = keyPolicies(
    clock,
    (named) => config.mode === 'dev' || named.type === 'account' || named.type === 'service',
  )
  const authorize = authorizeByPolicies(policies, clock)
  const scheduler = openScheduler(parts)
  return {
    ...installed,
    handle: pipeline({ ...parts, ...emulator, authorize, policies, allowsCustomKeys: config.mode === 'dev' }),
    health: () => healthOf(config, trail, hsm.health.alive),
    runDue: () => runDueDuties(parts),
    async close() {
      await scheduler.stop()
      await outbox.drain()
      await closeAll(opened)
    },
  }
}

function installed0(
  config: Config,
  directory: DataDirectory,
  parts: { store: Store; hsm: Parameters<typeof install>[0]['hsm']; clock: Clock },
) {
  const region = config.regions[0]
  if (!region) return error('KMSInternalException', 'no Region is configured')
  const account = config.account === undefined ? {} : { account: config.account }
  return install({ ...parts, ...account, ids, region, credentialsPath: directory.credentials })
}

/** The emulator has no installation: accounts spring into being when first named. */
function emulated(config: Config): { readonly account: AccountId; readonly isFirstStart: boolean } | ServiceError {
  const account = config.account ?? parseAccountId('000000000000')
  return account ? { account, isFirstStart: true } : error('KMSInternalException', 'no account is configured')
}

function openSegments(directory: DataDirectory, store: Store, clock: Clock, log: Log) {
  return openTrail({
    directory: directory.trail,
    now: clock.now,
    anchor: { load: () => store.setting(TRAIL_ANCHOR), save: (text) => store.putSetting(TRAIL_ANCHOR, text) },
    warn: (message, cause) => log.error(message, { cause }),
  })
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

async function listenWith(config: Config, first: Engine, around: Surroundings): Promise<Running> {
  let engine = first
  const reopen = async () => {
    await engine.close()
    if (config.dataDirectory !== undefined) await eraseState(dataDirectory(config.dataDirectory))
    around.clock.moveToRealTime()
    around.faults.clear()
    const opened = await openEngine(config, around)
    if (isError(opened)) throw new Error(opened.message ?? opened.code)
    engine = opened
  }
  const emulator = config.mode === 'dev' ? emulatorOf(around, () => engine, reopen) : undefined
  const handlers = {
    control: controls(() => engine.health(), emulator),
    api: (request: HttpRequest) => engine.handle(request),
    requestId: ids.uuid,
  }
  const listener = await openListener(config, handlers).catch(async (cause) => {
    await engine.close()
    throw cause
  })
  const close = async () => {
    await listener.close()
    await engine.close()
  }
  const { credentials } = dataDirectory(config.dataDirectory ?? '')
  return {
    url: `${config.tls ? 'https' : 'http'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${listener.port}`,
    notes: {
      account: engine.account,
      isFirstStart: engine.isFirstStart,
      regions: config.regions,
      ...(config.mode === 'serve' ? { credentialsPath: credentials } : {}),
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Rejects for TLS files that cannot be read as for a port that is taken. */
async function openListener({ host, port, tls }: Config, handlers: Parameters<typeof listen>[1]) {
  const files = tls && { cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) }
  return listen({ host, port, ...(files ? { tls: files } : {}) }, handlers)
}

/** Time goes forward step by step, so that what falls due on the way sees the time at which it does. */
function emulatorOf({ clock, faults }: Surroundings, engine: () => Engine, reset: () => Promise<void>): Emulator {
  return {
    clock,
    faults,
    reset,
    async travel(order) {
      if (order === 'real time') clock.moveToRealTime()
      else clock.moveTo(order.to)
      const failed = await engine().runDue()
      if (failed) throw new Error(failed.message ?? failed.code)
    },
  }
}

/** To stderr, so that stdout stays what a person or a script reads. Members are named one by one: nothing else is written. */
function openLog(): Log {
  const out = pino(
    { base: null, level: process.env.TRENT_LOG ?? 'warn', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  )
  const facts = (given: Parameters<Log['error']>[1]) => {
    const { requestId, operation, code, count, cause } = given ?? {}
    return {
      requestId,
      operation,
      code,
      count,
      ...(cause instanceof Error ? { cause: cause.stack } : cause === undefined ? {} : { cause: String(cause) }),
    }
  }
  return {
    info: (message, given) => out.info(facts(given), message),
    warn: (message, given) => out.warn(facts(given), message),
    error: (message, given) => out.error(facts(given), message),
  }
}
