import {
  OTLP_METRICS_INTERVAL_MS,
  OTLP_SPANS_INTERVAL_MS,
  OTLP_SPANS_PER_MESSAGE,
  OTLP_SPANS_WAITING_MAX,
} from '../domain/limits.ts'
import { type Family, single } from '../metrics/family.ts'
import type { CallFigures } from '../request/call-figures.ts'
import type { Log } from '../request/log.ts'
import type { Ids } from '../request/ports.ts'
import { encodedMetrics, encodedTraces, type Teller } from './encode.ts'
import { type Collector, openSender } from './sender.ts'
import { parentOf, type Span, spanOf } from './span.ts'

export type TelemetryParts = {
  readonly collector: Collector
  readonly teller: Teller
  /** How many of the calls without a trace of their caller's have a span: 0 to 1. */
  readonly ratio: number
  readonly calls: CallFigures
  readonly families: () => Promise<readonly Family[]>
  readonly ids: Ids
  readonly log: Log
}

export type Telemetry = { close(): Promise<void> }

/** Runs `work` again and again, one at a time, and once more at the end. */
function repeatedly(ms: number, work: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(work)
  }, ms).unref()
  return async () => {
    clearInterval(timer)
    await running.then(work)
  }
}

/** Tells a collector of calls and figures. Calls wait for nothing: what does not fit in the queue is dropped and counted. */
export function openTelemetry(parts: TelemetryParts): Telemetry {
  const { collector, teller, ratio, calls, families, ids, log } = parts
  const sender = openSender(collector, log)
  let waiting: Span[] = []
  let dropped = 0

  calls.observe((attempt, result) => {
    const parent = parentOf(attempt.request)
    if (!(parent ? parent.isSampled : ratio >= 1 || Math.random() < ratio)) return
    if (waiting.length >= OTLP_SPANS_WAITING_MAX) dropped += 1
    else waiting.push(spanOf(attempt, result, parent, ids))
  })

  async function sendSpans(): Promise<void> {
    const spans = waiting
    waiting = []
    for (let at = 0; at < spans.length; at += OTLP_SPANS_PER_MESSAGE) {
      const some = spans.slice(at, at + OTLP_SPANS_PER_MESSAGE)
      if (!(await sender.send('traces', encodedTraces(teller, some)))) dropped += some.length
    }
  }

  async function sendMetrics(): Promise<void> {
    try {
      const lost = single('counter', 'trent_spans_dropped_total', 'Spans that no collector took in time.', dropped)
      const times = { start: performance.timeOrigin, now: Date.now() }
      await sender.send('metrics', encodedMetrics(teller, [...(await families()), lost], times))
    } catch (cause) {
      log.error('figures could not be told', { cause })
    }
  }

  const stops = [repeatedly(OTLP_SPANS_INTERVAL_MS, sendSpans), repeatedly(OTLP_METRICS_INTERVAL_MS, sendMetrics)]
  return {
    async close() {
      sender.close()
      calls.observe(undefined)
      for (const stop of stops) await stop()
    },
  }
}
