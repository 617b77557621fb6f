import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { configure, isMisconfiguration } from '../../src/config.ts'
import { parentOf } from '../../src/otlp/span.ts'
import { createKey } from '../support/key.ts'
import { claim, KMS_HEADERS, startTrent } from '../support/trent.ts'
import { openReceiver, type Received } from '../support/webhook.ts'

type Attribute = { readonly key: string; readonly value: { readonly stringValue: string } }
type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status?: { readonly code: number }
}
type Point = {
  readonly attributes: readonly Attribute[]
  readonly asDouble?: number
  readonly count?: string
  readonly sum?: number
  readonly bucketCounts?: readonly string[]
  readonly explicitBounds?: readonly number[]
}
type Data = {
  readonly dataPoints: readonly Point[]
  readonly isMonotonic?: boolean
  readonly aggregationTemporality?: number
}
type Metric = {
  readonly name: string
  readonly unit: string
  readonly sum?: Data
  readonly gauge?: Data
  readonly histogram?: Data
}
type Resource = { readonly resource: { readonly attributes: readonly Attribute[] } }
type Traces = {
  readonly resourceSpans: readonly (Resource & {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  })[]
}
type Metrics = {
  readonly resourceMetrics: readonly (Resource & {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  })[]
}

const parseTraces = ({ body }: Received): Traces => JSON.parse(body)
const parseMetrics = ({ body }: Received): Metrics => JSON.parse(body)
const named = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))
const spansOf = (received: readonly Received[]) =>
  received
    .filter(({ body }) => body.startsWith('{"resourceSpans"'))
    .flatMap((message) =>
      parseTraces(message).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    )

const collector = await openReceiver()
after(() => collector[Symbol.asyncDispose]())
const base = collector.url.replace('/alarms', '')
const options = { otlp: `${base}/`, otlpHeaders: 'x-key=a%20b', otlpServiceName: 'keys' }

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const DECRYPTS = 5

// One run of the emulator, whose messages the tests look at: the last of them leave when it stops.
const began = Date.now()
const trent = await startTrent('dev', options)
const { KeyId, Arn } = await createKey(trent)
const encrypt = async (traceparent?: string) => {
  const headers = { ...KMS_HEADERS, 'x-amz-target': 'TrentService.Encrypt', ...(traceparent ? { traceparent } : {}) }
  return trent.send(claim({ headers, body: JSON.stringify({ KeyId, Plaintext: 'YQ==' }) }, 'anybody'))
}
await encrypt(`00-${TRACE}-${PARENT}-01`)
await encrypt(`00-${TRACE}-${PARENT}-00`)
for (let n = 0; n < DECRYPTS; n += 1) await trent.kms('Decrypt', { CiphertextBlob: 'YWJj' })
await trent.control('POST', '/_trent/faults', { operation: 'Sign', error: 'KMSInternalException' })
await trent.kms('Sign', { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message: 'YQ==' })
const answered = await trent.kms('DescribeKey', { KeyId })
await trent.close()
const received = [...collector.received]
const spans = spansOf(received)

test('every call has a span of the server that tells what it was, and nothing of its content', () => {
  assert.deepEqual(spans.map(({ name }) => name).sort(), [
    'kms/CreateKey',
    ...Array(DECRYPTS).fill('kms/Decrypt'),
    'kms/DescribeKey',
    'kms/Encrypt',
    'kms/Sign',
  ])
  const span = spans.find(({ name }) => name === 'kms/DescribeKey')
  assert.deepEqual(named(span?.attributes ?? []), {
    'rpc.system': 'aws-api',
    'rpc.service': 'kms',
    'rpc.method': 'DescribeKey',
    'aws.request_id': answered.requestId,
    'cloud.region': 'us-east-1',
    'cloud.account.id': '000000000000',
    'aws.kms.key.arn': Arn,
  })
  for (const { kind, traceId, spanId, startTimeUnixNano: start, endTimeUnixNano: end } of spans) {
    assert.equal(kind, 2)
    assert.match(`${traceId} ${spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/)
    assert.ok(BigInt(start) >= BigInt(began - 1_000) * 1_000_000n && BigInt(start) < BigInt(end))
    assert.ok(BigInt(end) - BigInt(start) < 60_000_000_000n)
  }
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length)
})

test('a call of a trace goes on with it, and one that is not sampled there has no span', () => {
  const encrypts = spans.filter(({ name }) => name === 'kms/Encrypt')
  assert.deepEqual(
    encrypts.map(({ traceId, parentSpanId }) => [traceId, parentSpanId]),
    [[TRACE, PARENT]],
  )
  assert.ok(spans.every(({ name, parentSpanId }) => name === 'kms/Encrypt' || parentSpanId === undefined))
})

test('a refusal tells its code; only what is at fault here is an error', () => {
  const outcomes = (name: string) =>
    spans
      .filter((span) => span.name === name)
      .map(({ attributes, status }) => [named(attributes)['error.type'], status?.code])
  assert.deepEqual(outcomes('kms/Decrypt')[0], ['InvalidCiphertextException', undefined])
  assert.deepEqual(outcomes('kms/Sign'), [['KMSInternalException', 2]])
  assert.deepEqual(outcomes('kms/CreateKey'), [[undefined, undefined]])
})

test('figures are those of /metrics, cumulative, with their units', () => {
  const last = received.filter(({ body }) => body.startsWith('{"resourceMetrics"')).at(-1)
  assert.ok(last)
  const [{ resource, scopeMetrics } = assert.fail()] = parseMetrics(last).resourceMetrics
  assert.equal(named(resource.attributes)['service.name'], 'keys')
  const metrics = new Map((scopeMetrics[0]?.metrics ?? []).map((metric) => [metric.name, metric]))
  const requests = metrics.get('trent_requests')?.sum
  assert.deepEqual([requests?.isMonotonic, requests?.aggregationTemporality], [true, 2])
  const decrypts = requests?.dataPoints.find(({ attributes }) => named(attributes).operation === 'Decrypt')
  assert.equal(decrypts?.asDouble, DECRYPTS)
  const seconds = metrics.get('trent_request_duration_seconds')
  assert.equal(seconds?.unit, 's')
  for (const { count, bucketCounts = [], explicitBounds = [] } of seconds?.histogram?.dataPoints ?? []) {
    assert.equal(bucketCounts.length, explicitBounds.length + 1)
    assert.equal(
      bucketCounts.reduce((total, each) => total + Number(each), 0),
      Number(count),
    )
  }
  assert.equal(metrics.get('trent_keys')?.gauge?.dataPoints[0]?.asDouble, 1)
  assert.equal(metrics.get('process_resident_memory_bytes')?.unit, 'By')
  assert.equal(metrics.get('trent_spans_dropped')?.sum?.dataPoints[0]?.asDouble, 0)
})

test('messages are JSON with the headers that were asked for', () => {
  assert.ok(received.length >= 2)
  for (const { headers } of received)
    assert.deepEqual([headers['content-type'], headers['x-key']], ['application/json', 'a b'])
})

test('without a collector that answers, calls go on and the stop is not held up', async () => {
  const gone = await startTrent('dev', { otlp: 'http://127.0.0.1:9', otlpSample: '1' })
  assert.equal((await gone.kms('ListKeys')).status, 200)
  const begun = Date.now()
  await gone.close()
  assert.ok(Date.now() - begun < 20_000)
})

test('of the calls without a trace only the part that is sampled has a span', async () => {
  await using none = await openReceiver()
  const quiet = await startTrent('dev', { otlp: none.url, otlpSample: '0' })
  await quiet.kms('ListKeys')
  await quiet.close()
  assert.deepEqual(spansOf(none.received), [])
  assert.ok(none.received.length > 0, 'figures are told all the same')
})

for (const [what, header, isParent] of [
  ['a trace context', `00-${TRACE}-${PARENT}-01`, true],
  ['one of a later version', `01-${TRACE}-${PARENT}-01`, true],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`, false],
  ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, false],
  ['capital digits', `00-${TRACE.toUpperCase()}-${PARENT}-01`, false],
  ['what is none', 'hello', false],
] as const)
  test(`${what} is ${isParent ? '' : 'not '}taken for the caller's trace`, () => {
    assert.equal(parentOf({ rawHeaders: ['Traceparent', header] }) !== undefined, isParent)
  })

for (const [what, given, message] of [
  ['an endpoint that is no URL', { otlp: 'collector:4318' }, /--otlp takes the URL of a collector/],
  ['a ratio above one', { otlp: base, otlpSample: '2' }, /--otlp-sample takes a number from 0 to 1/],
  ['headers without a name', { otlp: base, otlpHeaders: 'a=b,c' }, /--otlp-headers takes NAME=VALUE/],
] as const)
  test(`${what} is refused`, () => {
    const config = configure('dev', given)
    assert.ok(isMisconfiguration(config))
    assert.match(config.message, message)
  })
