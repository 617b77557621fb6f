import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { GetTrailStatusCommand } from '@aws-sdk/client-cloudtrail'
import { configure, isMisconfiguration } from '../../../src/config.ts'
import { trailEvents } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'
import { expectedOf, isDigest, isLog, recordsOf } from './bucket.ts'
import { cloudTrailOf, isBegun, publicKeysOf, until } from './delivered.ts'
import { type Bucket, validate } from './validator.ts'

const BUCKET = 'audit-logs'
const scratch = mkdtempSync(join(tmpdir(), 'trent-s3-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** S3rver, an S3-compatible server, which has no types. Its only access key is S3RVER, with the secret S3RVER. */
type S3rver = { run(): Promise<AddressInfo>; close(): Promise<void> }
function newS3rver(options: object): S3rver {
  const Server = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rver
  return new Server(options)
}
const s3 = newS3rver({
  port: 0,
  address: '127.0.0.1',
  silent: true,
  directory: join(scratch, 's3'),
  configureBuckets: [{ name: BUCKET }],
})
const { port } = await s3.run()
after(() => s3.close())

/** What happens to PUTs on their way: how many of the next ones are answered with which status, instead of passed on. */
const weather = { failures: 0, status: 503, puts: 0 }

function get(path: string): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path }, (answer) =>
      buffer(answer).then((body) => resolve({ headers: answer.headers, body }), reject),
    )
      .on('error', reject)
      .end()
  })
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

/** S3rver does not check signatures of version 4, so that is done here. Source: S3 API reference, signature calculations. */
function isSigned({ method, url, headers }: IncomingMessage, body: Buffer): boolean {
  const [, scope = '', names = '', signature = ''] =
    /Credential=S3RVER\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})/.exec(headers.authorization ?? '') ?? []
  const listed = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const payload = String(headers['x-amz-content-sha256'])
  const canonical = `${method}\n${url}\n\n${listed.join('')}\n${names}\n${payload}`
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${sha256(canonical)}`
  const key = scope.split('/').reduce<Buffer | string>((above, part) => hmac(above, part), 'AWS4S3RVER')
  const isWhole = ['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.split(';').includes(name))
  return isWhole && sha256(body) === payload && hmac(key, text).toString('hex') === signature
}

/** Passes requests on as they are, or answers itself. */
const gate: Server = createServer(async (incoming, outgoing) => {
  const body = await buffer(incoming)
  weather.puts += 1
  if (weather.failures > 0) {
    weather.failures -= 1
    outgoing.writeHead(weather.status).end('<Error><Code>SlowDown</Code></Error>')
    return
  }
  if (!isSigned(incoming, body)) {
    outgoing.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    return
  }
  const { method, url: path, headers } = incoming
  request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(outgoing)
  }).end(body)
})
await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
after(() => gate.close())
const parsePort = (address: unknown) => (address as AddressInfo).port
const logEndpoint = `http://127.0.0.1:${parsePort(gate.address())}`

function credentialsFile(secret: string): string {
  const path = join(scratch, `credentials-${secret}`)
  writeFileSync(path, `[default]\naws_access_key_id = S3RVER\naws_secret_access_key = ${secret}\n`)
  return path
}

/** The bucket as anybody reads it who may. */
async function bucketNow(): Promise<Bucket> {
  const { body } = await get(`/${BUCKET}?max-keys=1000`)
  const keys = [...body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key)
  const objects = new Map<string, Buffer>()
  const metadata = new Map<string, string>()
  for (const key of keys) {
    const { headers, body: bytes } = await get(`/${BUCKET}/${key}`)
    objects.set(key, bytes)
    const { 'x-amz-meta-signature': signature, 'x-amz-meta-signature-algorithm': algorithm } = headers
    if (signature !== undefined) metadata.set(key, JSON.stringify({ signature, 'signature-algorithm': algorithm }))
  }
  return { name: BUCKET, objects, metadata }
}

const data = join(scratch, 'data')
const options = { data, logFiles: `s3://${BUCKET}`, logEndpoint, logCredentials: credentialsFile('S3RVER') }

async function run(calls: number): Promise<void> {
  await using trent = await startTrent('serve', options)
  for (let at = 0; at < calls; at += 1) await trent.ok('GenerateRandom', { NumberOfBytes: 8 })
}

test('log files and digests are put into a bucket, where an independent validator accepts them', async () => {
  weather.failures = 2
  await run(5)
  assert.ok(weather.puts > 2, 'what failed was tried again')
  const bucket = await bucketNow()
  const keys = [...bucket.objects.keys()]
  assert.ok(keys.some(isLog) && keys.some(isDigest), keys.join())
  await using trent = await startTrent('serve', options)
  const validation = validate(bucket, await publicKeysOf(trent), expectedOf(bucket))
  assert.deepEqual(validation.problems, [])
  assert.ok(validation.digests > 0)
})

test('objects are of the type and encoding that those of CloudTrail have', async () => {
  const bucket = await bucketNow()
  for (const key of bucket.objects.keys()) {
    const { headers } = await get(`/${BUCKET}/${key}`)
    assert.deepEqual([headers['content-type'], headers['content-encoding']], ['application/json', 'gzip'])
    assert.equal(headers['x-amz-meta-signature'] !== undefined, isDigest(key))
  }
})

test('what a bucket did not take in a whole run of the service is delivered by the next, once', async () => {
  weather.failures = Number.MAX_SAFE_INTEGER
  await run(4)
  const missing = (await trailEvents(data)).length - recordsOf(await bucketNow()).length
  assert.ok(missing >= 4, `${missing} events wait`)
  weather.failures = 0
  await run(1)
  const bucket = await bucketNow()
  const used = (events: readonly { readonly eventID: string; readonly eventName: string }[]) =>
    events.flatMap(({ eventID, eventName }) => (eventName === 'GenerateRandom' ? [eventID] : []))
  const delivered = used(recordsOf(bucket))
  assert.equal(new Set(delivered).size, delivered.length, 'no event twice')
  assert.equal(delivered.length, 10)
  assert.deepEqual([...delivered].sort(), [...used(await trailEvents(data))].sort())
  await using trent = await startTrent('serve', options)
  assert.deepEqual(validate(bucket, await publicKeysOf(trent), expectedOf(bucket)).problems, [])
})

test('a bucket that refuses the access key is told of by GetTrailStatus', async () => {
  const refused = join(scratch, 'refused')
  const wrong = { ...options, data: refused, logCredentials: credentialsFile('wrong') }
  await using trent = await startTrent('dev', wrong)
  await until('the beginning of logging', () => isBegun(join(refused, 'log-files.db')))
  await trent.ok('GenerateRandom', { NumberOfBytes: 8 })
  await trent.control('POST', '/_trent/clock', { advance: 'PT10M' })
  const cloudtrail = cloudTrailOf(trent)
  const problem = async () => (await cloudtrail.send(new GetTrailStatusCommand({ Name: 'trent' }))).LatestDeliveryError
  for (const end = Date.now() + 20_000; Date.now() < end && (await problem()) === undefined; ) await delay(100)
  assert.match(
    (await problem()) ?? '',
    /the bucket audit-logs at \S+ does not take log files: 403 SignatureDoesNotMatch/,
  )
  cloudtrail.destroy()
})

const MISCONFIGURED = [
  [{ logFiles: 's3://audit-logs' }, /needs --log-credentials/],
  [{ logFiles: 's3://Audit_Logs', logCredentials: 'x' }, /takes the name of a bucket/],
  [{ logFiles: 's3://audit-logs', logCredentials: 'x', logEndpoint: 'minio:9000' }, /--log-endpoint takes an URL/],
  [{ logFiles: 'directory', logEndpoint: 'https://s3.example.com' }, /goes with --log-files s3/],
] as const
for (const [given, says] of MISCONFIGURED)
  test(`${JSON.stringify(given)} is a misuse`, () => {
    const config = configure('serve', given)
    assert.ok(isMisconfiguration(config))
    assert.match(config.message, says)
  })
