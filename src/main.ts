import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Config } from './config.ts'
import { dataDirectory, eraseState } from './data-directory.ts'
import { isError, type ServiceError } from './domain/error.ts'
import type { Engine } from './engine.ts'
import { controls, type Emulator } from './http/control.ts'
import type { Handlers } from './http/listener.ts'
import type { Metrics } from './http/metrics.ts'
import { openKeyBoundary } from './key-boundary.ts'
import { openLog } from './log.ts'
import type { Meter } from './metrics.ts'
import { openCallFigures } from './request/call-figures.ts'
import { travellingClock } from './request/clock.ts'
import { openFaults } from './request/faults.ts'
import type { HttpRequest } from './request/http.ts'
import type { Ids } from './request/ports.ts'
import type { Surroundings } from './state.ts'

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

const ids: Ids = { uuid: () => randomUUID(), hex: (bytes) => randomBytes(bytes).toString('hex') }

/** What is outside of the program and reached by adapters of its own. */
export type Outside = Pick<Surroundings, 'keyStoreBackends'>

/** Starts the emulator or the service and answers once it listens. */
export async function start(config: Config, outside: Outside = {}): Promise<Running | StartFailure> {
  const around = {
    log: openLog(),
    clock: travellingClock(Date.now),
    faults: openFaults(),
    calls: openCallFigures(),
    ids,
    ...outside,
  }
  try {
    const engine = await openSeeded(config, around)
    if (isError(engine)) return { kind: 'start-failure', message: engine.message ?? engine.code }
    return await listenWith(config, engine, around)
  } catch (cause) {
    return systemFailure(cause, config)
  }
}

/** The system's refusals in one line; anything else is a mistake in this program and keeps its stack. */
function systemFailure(cause: unknown, { host, port }: Config): StartFailure {
  if (!(cause instanceof Error) || !('code' in cause)) throw cause
  if (cause.code === 'EADDRINUSE')
    return { kind: 'start-failure', message: `port ${port} on ${host} is taken; choose another with --port` }
  return { kind: 'start-failure', message: cause.message }
}

/** The seed file is read before anything is opened, so that a wrong one changes nothing. */
async function openSeeded(config: Config, around: Surroundings): Promise<Engine | ServiceError> {
  if (config.seedPath === undefined) return openBehindBoundary(config, around)
  const { parseSeed, seed } = await import('./seed.ts')
  const calls = parseSeed(readFileSync(config.seedPath, 'utf8'))
  if (isError(calls)) return calls
  const engine = await openBehindBoundary(config, around)
  const [region] = config.regions
  if (isError(engine) || !region) return engine
  const failed = await seed(calls, { handle: engine.handle, account: engine.account, region, requestId: ids.uuid })
  if (failed) await engine.close()
  return failed ?? engine
}

/** The key process starts while the engine's modules load. */
async function openBehindBoundary(config: Config, around: Surroundings): Promise<Engine | ServiceError> {
  const boundary = await openKeyBoundary(config)
  if (isError(boundary)) return boundary
  const { openEngine } = await import('./engine.ts')
  const opening = openEngine(config, around, boundary)
  // Most of its time is the key process's, in which this one has nothing else to do.
  await import('./http/listener.ts')
  return opening
}

async function listenWith(config: Config, first: Engine, around: Surroundings): Promise<Running> {
  let engine = first
  const reset = async () => {
    await engine.close()
    if (config.dataDirectory !== undefined) await eraseState(dataDirectory(config.dataDirectory))
    around.clock.moveToRealTime()
    around.faults.clear()
    const opened = await openSeeded(config, around)
    if (isError(opened)) return opened
    engine = opened
    return undefined
  }
  const emulator = config.mode === 'dev' ? emulatorOf(around, () => engine, reset) : undefined
  const meter = meterOf(() => engine, around)
  const listener = await openListener(config, {
    control: controls(() => engine.health(), { audience: config.metrics, read: figuresOf(meter, around) }, emulator),
    api: (request: HttpRequest) => engine.handle(request),
    requestId: ids.uuid,
  }).catch(async (cause) => {
    await engine.close()
    throw cause
  })
  const telemetry =
    config.otlp && (await import('./telemetry.ts')).openConfiguredTelemetry(config.otlp, await meter(), around)
  const close = async () => {
    await listener.close()
    await telemetry?.close()
    await engine.close()
  }
  return { url: urlOf(config, listener.port), notes: notesOf(config, engine), close, [Symbol.asyncDispose]: close }
}

/** A store that cannot be read, as while the emulator is being reset, is no reason to end. */
function figuresOf(meter: () => Promise<Meter>, { log }: Surroundings): () => Promise<Metrics | undefined> {
  return async () => {
    try {
      return await (await meter()).prometheus()
    } catch (cause) {
      log.error('the metrics could not be read', { cause })
      return undefined
    }
  }
}

/** Loaded by the first who wants figures. */
function meterOf(engine: () => Engine, around: Surroundings): () => Promise<Meter> {
  let opened: Promise<Meter> | undefined
  return () => {
    opened ??= import('./metrics.ts').then(({ openMeter }) => openMeter(engine, around))
    return opened
  }
}

function urlOf({ host, tls }: Config, port: number): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function notesOf({ mode, regions, dataDirectory: root }: Config, { account, isFirstStart }: Engine): Running['notes'] {
  const credentials = mode === 'serve' && root !== undefined ? { credentialsPath: dataDirectory(root).credentials } : {}
  return { account, isFirstStart, regions, ...credentials }
}

/**
 * Rejects for TLS files that cannot be read as for a port that is taken. The listener is loaded when the key process has
 * been started, which takes longest.
 */
async function openListener({ host, port, tls }: Config, handlers: Handlers) {
  const { listen } = await import('./http/listener.ts')
  const files = tls && { cert: readFileSync(tls.certPath), key: readFileSync(tls.keyPath) }
  return listen({ host, port, ...(files ? { tls: files } : {}) }, handlers)
}

/** Time goes forward from duty to duty, so that what falls due on the way happens at its own time. */
function emulatorOf(
  { clock, faults }: Surroundings,
  engine: () => Engine,
  reset: () => Promise<ServiceError | undefined>,
): Emulator {
  return {
    clock,
    faults,
    reset,
    async travel(order) {
      if (order === 'real time') clock.moveToRealTime()
      else {
        for (;;) {
          const next = await engine().nextDueAt()
          if (next === undefined || next > order.to) break
          if (next > clock.now()) clock.moveTo(next)
          const failed = await engine().runDue()
          if (failed) return failed
        }
        clock.moveTo(order.to)
      }
      return engine().runDue()
    },
  }
}
