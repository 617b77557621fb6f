import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { createKey } from '../support/key.ts'
import { eventsOf } from '../support/trail.ts'
import { claim, KMS_HEADERS, newAccount, startTrent } from '../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
after(() => trent[Symbol.asyncDispose]())

const account = newAccount()
const LIST = claim({ headers: { ...KMS_HEADERS, 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' }, account)

/** Sends bytes on a connection of its own, and answers all that comes back until the peer closes it. */
function talk(text: string, url = trent.url): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    socket.write(text)
  })
}

const lines = (headers: object) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
const request = (more = '', body = '{}') =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${lines(LIST.headers ?? {})}${more}\r\n${body}`

test('an answer has the headers of KMS', async () => {
  const { status, headers } = await trent.send(LIST)
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'application/x-amz-json-1.1')
  assert.equal(headers['cache-control'], 'no-cache, no-store, must-revalidate, private')
  assert.match(
    String(headers['x-amzn-requestid']),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  assert.ok(headers.date && headers['content-length'])
  assert.equal(headers['x-powered-by'] ?? headers.server, undefined)
})

test('requests on one connection are answered in their order', async () => {
  const text = await talk(`${request()}${request('', '{"Limit":0}')}${request('Connection: close\r\n', '{"Limit":5}')}`)
  assert.deepEqual(
    [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    ['200', '400', '200'],
  )
})

test('a chunked body is read', async () => {
  const head = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n${lines(LIST.headers ?? {})}\r\n`
  assert.match(await talk(`${head}1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`), /^HTTP\/1\.1 200 [\s\S]*"Keys":/)
})

const LIMIT = 1_048_576
for (const [size, status] of [
  [LIMIT, 200],
  [LIMIT + 1, 413],
  [3 * LIMIT, 413],
] as const)
  test(`a body of ${size} bytes is answered with ${status}, and recorded`, async () => {
    const answer = await trent.send({ ...LIST, body: '{}'.padEnd(size, ' ') })
    assert.equal(answer.status, status, answer.text)
    const [event] = await eventsOf(trent.data ?? '', String(answer.headers['x-amzn-requestid']))
    assert.equal(event?.errorCode, status === 413 ? 'RequestEntityTooLargeException' : undefined)
    assert.equal((await trent.send(LIST)).status, 200)
  })

const ODD = [
  ['GET without anything', { method: 'GET', headers: {}, body: '' }],
  ['POST without anything', { headers: {}, body: '' }],
  ['GET with a target', { ...LIST, method: 'GET' }],
  ['PUT with a target', { ...LIST, method: 'PUT' }],
  ['DELETE with a target', { ...LIST, method: 'DELETE' }],
  ['OPTIONS of a web page', { method: 'OPTIONS', headers: { origin: 'https://example.com' }, body: '' }],
  ['an unsigned call', { headers: { 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' }],
  ['a form without an action', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' }],
  ['a form that is none', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '&&=&a=1&a=2' }],
  ['an unknown action', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'Action=__proto__' }],
  ['an authorization that is none', { ...LIST, headers: { ...LIST.headers, authorization: 'Bearer abc' } }],
  ['half an authorization', { ...LIST, headers: { ...LIST.headers, authorization: 'AWS4-HMAC-SHA256 Credential=a' } }],
  ['a long path', { ...LIST, path: `/${'a'.repeat(8000)}`, headers: {} }],
] as const
for (const [name, outgoing] of ODD)
  test(`${name} is refused and recorded under the id of its answer`, async () => {
    const answer = await trent.send(outgoing)
    assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
    const events = await eventsOf(trent.data ?? '', String(answer.headers['x-amzn-requestid']))
    assert.equal(events.length, 1)
    assert.equal(typeof events[0]?.errorCode, 'string')
  })

for (const type of ['application/json', 'text/plain', ''])
  test(`a call with the content type '${type}' is answered`, async () => {
    const headers = { ...LIST.headers, 'content-type': type }
    assert.equal((await trent.send({ ...LIST, headers })).status, 200)
  })

const BROKEN = [
  ['no HTTP', 'hello\r\n\r\n'],
  ['a length that is none', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['headers without end', `POST / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
  ['no host', 'POST / HTTP/1.1\r\n\r\n'],
] as const
for (const [name, text] of BROKEN)
  test(`${name} is refused and the connection closed`, async () => {
    assert.match(await talk(text), /^HTTP\/1\.1 4\d\d /)
    assert.equal((await trent.send(LIST)).status, 200)
  })

test('a client that leaves in the middle of its request leaves nothing behind', async () => {
  const socket = connect(Number(new URL(trent.url).port), '127.0.0.1')
  await new Promise((resolve) => socket.write(request().replace('Content-Length: 2', 'Content-Length: 200'), resolve))
  socket.destroy()
  assert.equal((await trent.send(LIST)).status, 200)
})

test('closing answers requests under way, and then refuses connections', async () => {
  const dev = await startTrent('dev')
  await createKey(dev)
  await dev.control('POST', '/_trent/faults', { operation: 'ListKeys', delayMs: 400, times: 3 })
  const under = [dev.ok('ListKeys'), dev.ok('ListKeys'), dev.ok('ListKeys')]
  await new Promise((resolve) => setTimeout(resolve, 150))
  const start = performance.now()
  const closed = dev.stop()
  for (const output of await Promise.all(under)) assert.equal(output.Keys.length, 1)
  await closed
  assert.ok(performance.now() - start < 5_000)
  await assert.rejects(talk(request(), dev.url), /ECONNREFUSED/)
})
