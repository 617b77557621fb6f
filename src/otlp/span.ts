import { isError, statusOf } from '../domain/error.ts'
import type { Attempt, Result } from '../request/attempt.ts'
import { type HttpRequest, header } from '../request/http.ts'
import type { Ids } from '../request/ports.ts'

/** What is told of one call: nothing of its content, and nothing that keeps the request in memory. */
export type Span = {
  /** Lower-case hex: 32, 16 and 16 digits. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly service: string
  readonly operation: string
  /** Milliseconds since the epoch, with a fraction. */
  readonly start: number
  readonly end: number
  readonly requestId: string
  readonly region?: string
  readonly account?: string
  readonly key?: string
  readonly errorCode?: string
  /** Whether the fault is here. */
  readonly isFault: boolean
}

type Parent = { readonly traceId: string; readonly spanId: string; readonly isSampled: boolean }

/** Source: W3C Trace Context, traceparent of version 00; ids of zeros are none. */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

/** What the caller's own trace says; nothing when it brought none. */
export function parentOf(request: Pick<HttpRequest, 'rawHeaders'>): Parent | undefined {
  const [, traceId, spanId, flags = '0'] = TRACEPARENT.exec(header(request, 'traceparent') ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

function keyOf({ targets }: Attempt): string | undefined {
  for (const target of Object.values(targets ?? {})) if (target.kind === 'key') return target.key.arn
  return undefined
}

/** The span of a call that was answered just now. */
export function spanOf(attempt: Attempt, result: Result, parent: Parent | undefined, ids: Ids): Span {
  const { request, service, operation, caller } = attempt
  const key = keyOf(attempt)
  return {
    traceId: parent?.traceId ?? ids.hex(16),
    spanId: ids.hex(8),
    ...(parent ? { parentSpanId: parent.spanId } : {}),
    service: service?.name ?? 'unknown',
    operation: operation?.name ?? 'unknown',
    start: performance.timeOrigin + request.receivedAt,
    end: performance.timeOrigin + performance.now(),
    requestId: request.requestId,
    ...(caller?.region === undefined ? {} : { region: caller.region }),
    ...(caller ? { account: caller.scope.account } : {}),
    ...(key === undefined ? {} : { key }),
    ...(isError(result) ? { errorCode: result.code } : {}),
    isFault: isError(result) && statusOf(result.code) >= 500,
  }
}
