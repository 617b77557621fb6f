import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ran, temporaryDirectory, trent } from './trent.ts'

/** Milliseconds between two key presses, more than what counts as one. */
const BETWEEN_PRESSES_MS = 600

test('dev prints the port that it got, and answers there', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  const url = await dev.url
  assert.doesNotMatch(url, /:0$/)
  const health = await fetch(`${url}/_trent/health`)
  assert.equal(health.status, 200)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`dev stops cleanly on ${signal}`, async () => {
    using home = temporaryDirectory()
    await using dev = trent(['dev', '--port', '0'], { home: home.path })
    await dev.url
    dev.kill(signal)
    const { code, stderr } = await dev.ended
    assert.equal(code, 0)
    assert.equal(stderr, '')
  })

/** A request that has begun keeps the listener from closing. */
async function begunRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
  await sleep(BETWEEN_PRESSES_MS)
  return socket
}

test('a second SIGINT ends dev at once with exit 130', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  const socket = await begunRequest(await dev.url)
  dev.kill('SIGINT')
  await sleep(BETWEEN_PRESSES_MS)
  dev.kill('SIGINT')
  const { code } = await dev.ended
  socket.destroy()
  assert.equal(code, 130)
})

test('one key press that arrives several times is not a second one', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  const socket = await begunRequest(await dev.url)
  for (let i = 0; i < 3; i++) dev.kill('SIGINT')
  await sleep(BETWEEN_PRESSES_MS)
  socket.destroy()
  assert.equal((await dev.ended).code, 0)
})

test('dev refuses a port that is taken, in one line', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  const { port } = new URL(await dev.url)
  const { code, stdout, stderr } = await ran(['dev', '--port', port], { home: home.path })
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^trent: port \d+ on 127\.0\.0\.1 is taken.*\n$/)
})

test('dev keeps its keys where --data says', async () => {
  using home = temporaryDirectory()
  const keys = async (command: readonly string[], url: string) =>
    (await ran(['keys', ...command, '--endpoint-url', url], { home: home.path })).stdout
  {
    await using dev = trent(['dev', '--port', '0', '--data', 'state'], { home: home.path })
    await keys(['create', '--alias', 'alias/kept'], await dev.url)
  }
  await using again = trent(['dev', '--port', '0', '--data', 'state'], { home: home.path })
  assert.match(await keys(['list'], await again.url), /\talias\/kept\t/)
})
