import type { Family, Labels } from '../metrics/family.ts'
import type { Span } from './span.ts'

/** OTLP in JSON. Source: OpenTelemetry protocol 1.9, JSON Protobuf encoding: 64-bit integers are texts, ids are hex. */

type Attributes = Readonly<Record<string, string | undefined>>

const SERVER = 2
const STATUS_ERROR = 2
const CUMULATIVE = 2

const attributesOf = (values: Attributes) =>
  Object.entries(values).flatMap(([key, stringValue]) =>
    stringValue === undefined ? [] : [{ key, value: { stringValue } }],
  )

/** Milliseconds as nanoseconds; a number would not hold them. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n)

/** Who tells: the same in every message. */
export type Teller = { readonly resource: Attributes; readonly version: string }

const scopeOf = ({ version }: Teller) => ({ name: 'trent', version })

/** Names by the semantic conventions for calls and the AWS SDK. */
function encodedSpan(span: Span) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: `${span.service}/${span.operation}`,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(span.end),
    attributes: attributesOf({
      'rpc.system': 'aws-api',
      'rpc.service': span.service,
      'rpc.method': span.operation,
      'aws.request_id': span.requestId,
      'cloud.region': span.region,
      'cloud.account.id': span.account,
      'aws.kms.key.arn': span.key,
      'error.type': span.errorCode,
    }),
    ...(span.isFault ? { status: { code: STATUS_ERROR } } : {}),
  }
}

export function encodedTraces(teller: Teller, spans: readonly Span[]): string {
  const scopeSpans = [{ scope: scopeOf(teller), spans: spans.map(encodedSpan) }]
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributesOf(teller.resource) }, scopeSpans }] })
}

/** In the spelling of UCUM. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's'
  return name.endsWith('_bytes') ? 'By' : '1'
}

type Times = { readonly startTimeUnixNano: string; readonly timeUnixNano: string }

function dataOf(family: Family, times: Times) {
  const point = (labels: Labels) => ({ attributes: attributesOf(labels), ...times })
  if (family.kind === 'histogram') {
    const dataPoints = family.series.map(({ labels, histogram: { bounds, counts, sum } }) => ({
      ...point(labels),
      count: String(counts.reduce((total, count) => total + count, 0)),
      sum,
      bucketCounts: [...counts].map(String),
      explicitBounds: bounds,
    }))
    return { histogram: { dataPoints, aggregationTemporality: CUMULATIVE } }
  }
  const dataPoints = family.samples.map(({ labels, value }) => ({ ...point(labels), asDouble: value }))
  if (family.kind === 'gauge') return { gauge: { dataPoints } }
  return { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } }
}

const isEmpty = (family: Family) => (family.kind === 'histogram' ? family.series : family.samples).length === 0

/** Counters lose their `_total`, which is Prometheus's way to say what OTLP says otherwise. */
export function encodedMetrics(
  teller: Teller,
  families: readonly Family[],
  { start, now }: { readonly start: number; readonly now: number },
): string {
  const times = { startTimeUnixNano: nanoseconds(start), timeUnixNano: nanoseconds(now) }
  const metrics = families
    .filter((family) => !isEmpty(family))
    .map((family) => ({
      name: family.name.replace(/_total$/, ''),
      description: family.help,
      unit: unitOf(family.name),
      ...dataOf(family, times),
    }))
  const scopeMetrics = [{ scope: scopeOf(teller), metrics }]
  return JSON.stringify({
    resourceMetrics: [{ resource: { attributes: attributesOf(teller.resource) }, scopeMetrics }],
  })
}
