import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { configure, isMisconfiguration, type Options } from '../../src/config.ts'
import { start } from '../../src/main.ts'
import { eventsOf } from '../support/trail.ts'
import { claim, KMS_HEADERS } from '../support/trent.ts'

const directory = mkdtempSync(join(tmpdir(), 'trent-tls-'))
after(() => rmSync(directory, { recursive: true }))
const tlsCert = join(directory, 'cert.pem')
const tlsKey = join(directory, 'key.pem')
const NAMES = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
const MAKE = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', ...NAMES]
execFileSync('openssl', [...MAKE, '-keyout', tlsKey, '-out', tlsCert], { stdio: 'ignore' })
const ca = readFileSync(tlsCert)

async function startTls(options: Options) {
  const config = configure('dev', { port: '0', ...options })
  assert.ok(!isMisconfiguration(config))
  return start(config)
}

const data = join(directory, 'data')
const running = await startTls({ tlsCert, tlsKey, data })
assert.ok(!('kind' in running))
after(() => running.close())
const { port } = new URL(running.url)

function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca, ...options }, () => resolve(socket))
    socket.once('error', reject)
  })
}

test('a certificate makes the address an https one, and requests are answered over TLS 1.3', async () => {
  assert.match(running.url, /^https:/)
  const body = await new Promise<string>((resolve, reject) => {
    request(`${running.url}/_trent/health`, { ca }, (response) => text(response).then(resolve, reject))
      .on('error', reject)
      .end()
  })
  assert.equal(JSON.parse(body).status, 'ok')
  const socket = await handshake({})
  assert.equal(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
})

test('an event tells by which TLS its call came, and to which host', async () => {
  const outgoing = { headers: { ...KMS_HEADERS, 'x-amz-target': 'TrentService.GenerateRandom' } }
  const { headers = {} } = claim(outgoing, '111122223333')
  const requestId = await new Promise<string>((resolve, reject) => {
    request(running.url, { ca, method: 'POST', headers }, (response) => {
      response.resume()
      resolve(String(response.headers['x-amzn-requestid']))
    })
      .on('error', reject)
      .end('{"NumberOfBytes": 8}')
  })
  const [event] = await eventsOf(data, requestId)
  assert.deepEqual(event?.tlsDetails, {
    tlsVersion: 'TLSv1.3',
    cipherSuite: 'TLS_AES_256_GCM_SHA384',
    clientProvidedHostHeader: `127.0.0.1:${port}`,
  })
})

test('a client that offers the hybrid exchange alone gets it', async () => {
  const socket = await handshake({ ecdhCurve: 'X25519MLKEM768' })
  assert.equal(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
})

test('a client that knows no hybrid exchange gets X25519', async () => {
  const socket = await handshake({ ecdhCurve: 'X25519' })
  assert.equal(socket.getProtocol(), 'TLSv1.3')
  socket.destroy()
})

for (const maxVersion of ['TLSv1.2', 'TLSv1.1'] as const)
  test(`a client of ${maxVersion} is refused`, async () => {
    await assert.rejects(handshake({ maxVersion, minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
  })

test('a key exchange that is not offered is refused', async () => {
  await assert.rejects(handshake({ ecdhCurve: 'X448' }))
})

const refused: ReadonlyArray<readonly [string, Options]> = [
  ['a certificate without its key', { tlsCert }],
  ['a key without its certificate', { tlsKey }],
  ['an address of the network without TLS', { host: '0.0.0.0' }],
]
for (const [what, options] of refused)
  test(`${what} is refused before anything starts`, () => {
    const config = configure('dev', { port: '0', ...options })
    assert.ok(isMisconfiguration(config))
  })

test('an address of the network without TLS is possible when told so', () => {
  assert.ok(!isMisconfiguration(configure('dev', { port: '0', host: '0.0.0.0', insecureHttp: true })))
})

test('a certificate file that cannot be read ends the start in one line', async () => {
  const failure = await startTls({ tlsCert: join(directory, 'none.pem'), tlsKey })
  assert.ok('kind' in failure)
  assert.match(failure.message, /^ENOENT[^\n]*$/)
})
