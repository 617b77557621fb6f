import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { REGION, startTrent } from '../support/trent.ts'
import { bucketOf, isDigest, isLog } from '../trail/log-files/bucket.ts'
import { BUCKET, someHours, temporary } from '../trail/log-files/delivered.ts'
import type { Bucket } from '../trail/log-files/validator.ts'
import { serveBucket } from './s3-reader.ts'

const run = promisify(execFile)
const isInstalled = spawnSync('aws', ['--version']).status === 0
/** Where everything must be tested a missing client is a failure; elsewhere the tests say what to install. */
const skip = isInstalled || process.env.CI === 'true' ? false : 'install: awscli'

const [data, logs] = [await temporary(), await temporary()]
after(() => Promise.all([data, logs].map((path) => rm(path, { recursive: true, force: true }))))
if (skip === false) await someHours(data, logs)

/** What `aws cloudtrail validate-logs` says about a bucket; the keys come from the service itself. */
async function validateLogs(bucket: Bucket): Promise<string> {
  await using trent = await startTrent('dev', { data, logFiles: logs, logBucket: BUCKET })
  await using s3 = await serveBucket(() => bucket)
  const env = {
    PATH: process.env.PATH,
    HOME: data,
    AWS_ACCESS_KEY_ID: 'anybody',
    AWS_SECRET_ACCESS_KEY: 'anything',
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_CLOUDTRAIL: trent.url,
    AWS_ENDPOINT_URL_STS: trent.url,
  }
  const arn = `arn:aws:cloudtrail:${REGION}:${trent.account}:trail/trent`
  const span = ['--start-time', new Date(Date.now() - 3_600_000).toISOString(), '--end-time', '2099-01-01T00:00:00Z']
  const words = ['cloudtrail', 'validate-logs', '--trail-arn', arn, ...span, '--verbose']
  const { stdout, stderr } = await run('aws', words, { env }).catch((failed) => failed)
  return `${stdout}${stderr}`
}

test('the AWS CLI validates every log file and digest', { skip }, async () => {
  const bucket = bucketOf(logs, BUCKET)
  const said = await validateLogs(bucket)
  const keys = [...bucket.objects.keys()].filter((key) => key.includes(`/${REGION}/`))
  const [digests, files] = [keys.filter(isDigest).length, keys.filter(isLog).length]
  assert.match(said, new RegExp(`${digests}/${digests} digest files valid`))
  assert.match(said, new RegExp(`${files}/${files} log files valid`))
  assert.doesNotMatch(said, /INVALID/)
})

test('the AWS CLI finds a changed log file', { skip }, async () => {
  const bucket = bucketOf(logs, BUCKET)
  const [key = ''] = [...bucket.objects.keys()].filter((name) => isLog(name) && name.includes(REGION))
  const text = gunzipSync(bucket.objects.get(key) ?? Buffer.alloc(0)).toString('utf8')
  const objects = new Map([...bucket.objects, [key, gzipSync(text.replace('"eventVersion"', '"eventversion"'))]])
  assert.match(await validateLogs({ ...bucket, objects }), /INVALID: hash value doesn't match/)
})

test('the AWS CLI finds a missing digest', { skip }, async () => {
  const bucket = bucketOf(logs, BUCKET)
  const digests = [...bucket.objects.keys()].filter((name) => isDigest(name) && name.includes(`/${REGION}/`)).sort()
  const objects = new Map([...bucket.objects].filter(([key]) => key !== digests.at(-2)))
  assert.match(await validateLogs({ ...bucket, objects }), /INVALID: not found/)
})
