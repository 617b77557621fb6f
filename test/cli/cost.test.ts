import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startTrent } from '../support/trent.ts'
import { cleanEnvironment, LAUNCHER, temporaryDirectory } from './trent.ts'

const execute = promisify(execFile)
const home = temporaryDirectory()
const trent = await startTrent('dev', { data: 'temporary' })
const data = trent.data ?? ''
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Asks what the trail of the running emulator would cost. */
async function cost(...words: readonly string[]): Promise<Ended> {
  const env = cleanEnvironment(home.path)
  return execute(process.execPath, [LAUNCHER, 'cost', ...words], { env }).then(
    (done) => ({ ...done, code: 0 }),
    (failed) => failed,
  )
}

// A month of its own, long after every real clock: what is not over yet costs less.
await trent.control('POST', '/_trent/clock', { set: '2098-11-01T00:00:00.000Z' })
const account = '111122223333'
const caller = { account }
const { KeyMetadata } = await trent.ok('CreateKey', { KeySpec: 'RSA_3072', KeyUsage: 'SIGN_VERIFY' }, caller)
const { KeyId, Arn } = KeyMetadata as { readonly KeyId: string; readonly Arn: string }
await trent.ok('CreateAlias', { AliasName: 'alias/signer', TargetKeyId: KeyId }, caller)
for (let i = 0; i < 3; i += 1)
  await trent.ok('Sign', { KeyId, Message: 'AAAA', SigningAlgorithm: 'RSASSA_PSS_SHA_256' }, caller)
await trent.ok('GenerateRandom', { NumberOfBytes: 8 }, { account: '444455556666' })
// A call on another account's key is in the trails of both, and is charged to its caller alone.
const policy = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }
await trent.ok(
  'PutKeyPolicy',
  { KeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [policy] }) },
  caller,
)
await trent.ok('DescribeKey', { KeyId: Arn }, { account: '444455556666' })
await trent.kms('DescribeKey', { KeyId: 'alias/missing' }, caller)
await trent.control('POST', '/_trent/clock', { set: '2098-12-02T00:00:00.000Z' })
await trent.ok('ListKeys', {}, caller)

const MONTH = ['--data', data, '--month', '2098-11']

test('cost prices what the trail of a running service tells, by the month', async () => {
  const { stdout, code } = await cost(...MONTH, '--json')
  assert.equal(code, 0)
  const { lines, total, freeTier, cost: due, currency } = JSON.parse(stdout)
  assert.deepEqual(
    lines.map(({ name, keyHours, cost: each }: { name: string; keyHours: number; cost: string }) => [
      name,
      keyHours,
      each,
    ]),
    // 720 hours; CreateKey, CreateAlias, PutKeyPolicy and DescribeKey at 3 millionths, Sign at 15 of them.
    [
      [account, 720, '1.000057000'],
      ['444455556666', 0, '0.000006000'],
    ],
  )
  assert.deepEqual([total.cost, freeTier, due, currency], ['1.000063000', '-0.000018000', '1.000045000', 'USD'])
})

for (const by of ['account', 'region', 'key', 'principal', 'operation'])
  test(`cost by ${by} adds up to the same`, async () => {
    const { stdout } = await cost(...MONTH, '--json', '--by', by)
    const { total, lines } = JSON.parse(stdout)
    assert.equal(total.cost, '1.000063000')
    assert.ok(lines.length > 0)
  })

test('cost shows keys by their aliases, and sums up what it leaves out', async () => {
  const { stdout, stderr } = await cost(...MONTH, '--by', 'key', '--limit', '1')
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))
  assert.deepEqual(lines, [
    ['alias/signer', '7', '0', '720', '0', '0.0001', '1.0000', '1.0001'],
    ['(1 others)', '2', '0', '0', '0', '0.0000', '0.0000', '0.0000'],
    ['Total', '9', '0', '720', '0', '0.0001', '1.0000', '1.0001'],
  ])
  assert.match(stderr, /^This would cost on AWS, 2098-11-01 00:00 to 2098-12-01 00:00 UTC: 1\.0000 USD$/m)
})

test('cost of a key in JSON names it by its ARN', async () => {
  const { stdout } = await cost(...MONTH, '--by', 'key', '--json')
  assert.equal(JSON.parse(stdout).lines[0].name, Arn)
})

test('cost without a period is that of the month so far', async () => {
  const { stdout } = await cost('--data', data, '--json')
  const { from, to, total } = JSON.parse(stdout)
  assert.deepEqual([from, to, total.keyHours], ['2098-12-01T00:00:00.000Z', '2098-12-02T00:00:00.000Z', 24])
})

test('cost from day to day takes in both', async () => {
  const { stdout } = await cost('--data', data, '--json', '--from', '2098-11-30', '--to', '2098-12-01')
  assert.equal(JSON.parse(stdout).total.keyHours, 48)
})

const REFUSED: readonly (readonly [RegExp, ...string[]])[] = [
  [/'2026-13' is no month/, '--month', '2026-13'],
  [/'2026-02-30' is no day/, '--from', '2026-02-30'],
  [/'yesterday' is no day/, '--from', '2026-02-20', '--to', 'yesterday'],
  [/--from is after --to/, '--from', '2026-02-20', '--to', '2026-02-19'],
  [/--month goes without/, '--month', '2026-02', '--from', '2026-02-20'],
  [/--to goes with --from/, '--to', '2026-02-20'],
  [/--by takes account, region/, '--by', 'user'],
  [/--limit takes a number/, '--limit', '0'],
]
for (const [message, ...words] of REFUSED)
  test(`cost ${words.join(' ')} is refused`, async () => {
    const { code, stderr } = await cost('--data', data, ...words)
    assert.equal(code, 2)
    assert.match(stderr, message)
  })

test('cost of a directory without a trail is refused, and nothing is made in it', async () => {
  const { code, stderr } = await cost('--data', home.path)
  assert.equal(code, 1)
  assert.match(stderr, /cannot be read: ENOENT/)
})

test('once asked for, costs are counted behind the calls by the service itself', { timeout: 60_000 }, async () => {
  await trent.close()
  await using again = await startTrent('dev', { data })
  await again.ok('ListKeys', {}, { account: '777788889999' })
  const isCounted = () => {
    using usage = new DatabaseSync(join(data, 'usage.db'), { readOnly: true })
    return usage.prepare('select 1 from names where name = ?').get('777788889999') !== undefined
  }
  assert.equal(isCounted(), false)
  while (!isCounted()) await delay(100)
})
