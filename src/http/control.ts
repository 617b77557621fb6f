import { isErrorCode, type ServiceError } from '../domain/error.ts'
import type { TravellingClock } from '../request/clock.ts'
import type { Fault, Faults } from '../request/faults.ts'
import { type HttpRequest, type HttpResponse, header } from '../request/http.ts'
import { CLOCK_HELP, type ClockOrder, clockOrder } from './clock-order.ts'
import { METRICS_PATH, type Metrics, type MetricsAudience, metricsAnswer } from './metrics.ts'

/** What `GET /_trent/health` tells. */
export type Health = {
  readonly status: 'ok' | 'failing'
  readonly mode: string
  readonly version: string
  readonly trail: string
  readonly keyProcess: string
}

/** The emulator's controls; the service has none but health. */
export type Emulator = {
  readonly clock: TravellingClock
  readonly faults: Faults
  /** All state is gone when it resolves. */
  reset(): Promise<ServiceError | undefined>
  /** Moves Trent's time; resolves when everything that fell due has happened. */
  travel(order: ClockOrder): Promise<ServiceError | undefined>
}

const JSON_TYPE = 'application/json'
const DELAY_MAX_MS = 600_000
const TIMES_MAX = 1_000_000

type Reply = { readonly status: number; readonly value: unknown }
const ok = (value: unknown): Reply => ({ status: 200, value })
const bad = (message: string): Reply => ({ status: 400, value: { message } })
const failed = (failure: ServiceError | undefined): Reply | undefined =>
  failure && { status: 500, value: { message: failure.message ?? failure.code } }

/**
 * `/metrics` and the paths below `/_trent/`.
 *
 * @param emulator - absent in the service, where only health answers.
 */
export function controls(
  health: () => Health,
  metrics: { readonly audience: MetricsAudience; readonly read: () => Promise<Metrics | undefined> },
  emulator?: Emulator,
): (request: HttpRequest) => Promise<HttpResponse | undefined> {
  return async (request) => {
    if (request.path === METRICS_PATH) return metricsAnswer(request, metrics.audience, metrics.read)
    const reply = await replyTo(request, health, emulator)
    return reply && { status: reply.status, contentType: JSON_TYPE, body: `${JSON.stringify(reply.value)}\n` }
  }
}

async function replyTo(
  request: HttpRequest,
  health: () => Health,
  emulator: Emulator | undefined,
): Promise<Reply | undefined> {
  const asked = `${request.method} ${request.path}`
  if (asked === 'GET /_trent/health') {
    const now = health()
    return { status: now.status === 'ok' ? 200 : 503, value: now }
  }
  if (!emulator) return undefined
  // Browsers send it with every page's request: no web site may steer an emulator on its visitor's machine.
  if (header(request, 'origin') !== undefined)
    return { status: 403, value: { message: 'Requests of web pages are refused.' } }
  return control(asked, request, emulator)
}

async function control(asked: string, request: HttpRequest, emulator: Emulator): Promise<Reply | undefined> {
  const { clock, faults } = emulator
  switch (asked) {
    case 'POST /_trent/reset':
      return failed(await emulator.reset()) ?? ok({ status: 'ok' })
    case 'GET /_trent/clock':
      return ok({ now: new Date(clock.now()).toISOString() })
    case 'POST /_trent/clock':
      return moveClock(request, emulator)
    case 'GET /_trent/faults':
      return ok({ faults: faults.list() })
    case 'POST /_trent/faults':
      return addFault(request, faults)
    case 'DELETE /_trent/faults':
      faults.clear()
      return ok({ faults: [] })
    default:
      return undefined
  }
}

async function moveClock(request: HttpRequest, emulator: Emulator): Promise<Reply> {
  const order = clockOrder(jsonOf(request), emulator.clock.now())
  if (order === undefined) return bad(CLOCK_HELP)
  const refused = failed(await emulator.travel(order))
  return refused ?? ok({ now: new Date(emulator.clock.now()).toISOString() })
}

function addFault(request: HttpRequest, faults: Faults): Reply {
  const fault = parseFault(jsonOf(request))
  if (typeof fault === 'string') return bad(fault)
  return faults.add(fault) ? ok({ faults: faults.list() }) : bad('Too many faults; DELETE /_trent/faults clears them.')
}

function jsonOf(request: HttpRequest): unknown {
  try {
    return JSON.parse(Buffer.from(request.body).toString('utf8'))
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** @returns what is wrong with it, as one line. */
function parseFault(value: unknown): Fault | string {
  if (typeof value !== 'object' || value === null) return 'A fault is {"operation", "error" or "delayMs", "times"}.'
  const { operation, error, delayMs, times = 1 } = value as { readonly [name: string]: unknown }
  if (typeof operation !== 'string' || operation === '') return '"operation" takes the name of an operation, or *.'
  if (error !== undefined && !(typeof error === 'string' && isErrorCode(error)))
    return '"error" takes an error code such as ThrottlingException.'
  if (delayMs !== undefined && !isWithin(delayMs, DELAY_MAX_MS))
    return `"delayMs" takes milliseconds up to ${DELAY_MAX_MS}.`
  if (error === undefined && delayMs === undefined) return 'A fault has an "error", a "delayMs", or both.'
  if (!isWithin(times, TIMES_MAX)) return `"times" takes a number from 1 to ${TIMES_MAX}.`
  return { operation, times, ...(error === undefined ? {} : { error }), ...(delayMs === undefined ? {} : { delayMs }) }
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max
}
