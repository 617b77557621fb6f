import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { REGION, startTrent, type TestTrent } from '../support/trent.ts'

const run = promisify(execFile)
const isInstalled = spawnSync('aws', ['--version']).status === 0
/** Where everything must be tested a missing client is a failure; elsewhere the tests say what to install. */
const skip = isInstalled || process.env.CI === 'true' ? false : 'install: awscli'

const directory = await mkdtemp(join(tmpdir(), 'trent-cli-'))
after(() => rm(directory, { recursive: true, force: true }))

/** Runs the AWS CLI with nothing of the environment but where to find it. */
async function aws(trent: TestTrent, service: string, ...words: readonly string[]): Promise<string> {
  const { PATH } = process.env
  const { accessKeyId, secretAccessKey } = trent.credentials
  const env = {
    PATH,
    HOME: directory,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: REGION,
    AWS_MAX_ATTEMPTS: '1',
  }
  const { stdout } = await run('aws', ['--endpoint-url', trent.url, '--output', 'json', service, ...words], { env })
  return stdout
}

test('AWS CLI, serve: a key encrypts a file and decrypts it', { skip }, async () => {
  await using trent = await startTrent('serve')
  const kms = async (...words: readonly string[]) => JSON.parse((await aws(trent, 'kms', ...words)) || '{}')
  const { KeyMetadata } = await kms('create-key', '--description', 'cli', '--tags', 'TagKey=a,TagValue=b')
  await kms('create-alias', '--alias-name', 'alias/cli', '--target-key-id', KeyMetadata.KeyId)
  const [plain, closed] = [join(directory, 'plain'), join(directory, 'closed')]
  await writeFile(plain, 'secret\n')
  const context = ['--encryption-context', 'purpose=test']
  const { CiphertextBlob } = await kms(
    'encrypt',
    '--key-id',
    'alias/cli',
    '--plaintext',
    `fileb://${plain}`,
    ...context,
  )
  await writeFile(closed, Buffer.from(CiphertextBlob, 'base64'))
  const opened = await kms('decrypt', '--ciphertext-blob', `fileb://${closed}`, ...context)
  assert.equal(Buffer.from(opened.Plaintext, 'base64').toString(), await readFile(plain, 'utf8'))
  await assert.rejects(
    kms('decrypt', '--ciphertext-blob', `fileb://${closed}`),
    /An error occurred \(InvalidCiphertextException\) when calling the Decrypt operation/,
  )
})

test('AWS CLI, dev: who the caller is', { skip }, async () => {
  await using trent = await startTrent('dev')
  assert.equal(JSON.parse(await aws(trent, 'sts', 'get-caller-identity')).Account, trent.account)
})

test('AWS CLI, serve: a wrong secret is refused', { skip }, async () => {
  await using trent = await startTrent('serve')
  const forged = { ...trent, credentials: { ...trent.credentials, secretAccessKey: 'wrong' } }
  await assert.rejects(aws(forged, 'kms', 'list-keys'), /InvalidSignatureException/)
})

test('AWS CLI, serve: figures of keys, and an alarm over them', { skip }, async () => {
  await using trent = await startTrent('serve')
  const cloudwatch = async (...words: readonly string[]) =>
    JSON.parse((await aws(trent, 'cloudwatch', ...words)) || '{}')
  const { KeyMetadata } = await trent.ok('CreateKey')
  await trent.ok('Encrypt', { KeyId: KeyMetadata.KeyId, Plaintext: 'YQ==' })
  const dimensions = `Name=KeyArn,Value=${KeyMetadata.Arn}`
  const named = ['--namespace', 'AWS/KMS', '--metric-name', 'SuccessfulRequest']
  const { Metrics } = await cloudwatch('list-metrics', ...named, '--dimensions', dimensions)
  assert.equal(Metrics.length, 1)
  const rule = ['--statistic', 'Sum', '--period', '60', '--evaluation-periods', '1', '--threshold', '0.5']
  await cloudwatch(
    'put-metric-alarm',
    '--alarm-name',
    'used',
    ...named,
    '--dimensions',
    dimensions,
    'Name=Operation,Value=Encrypt',
    ...rule,
    '--comparison-operator',
    'GreaterThanThreshold',
  )
  const { MetricAlarms } = await cloudwatch('describe-alarms', '--alarm-names', 'used')
  assert.equal(MetricAlarms[0].StateValue, 'INSUFFICIENT_DATA')
  assert.equal(MetricAlarms[0].Threshold, 0.5)
  const query = { Id: 'm1', MetricStat: { Metric: Metrics[0], Period: 300, Stat: 'Sum' } }
  const times = [-600_000, 60_000].map((ms) => new Date(Date.now() + ms).toISOString())
  const { MetricDataResults } = await cloudwatch(
    'get-metric-data',
    '--metric-data-queries',
    JSON.stringify([query]),
    '--start-time',
    times[0] ?? '',
    '--end-time',
    times[1] ?? '',
  )
  assert.deepEqual([MetricDataResults[0].StatusCode, MetricDataResults[0].Values], ['Complete', [1]])
  await cloudwatch('set-alarm-state', '--alarm-name', 'used', '--state-value', 'ALARM', '--state-reason', 'a drill')
  const { AlarmHistoryItems } = await cloudwatch('describe-alarm-history', '--alarm-name', 'used')
  assert.equal(AlarmHistoryItems[0].HistorySummary, 'Alarm updated from INSUFFICIENT_DATA to ALARM')
  await cloudwatch('delete-alarms', '--alarm-names', 'used')
  await assert.rejects(
    cloudwatch('delete-alarms', '--alarm-names', 'used'),
    /An error occurred \(ResourceNotFound\) when calling the DeleteAlarms operation/,
  )
})
