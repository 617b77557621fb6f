import { OTLP_ATTEMPTS_MAX, OTLP_RETRY_MS, OTLP_TIMEOUT_MS } from '../domain/limits.ts'
import type { Log } from '../request/log.ts'

export type Collector = {
  /** Base URL; the signals are below it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends messages to the collector. */
export type Sender = {
  /** @returns whether it was taken; what was not is lost. */
  send(signal: 'traces' | 'metrics', body: string): Promise<boolean>
  /** From now on nothing is tried again. */
  close(): void
}

/** Worth another attempt. Source: OTLP/HTTP, failures. */
const isPassing = (status: number) => [429, 502, 503, 504].includes(status)

type Outcome = 'taken' | { readonly reason: string; readonly mayRetry: boolean }

async function post({ url, headers }: Collector, signal: string, body: string): Promise<Outcome> {
  try {
    const response = await fetch(`${url}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(OTLP_TIMEOUT_MS),
    })
    await response.body?.cancel()
    if (response.ok) return 'taken'
    return { reason: `it answered ${response.status}`, mayRetry: isPassing(response.status) }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const under = cause.cause instanceof Error && 'code' in cause.cause ? String(cause.cause.code) : cause.message
    return { reason: under, mayRetry: true }
  }
}

/** The log has one line when the collector stops taking messages, and one when it takes them again. */
export function openSender(collector: Collector, log: Log): Sender {
  let isFailing = false
  let isClosed = false
  const note = (outcome: Outcome) => {
    const fails = outcome !== 'taken'
    if (fails && !isFailing) log.warn('the OpenTelemetry collector takes nothing', { reason: outcome.reason })
    if (!fails && isFailing) log.warn('the OpenTelemetry collector takes messages again')
    isFailing = fails
  }
  return {
    async send(signal, body) {
      for (let attempt = 0; attempt < OTLP_ATTEMPTS_MAX; attempt += 1) {
        const outcome = await post(collector, signal, body)
        note(outcome)
        if (outcome === 'taken') return true
        if (!outcome.mayRetry || isClosed) return false
        await new Promise((resolve) => setTimeout(resolve, OTLP_RETRY_MS * 2 ** attempt).unref())
      }
      return false
    },
    close() {
      isClosed = true
    },
  }
}
