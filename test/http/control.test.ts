import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../support/answer.ts'
import { createKey } from '../support/key.ts'
import { newAccount, startTrent } from '../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const json = async (method: string, path: string, body?: unknown) => {
  const { status, text } = await trent.control(method, `/_trent/${path}`, body)
  return { status, value: JSON.parse(text) }
}
const HOUR_MS = 3_600_000
/** Tests of a loaded machine may take their time. */
const SLACK_MS = 30_000

test('health is ok once Trent listens', async () => {
  const { status, value } = await json('GET', 'health')
  assert.equal(status, 200)
  const { version, ...rest } = value
  assert.match(version, /^\d+\.\d+\.\d+/)
  assert.deepEqual(rest, { status: 'ok', mode: 'dev', trail: 'ok', keyProcess: 'ok' })
})

const MOVES = [
  [{ advance: 'PT1H' }, HOUR_MS],
  [{ advance: 'P1DT1H' }, 25 * HOUR_MS],
  [{ advance: '-PT1H' }, -HOUR_MS],
  [{ advance: 'P1W' }, 7 * 24 * HOUR_MS],
] as const
for (const [order, ms] of MOVES)
  test(`the clock moves by ${order.advance} and goes on from there`, async () => {
    await json('POST', 'clock', { reset: true })
    const { value } = await json('POST', 'clock', order)
    const moved = Date.parse(value.now) - Date.now() - ms
    assert.ok(Math.abs(moved) < SLACK_MS, String(moved))
    assert.ok(Date.parse((await json('GET', 'clock')).value.now) >= Date.parse(value.now))
  })

test('the clock can be set, and reset to real time', async () => {
  const { value } = await json('POST', 'clock', { set: '2031-01-02T03:04:05.678Z' })
  assert.match(value.now, /^2031-01-02T03:04:/)
  const { CreationDate } = await createKey(trent)
  assert.equal(new Date(CreationDate * 1000).getUTCFullYear(), 2031)
  await json('POST', 'clock', { reset: true })
  assert.ok(Math.abs(Date.parse((await json('GET', 'clock')).value.now) - Date.now()) < SLACK_MS)
})

const NO_ORDERS = [
  {},
  { advance: 'tomorrow' },
  { set: 'never' },
  { reset: false },
  { advance: 'PT1H', reset: true },
  [],
  'PT1H',
  null,
  { advance: 5 },
  { advance: 'P9999999Y' },
  { set: '+275760-09-13T00:00:00.000Z' },
  { set: '1969-12-31T23:59:59.999Z' },
  { advance: '-P60Y' },
]
for (const order of NO_ORDERS)
  test(`${JSON.stringify(order)} does not move the clock`, async () => {
    const { status, value } = await json('POST', 'clock', order)
    assert.equal(status, 400)
    assert.match(value.message, /^The clock takes/)
    assert.ok(Math.abs(Date.parse((await json('GET', 'clock')).value.now) - Date.now()) < SLACK_MS)
  })

test('a fault strikes as many calls of its operation as it was told to', async () => {
  const caller = { account: newAccount() }
  const fault = { operation: 'ListKeys', error: 'ThrottlingException', times: 2 }
  assert.deepEqual((await json('POST', 'faults', fault)).value, { faults: [fault] })
  assert.equal((await trent.kms('ListAliases', {}, caller)).status, 200)
  for (let i = 0; i < 2; i += 1) refusedWith(await trent.kms('ListKeys', {}, caller), 'ThrottlingException')
  assert.equal((await trent.kms('ListKeys', {}, caller)).status, 200)
})

test('a fault of KMSInternalException answers with status 500 and does nothing', async () => {
  const caller = { account: newAccount() }
  await json('POST', 'faults', { operation: '*', error: 'KMSInternalException' })
  const answer = await trent.kms('CreateKey', {}, caller)
  assert.deepEqual([answer.status, answer.code], [500, 'KMSInternalException'])
  assert.deepEqual((await trent.ok('ListKeys', {}, caller)).Keys, [])
})

test('a delay delays and leaves the answer as it is', async () => {
  await json('POST', 'faults', { operation: 'ListKeys', delayMs: 300 })
  const start = performance.now()
  assert.equal((await trent.kms('ListKeys', {}, { account: newAccount() })).status, 200)
  assert.ok(performance.now() - start >= 295)
})

test('faults can be cleared', async () => {
  await json('POST', 'faults', { operation: '*', error: 'ThrottlingException', times: 1000 })
  assert.deepEqual((await json('DELETE', 'faults')).value, { faults: [] })
  assert.equal((await trent.kms('ListKeys', {}, { account: newAccount() })).status, 200)
})

const NO_FAULTS = [
  {},
  null,
  [],
  { operation: 'Decrypt' },
  { operation: '', delayMs: 1 },
  { operation: 'Decrypt', error: 'NoSuchException' },
  { operation: 'Decrypt', error: '__proto__' },
  { operation: 'Decrypt', delayMs: 0 },
  { operation: 'Decrypt', delayMs: 1e9 },
  { operation: 'Decrypt', delayMs: 1, times: 0 },
  { operation: 'Decrypt', delayMs: 1, times: 1.5 },
]
for (const fault of NO_FAULTS)
  test(`${JSON.stringify(fault)} is no fault`, async () => {
    assert.equal((await json('POST', 'faults', fault)).status, 400)
    assert.deepEqual((await json('GET', 'faults')).value, { faults: [] })
  })

test('more faults than the limit are refused', async () => {
  for (let i = 0; i < 100; i += 1) await json('POST', 'faults', { operation: 'Decrypt', delayMs: 1 })
  assert.equal((await json('POST', 'faults', { operation: 'Decrypt', delayMs: 1 })).status, 400)
  await json('DELETE', 'faults')
})

test('a reset leaves nothing: keys, faults and travelled time are gone', async () => {
  const caller = { account: newAccount() }
  const { KeyId } = await createKey(trent, caller)
  await json('POST', 'faults', { operation: 'ListAliases', error: 'ThrottlingException', times: 9 })
  await json('POST', 'clock', { advance: 'P1D' })
  assert.deepEqual((await json('POST', 'reset')).value, { status: 'ok' })
  assert.deepEqual((await trent.ok('ListKeys', {}, caller)).Keys, [])
  refusedWith(await trent.kms('DescribeKey', { KeyId }, caller), 'NotFoundException')
  assert.equal((await trent.kms('ListAliases', {}, caller)).status, 200)
  assert.ok(Math.abs(Date.parse((await json('GET', 'clock')).value.now) - Date.now()) < SLACK_MS)
  assert.equal(
    (await trent.ok('DescribeKey', { KeyId: (await createKey(trent, caller)).KeyId }, caller)).KeyMetadata.Enabled,
    true,
  )
})

for (const [method, path] of [
  ['POST', 'reset'],
  ['GET', 'clock'],
  ['POST', 'clock'],
  ['GET', 'faults'],
  ['POST', 'faults'],
  ['DELETE', 'faults'],
] as const)
  test(`${method} /_trent/${path} refuses requests of web pages`, async () => {
    const headers = { origin: 'https://example.com', 'content-type': 'text/plain' }
    const answer = await trent.send({ method, path: `/_trent/${path}`, headers, body: '{"advance":"P1D"}' })
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  })

for (const [method, path] of [
  ['GET', '/_trent/reset'],
  ['POST', '/_trent/health'],
  ['GET', '/_trent/'],
  ['GET', '/_trent/none'],
  ['PUT', '/_trent/clock'],
] as const)
  test(`${method} ${path} is no control`, async () => {
    assert.ok((await trent.control(method, path)).status >= 400)
  })

test('serve has no control but health', async () => {
  await using serve = await startTrent('serve')
  assert.equal(JSON.parse((await serve.control('GET', '/_trent/health')).text).mode, 'serve')
  const { KeyId } = await createKey(serve)
  for (const [method, path] of [
    ['POST', 'reset'],
    ['GET', 'clock'],
    ['POST', 'clock'],
    ['POST', 'faults'],
    ['GET', 'faults'],
  ] as const) {
    const answer = await serve.control(method, `/_trent/${path}`, { advance: 'P31D' })
    assert.equal(answer.status, 400)
  }
  assert.equal((await serve.kms('DescribeKey', { KeyId })).status, 200)
})
