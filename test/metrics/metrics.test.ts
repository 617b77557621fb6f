import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import { configure, isMisconfiguration } from '../../src/config.ts'
import { metricsAnswer } from '../../src/http/metrics.ts'
import { exposed, readExposition } from '../support/exposition.ts'
import { openImporter } from '../support/import.ts'
import { createHmacKey, createKey, encrypt } from '../support/key.ts'
import { REGION, startTrent } from '../support/trent.ts'

const trent = await startTrent('serve')
after(() => trent[Symbol.asyncDispose]())

const scrape = async () => {
  const { status, headers, text } = await trent.send({ method: 'GET', path: '/metrics' })
  assert.equal(status, 200, text)
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  return readExposition(text)
}
const requests = (families: Awaited<ReturnType<typeof scrape>>, labels: Readonly<Record<string, string>>) =>
  exposed(families, 'trent_requests_total', labels) ?? 0

const { KeyId } = await createKey(trent)
const mac = await createHmacKey(trent)
const rsa = await createKey(trent, undefined, { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
const ciphertext = await encrypt(trent, KeyId, 'plain')
const DAY_S = 86_400

const importer = openImporter(trent)
after(() => importer.kms.destroy())
const brought = await importer.external()
const validTo = new Date(Date.now() + 3 * DAY_S * 1000)
await importer.bring(brought.KeyId, randomBytes(32), { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: validTo })
// Somebody who looks events up has the index of events built, whose lag is a figure.
const cloudTrail = new CloudTrailClient({ endpoint: trent.url, region: REGION, credentials: trent.credentials })
await cloudTrail.send(new LookupEventsCommand({}))
cloudTrail.destroy()

test('every answer counts once: by operation, result and kind of key', async () => {
  const before = await scrape()
  await trent.ok('Decrypt', { CiphertextBlob: ciphertext })
  await trent.kms('Decrypt', { CiphertextBlob: Buffer.from('no ciphertext at all').toString('base64') })
  await trent.ok('GenerateMac', { KeyId: mac.KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: 'YQ==' })
  const sign = { KeyId: rsa.KeyId, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Message: 'YQ==' }
  await trent.ok('Sign', sign)
  await trent.kms('Sign', { ...sign, SigningAlgorithm: 'ECDSA_SHA_256' })
  await trent.ok('DescribeKey', { KeyId })
  await trent.kms('NoSuchOperation')
  const now = await scrape()
  const counted = [
    { service: 'kms', operation: 'Decrypt', result: 'Success', key_class: 'symmetric' },
    { service: 'kms', operation: 'Decrypt', result: 'InvalidCiphertextException', key_class: 'none' },
    { service: 'kms', operation: 'GenerateMac', result: 'Success', key_class: 'hmac' },
    { service: 'kms', operation: 'Sign', result: 'Success', key_class: 'rsa' },
    { service: 'kms', operation: 'Sign', result: 'InvalidKeyUsageException', key_class: 'rsa' },
    { service: 'kms', operation: 'DescribeKey', result: 'Success', key_class: 'none' },
    { service: 'unknown', operation: 'unknown', result: 'UnknownOperationException', key_class: 'none' },
  ]
  assert.deepEqual(
    counted.map((labels) => requests(now, labels) - requests(before, labels)),
    [1, 1, 1, 1, 1, 1, 1],
  )
  assert.equal(requests(now, {}) - requests(before, {}), counted.length)
})

test('what callers make up is in no label', async () => {
  const series = async () => (await scrape()).get('trent_requests_total')?.samples.length
  await trent.kms('MadeUp0')
  const before = await series()
  for (let n = 1; n <= 20; n += 1) await trent.kms(`MadeUp${n}`, { KeyId: `alias/${n}` }, { region: `eu-made-${n}` })
  await trent.send({ method: 'GET', path: '/metrics/more' })
  assert.equal(await series(), before)
})

test('the text is whole and its counters never fall while many calls run', async () => {
  const load = Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      n % 3 === 0
        ? trent.kms('Decrypt', { CiphertextBlob: ciphertext })
        : trent.kms('Encrypt', { KeyId, Plaintext: 'YQ==' }),
    ),
  )
  let last = 0
  for (let n = 0; n < 10; n += 1) {
    const families = await scrape()
    const total = requests(families, { service: 'kms' })
    assert.ok(total >= last, `${total} < ${last}`)
    assert.equal(exposed(families, 'trent_request_duration_seconds_count', { service: 'kms' }), total)
    last = total
  }
  await load
  const families = await scrape()
  assert.equal(exposed(families, 'trent_requests_in_flight'), 0)
  assert.equal(exposed(families, 'trent_key_process_requests'), 0)
  assert.equal(exposed(families, 'trent_trail_pending_events'), 0)
  // Every answer had its event, and some events were durable together.
  assert.ok((exposed(families, 'trent_trail_events_total') ?? 0) >= requests(families, {}))
  assert.ok(
    (exposed(families, 'trent_trail_write_duration_seconds_count') ?? 0) <=
      (exposed(families, 'trent_trail_events_total') ?? 0),
  )
})

test('keys are counted by Region and state, and follow a change', async () => {
  const keys = (families: Awaited<ReturnType<typeof scrape>>, state: string) =>
    exposed(families, 'trent_keys', { region: REGION, state }) ?? 0
  const states = ['Enabled', 'Disabled', 'PendingDeletion'] as const
  const before = await scrape()
  assert.equal(keys(before, 'Enabled'), 4)
  await trent.ok('DisableKey', { KeyId })
  await trent.ok('ScheduleKeyDeletion', { KeyId: rsa.KeyId })
  const counts = async () => {
    const families = await scrape()
    return states.map((state) => keys(families, state) - keys(before, state))
  }
  for (const end = Date.now() + 5_000; Date.now() < end && (await counts())[1] !== 1; );
  assert.deepEqual(await counts(), [-2, 1, 1])
  await trent.ok('EnableKey', { KeyId })
})

test('imported material tells how long it lives, by key', async () => {
  const left = exposed(await scrape(), 'trent_imported_material_expiry_seconds', {
    key_id: brought.KeyId,
    region: REGION,
  })
  assert.ok(left !== undefined && left > 3 * DAY_S - 120 && left <= 3 * DAY_S, String(left))
})

test('the figures of trail, key process and process are there', async () => {
  const families = await scrape()
  const value = (name: string) => exposed(families, name)
  assert.equal(value('trent_trail_healthy'), 1)
  assert.equal(value('trent_key_process_up'), 1)
  assert.equal(value('trent_key_process_restarts_total'), 0)
  assert.ok(Math.abs((value('trent_trail_last_durable_timestamp_seconds') ?? 0) - Date.now() / 1000) < 60)
  assert.ok((value('process_resident_memory_bytes') ?? 0) > 10_000_000)
  assert.ok((value('trent_trail_index_lag_batches') ?? -1) >= 0)
})

const peer = {
  requestId: 'r',
  method: 'GET',
  path: '/metrics',
  rawQuery: '',
  rawHeaders: [],
  body: Buffer.alloc(0),
  isTooLarge: false,
  receivedAt: 0,
}
const read = async () => ({ contentType: 'text/plain', body: 'figures' })
for (const [audience, sourceIp, method, status] of [
  ['loopback', '127.0.0.1', 'GET', 200],
  ['loopback', '::1', 'GET', 200],
  ['loopback', '127.0.0.1', 'POST', 405],
  ['loopback', '10.1.2.3', 'GET', 403],
  ['loopback', '2001:db8::1', 'GET', 403],
  ['loopback', '127.0.0.1.example', 'GET', 403],
  ['loopback', 'unknown', 'GET', 403],
  ['anyone', '10.1.2.3', 'GET', 200],
  ['off', '127.0.0.1', 'GET', 404],
] as const)
  test(`with --metrics ${audience}, ${method} from ${sourceIp} is answered with ${status}`, async () => {
    const answer = await metricsAnswer({ ...peer, sourceIp, method }, audience, read)
    assert.equal(answer.status, status)
    assert.equal(String(answer.body).includes('figures'), status === 200)
  })

test('figures that cannot be read are a 503', async () => {
  const answer = await metricsAnswer({ ...peer, sourceIp: '127.0.0.1' }, 'loopback', async () => undefined)
  assert.equal(answer.status, 503)
})

test('a scrape of an emulator that is being reset is answered, and so is the next', async () => {
  await using emulator = await startTrent('dev')
  const scrapeIt = async () => (await emulator.send({ method: 'GET', path: '/metrics' })).status
  const reset = emulator.control('POST', '/_trent/reset')
  const statuses = new Set<number>()
  for (let n = 0; n < 8; n += 1) {
    statuses.add(await scrapeIt())
    await delay(5)
  }
  assert.equal((await reset).status, 200)
  for (const status of statuses) assert.ok(status === 200 || status === 503, String(status))
  assert.equal(await scrapeIt(), 200)
})

test('--metrics takes no other word', () => {
  const config = configure('dev', { metrics: 'everyone' })
  assert.ok(isMisconfiguration(config))
  assert.equal(config.message, "--metrics takes loopback, anyone, off, not 'everyone'")
})

/** Fails unless it is PromQL whose every metric and label is exposed. What Prometheus adds itself is known by name. */
function checkQuery(query: string, families: Awaited<ReturnType<typeof scrape>>): void {
  const plain = query.replaceAll('$__rate_interval', '5m').replaceAll(/\$(instance|service)/g, '.*')
  const text = (from: number, to: number) => plain.slice(from, to)
  parser.parse(plain).iterate({
    enter({ type, from, to }) {
      assert.ok(!type.isError, `${plain} is no PromQL at ${from}`)
      const word = text(from, to)
      // `up` is Prometheus's own; a limit of memory is there only where the system sets one.
      if (type.name === 'Identifier' && !['up', 'process_memory_limit_bytes'].includes(word))
        assert.ok(exposed(families, word) !== undefined, `${word} is not exposed`)
      if (type.name === 'LabelName' && !['instance', 'job', 'le'].includes(word))
        assert.ok(
          [...families.values()].some(({ samples }) => samples.some(({ labels }) => labels.has(word))),
          `no metric has a label ${word}`,
        )
    },
  })
}

const file = (name: string) => readFileSync(new URL(`../../monitoring/${name}`, import.meta.url), 'utf8')

test('every rule of the alerts is a rule, and its metrics are exposed', async () => {
  const families = await scrape()
  const { groups } = parse(file('alerts.yaml'))
  const rules = groups.flatMap((group: { rules: readonly object[] }) => group.rules)
  assert.ok(rules.length >= 15)
  for (const rule of rules) {
    const { alert, expr, for: wait, labels, annotations, ...rest } = rule
    assert.deepEqual(rest, {}, alert)
    assert.match(alert, /^Trent[A-Za-z]+$/)
    assert.match(wait ?? '1m', /^\d+[smh]$/, alert)
    assert.ok(['critical', 'warning', 'info'].includes(labels.severity), alert)
    assert.ok(annotations.summary.endsWith('.'), alert)
    checkQuery(expr, families)
  }
  assert.equal(new Set(rules.map(({ alert }: { alert: string }) => alert)).size, rules.length)
})

test('every panel of the dashboard is a query whose metrics are exposed', async () => {
  const families = await scrape()
  const { panels, templating } = JSON.parse(file('grafana-dashboard.json'))
  assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length)
  const queries = panels.flatMap(({ targets = [] }: { targets?: readonly { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  assert.ok(queries.length >= 25)
  for (const query of queries) checkQuery(query, families)
  for (const { name } of templating.list)
    assert.ok(JSON.stringify(panels).includes(`$${name}`) || name === 'datasource', name)
})

test('a query of a metric that does not exist, or that is no PromQL, is found', async () => {
  const families = await scrape()
  assert.throws(() => checkQuery('rate(trent_made_up_total[5m])', families), /trent_made_up_total is not exposed/)
  assert.throws(() => checkQuery('sum by (made_up) (trent_keys)', families), /no metric has a label made_up/)
  assert.throws(() => checkQuery('sum(trent_keys', families), /is no PromQL/)
})

for (const [what, text] of [
  ['a type without its help', '# TYPE a gauge\na 1\n'],
  ['a family that comes twice', '# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na 2\n'],
  ['a series that stands twice', '# HELP a A.\n# TYPE a gauge\na{b="c"} 1\na{b="c"} 1\n'],
  ['a sample of another family', '# HELP a A.\n# TYPE a gauge\nb 1\n'],
  ['a counter without _total', '# HELP a A.\n# TYPE a counter\na 1\n'],
  ['an open label', '# HELP a A.\n# TYPE a gauge\na{b="c} 1\n'],
  ['a value that is no number', '# HELP a A.\n# TYPE a gauge\na Nan\n'],
  [
    'buckets that fall',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
  ['a histogram without its last bucket', '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n'],
  [
    'a count that is not the last bucket',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="+Inf"} 2\na_sum 1\na_count 3\n',
  ],
] as const)
  test(`the reader of these tests refuses ${what}`, () => {
    assert.throws(() => readExposition(text))
  })
