import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { cleanEnvironment, ran, temporaryDirectory, trent } from './trent.ts'

/** A user without rights, to whom the refusals apply that do not apply to root. Source: Linux and macOS, `nobody`. */
const NOBODY = 65_534

const serve = (data: string) => ['serve', '--port', '0', '--data', data]

test('the lines that serve prints lead to a key', async () => {
  using home = temporaryDirectory()
  const service = trent(serve('data'), { home: home.path })
  const url = await service.url
  service.kill('SIGTERM')
  const { code, stdout, stderr } = await service.ended
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^Created in data: the root key/m)
  await using again = trent(['serve', '--port', new URL(url).port, '--data', 'data'], { home: home.path })
  await again.url
  const exports = stdout.match(/export \S+/g) ?? []
  assert.equal(exports.length, 4)
  const shell = { cwd: home.path, env: cleanEnvironment(home.path), encoding: 'utf8' } as const
  const created = spawnSync('sh', ['-c', `${exports.join('; ')}; trent keys create --alias alias/app`], shell)
  assert.equal(created.status, 0, created.stderr)
  assert.match(created.stdout, /^State\tEnabled$/m)
  again.kill('SIGINT')
  assert.doesNotMatch((await again.ended).stdout, /Created/)
})

test('the hand tool finds the root access key in the data directory, and made-up credentials are refused', async () => {
  using home = temporaryDirectory()
  await using service = trent(serve('data'), { home: home.path })
  const endpoint = ['--endpoint-url', await service.url]
  assert.equal((await ran(['keys', 'list', ...endpoint], { home: home.path })).code, 0)
  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const madeUp = await ran(['keys', 'list', ...endpoint], { home: home.path, env })
  assert.equal(madeUp.code, 1)
  assert.match(madeUp.stderr, /^trent: UnrecognizedClientException: .*\n$/)
  const explicit = await ran(['keys', 'list', '--data', 'data', ...endpoint], { home: home.path, env })
  assert.equal(explicit.code, 0, explicit.stderr)
})

test('trail verify passes on what serve wrote, and finds an event that was taken out', async () => {
  using home = temporaryDirectory()
  const service = trent(serve('data'), { home: home.path })
  const endpoint = ['--endpoint-url', await service.url]
  for (let i = 0; i < 2; i++) await ran(['keys', 'list', ...endpoint], { home: home.path })
  const running = await ran(['trail', 'verify', '--data', 'data'], { home: home.path })
  assert.equal(running.code, 0, running.stdout + running.stderr)
  service.kill('SIGTERM')
  await service.ended
  const stopped = await ran(['trail', 'verify', '--data', 'data', '--json'], { home: home.path })
  assert.equal(stopped.code, 0)
  const { sealed, events } = JSON.parse(stopped.stdout)
  assert.deepEqual({ sealed, hasEvents: events >= 4 }, { sealed: true, hasEvents: true })
  const segment = join(home.path, 'data', 'trail', 'segment-0000000001.jsonl')
  const text = readFileSync(segment, 'utf8')
  writeFileSync(segment, text.replace(/^.*ListKeys.*\n/m, ''))
  const taken = await ran(['trail', 'verify', '--data', 'data'], { home: home.path })
  assert.equal(taken.code, 1)
  assert.match(taken.stdout, /^Trail\tDAMAGED$/m)
  assert.match(taken.stderr, /^trent: the trail in data\/trail does not verify\n$/)
})

test('trail verify finds that the end was cut off, by the head that the store remembers', async () => {
  using home = temporaryDirectory()
  await using service = trent(serve('data'), { home: home.path })
  await ran(['keys', 'list', '--endpoint-url', await service.url], { home: home.path })
  service.kill('SIGTERM')
  await service.ended
  const segment = join(home.path, 'data', 'trail', 'segment-0000000001.jsonl')
  const lines = readFileSync(segment, 'utf8').split('\n')
  writeFileSync(segment, `${lines[0]}\n`)
  const cut = await ran(['trail', 'verify', '--data', 'data'], { home: home.path })
  assert.equal(cut.code, 1, cut.stdout)
})

test('trail verify refuses a directory without a trail in one line', async () => {
  using home = temporaryDirectory()
  const { code, stderr } = await ran(['trail', 'verify', '--data', 'nowhere'], { home: home.path })
  assert.equal(code, 1)
  assert.match(stderr, /^trent: .*nowhere.*\n$/)
})

/** Each makes a good data directory one that serve must refuse. */
const DAMAGES: readonly (readonly [what: string, damage: (data: string) => void, line: RegExp])[] = [
  [
    'a root key that others can read',
    (data) => chmodSync(join(data, 'root.key'), 0o644),
    /root\.key can be read or changed by others/,
  ],
  ['a root key cut short', (data) => writeFileSync(join(data, 'root.key'), 'short'), /root\.key is not \d+ bytes long/],
  ['no root key beside a store', (data) => rmSync(join(data, 'root.key')), /root\.key is missing/],
  ['a root key that was changed', (data) => change(join(data, 'root.key'), 40), /root key/],
  ['a database overwritten at its start', (data) => change(join(data, 'trent.db'), 0), /store|database/],
  [
    'a database that is text',
    (data) => writeFileSync(join(data, 'trent.db'), 'no database '.repeat(1000)),
    /store|database/,
  ],
  ['a database that is a directory', (data) => replaceByDirectory(join(data, 'trent.db')), /store|database/],
]

/** Flips the bits of 8 bytes. */
function change(path: string, offset: number): void {
  const bytes = readFileSync(path)
  for (let i = offset; i < offset + 8; i++) bytes[i] = ~(bytes[i] ?? 0) & 0xff
  writeFileSync(path, bytes)
}

function replaceByDirectory(path: string): void {
  rmSync(path)
  mkdirSync(path)
}

const good = temporaryDirectory()
before(async () => {
  const service = trent(serve('data'), { home: good.path })
  await service.url
  service.kill('SIGTERM')
  await service.ended
})
after(() => good[Symbol.dispose]())

for (const [what, damage, line] of DAMAGES)
  test(`serve refuses ${what}, in one line`, async () => {
    using home = temporaryDirectory()
    spawnSync('cp', ['-a', join(good.path, 'data'), home.path])
    damage(join(home.path, 'data'))
    const { code, stdout, stderr } = await ran(serve('data'), { home: home.path })
    assert.equal(code, 1, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /^trent: .*\n$/)
    assert.match(stderr, line)
  })

test('serve refuses a data directory that is a file, in one line', async () => {
  using home = temporaryDirectory()
  writeFileSync(join(home.path, 'data'), '')
  const { code, stderr } = await ran(serve('data'), { home: home.path })
  assert.equal(code, 1)
  assert.match(stderr, /^trent: .*data.*\n$/)
})

test('serve refuses a data directory that it may not read, in one line', async () => {
  using home = temporaryDirectory()
  const data = join(home.path, 'data')
  mkdirSync(data)
  chmodSync(data, 0o000)
  // Root may read everything, so that the test gives that up.
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [home.path, data]) chownSync(path, NOBODY, NOBODY)
  const { code, stderr } = await ran(serve('data'), { home: home.path, ...(isRoot ? { uid: NOBODY } : {}) })
  assert.equal(code, 1)
  assert.match(stderr, /^trent: .*data.*\n$/)
})

test('what serve creates is for its owner only', async () => {
  for (const [name, mode] of [
    ['', 0o700],
    ['root.key', 0o600],
    ['credentials', 0o600],
    ['trent.db', 0o600],
  ] as const)
    assert.equal(statSync(join(good.path, 'data', name)).mode & 0o777, mode, name)
})

test('serve refuses TLS files that are not there, in one line', async () => {
  using home = temporaryDirectory()
  const { code, stderr } = await ran([...serve('data'), '--tls-cert', 'chain.pem', '--tls-key', 'key.pem'], {
    home: home.path,
  })
  assert.equal(code, 1)
  assert.match(stderr, /^trent: .*chain\.pem.*\n$/)
})
