import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { startTrent } from '../support/trent.ts'
import { cleanEnvironment, LAUNCHER, temporaryDirectory } from './trent.ts'

const execute = promisify(execFile)
const home = temporaryDirectory()
const trent = await startTrent('serve')
const data = trent.data ?? ''
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Reads the trail of the running service. */
async function trail(...words: readonly string[]): Promise<Ended> {
  const env = cleanEnvironment(home.path)
  return execute(process.execPath, [LAUNCHER, 'trail', ...words], { env }).then(
    (done) => ({ ...done, code: 0 }),
    (failed) => failed,
  )
}

const { KeyMetadata } = await trent.ok('CreateKey')
const { KeyId, Arn } = KeyMetadata as { readonly KeyId: string; readonly Arn: string }
await trent.ok('CreateAlias', { AliasName: 'alias/app', TargetKeyId: KeyId })
await trent.ok('Encrypt', { KeyId: 'alias/app', Plaintext: 'AAAA' })
await trent.kms('DescribeKey', { KeyId: 'alias/missing' })

const cells = (line: string) => line.split('\t').slice(1)

test('trail tail shows who did what with which key, and the answer', async () => {
  const { stdout, code } = await trail('tail', '--data', data, '-n', '2')
  assert.equal(code, 0)
  assert.deepEqual(stdout.trimEnd().split('\n').map(cells), [
    ['root', 'Encrypt', 'alias/app', 'ok'],
    ['root', 'DescribeKey', 'alias/missing', 'NotFoundException'],
  ])
})

for (const key of ['alias/app', KeyId, Arn])
  test(`trail search finds the key by ${key.replace(KeyId, 'ID')}`, async () => {
    const { stdout } = await trail('search', '--data', data, '--key', key, '--event', 'Encrypt', '--json')
    assert.equal(JSON.parse(stdout).eventName, 'Encrypt')
  })

const NOTHING: readonly (readonly string[])[] = [
  ['--key', 'alias/other'],
  ['--user', 'nobody'],
  ['--event', 'encrypt'],
  ['--event', 'Encrypt', '--errors'],
  ['--since', '2099-01-01'],
  ['--until', '2001-01-01T00:00:00Z'],
]
for (const words of NOTHING)
  test(`trail search ${words.join(' ')} finds nothing`, async () => {
    assert.deepEqual(await trail('search', '--data', data, ...words), { stdout: '', stderr: '', code: 0 })
  })

test('trail export prints a log file of what is wanted', async () => {
  const { stdout } = await trail('export', '--data', data, '--errors')
  const { Records } = JSON.parse(stdout)
  assert.deepEqual(
    Records.map(({ errorCode }: { errorCode: string }) => errorCode),
    ['NotFoundException'],
  )
  assert.equal((await trail('export', '--data', data, '--user', 'nobody')).stdout, '{"Records":[]}\n')
})

test('trail tail --follow shows what was there, then each event that comes, until it is interrupted', async () => {
  const words = [LAUNCHER, 'trail', 'tail', '--data', data, '--lines', '1', '--follow']
  const child = spawn(process.execPath, words, {
    env: cleanEnvironment(home.path),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => cells(String((await lines.next()).value))
  assert.deepEqual(await next(), ['root', 'DescribeKey', 'alias/missing', 'NotFoundException'])
  // Several rounds, so that what was shown is not shown again with what came after it.
  for (const name of ['alias/one', 'alias/two']) {
    await trent.kms('GetPublicKey', { KeyId: name })
    assert.deepEqual(await next(), ['root', 'GetPublicKey', name, 'NotFoundException'])
  }
  child.kill('SIGINT')
  const [code, signal] = await once(child, 'exit')
  assert.ok(signal === 'SIGINT' || code === 130, `${code} ${signal}`)
  assert.equal((await lines.next()).done, true)
})

const MISUSES: readonly (readonly [words: readonly string[], says: RegExp])[] = [
  [['tail', '--data', data, '-n', 'many'], /--lines takes a number/],
  [['tail', '--data', data, '-n', '-1'], /--lines takes a number/],
  [['search', '--data', data, '--since', 'yesterday'], /is no time/],
  [['export', '--data', data, '--until', '25:00'], /is no time/],
  [['search'], /required option/],
]
for (const [words, says] of MISUSES)
  test(`trail ${words.filter((word) => word !== data).join(' ')} is a misuse`, async () => {
    const { code, stderr } = await trail(...words)
    assert.equal(code, 2)
    assert.match(stderr, says)
  })

test('a directory without a trail is said to be none', async () => {
  const { code, stderr } = await trail('tail', '--data', home.path)
  assert.equal(code, 1)
  assert.match(stderr, /cannot be read/)
})
