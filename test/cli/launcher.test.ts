import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LAUNCHER, ROOT, ran, temporaryDirectory, trent } from './trent.ts'

const NODE_MAJOR_MIN = 26
/** Milliseconds that a signal takes through two processes, at the most. */
const SIGNAL_MS = 500

/** A Node on PATH that is too old to run Trent itself. */
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'node'))
  .find((path) => existsSync(path) && majorOf(path) < NODE_MAJOR_MIN)

function majorOf(node: string): number {
  return Number(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0])
}

const onOldNode = oldNode === undefined ? { skip: `install: a Node older than ${NODE_MAJOR_MIN} on PATH` } : {}

/** The process that the launcher started. Source: proc(5), children; ps on macOS. */
function childOf(pid: number): number {
  return Number(
    execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).match(
      new RegExp(`^ *(\\d+) +${pid}$`, 'm'),
    )?.[1],
  )
}

test('an older Node runs Trent on the pinned one', onOldNode, async () => {
  using home = temporaryDirectory()
  const { code, stdout } = await ran(['version'], { home: home.path, node: String(oldNode) })
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^trent \\S+ \\(Node ${NODE_MAJOR_MIN}\\.`))
})

test('an older Node passes arguments and exit codes through', onOldNode, async () => {
  using home = temporaryDirectory()
  const { code, stderr } = await ran(['dev', '--port', 'a b'], { home: home.path, node: String(oldNode) })
  assert.equal(code, 2)
  assert.equal(stderr, "trent: --port takes a number from 0 to 65535, not 'a b'\n")
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`an older Node passes ${signal} on, so that Trent stops cleanly`, onOldNode, async () => {
    using home = temporaryDirectory()
    await using dev = trent(['dev', '--port', '0'], { home: home.path, node: String(oldNode) })
    await dev.url
    dev.kill(signal)
    assert.equal((await dev.ended).code, 0)
  })

test('an older Node ends by the signal that ended Trent', onOldNode, async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path, node: String(oldNode) })
  await dev.url
  process.kill(childOf(dev.pid), 'SIGKILL')
  assert.equal((await dev.ended).signal, 'SIGKILL')
})

test('an older Node without the pinned one says what is missing, in one line', onOldNode, async () => {
  using home = temporaryDirectory()
  const launcher = join(home.path, 'package', 'bin', 'trent')
  mkdirSync(join(home.path, 'package', 'bin'), { recursive: true })
  copyFileSync(LAUNCHER, launcher)
  const { code, stderr } = await ran(['version'], { home: home.path, node: String(oldNode), launcher })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^trent: this is Node \S+, Trent needs Node 26 or newer, and no package with it is installed for \S+\n$/,
  )
})

test('the pinned Node is not started twice', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  await dev.url
  await sleep(SIGNAL_MS)
  const arguments_ = execFileSync('ps', ['-o', 'args=', '-p', String(childOf(dev.pid))], { encoding: 'utf8' })
  assert.match(arguments_, /--permission/, 'its only child is the key process')
})

/** A checkout whose source says `source`, with a built program that says `built`, made from `size` bytes at `mtimeMs`. */
function checkout(home: string, builtFrom: (source: string) => unknown): string {
  const at = (...path: readonly string[]) => join(home, 'package', ...path)
  for (const path of [at('bin'), at('src', 'cli'), at('dist', 'cli')]) mkdirSync(path, { recursive: true })
  const source = at('src', 'cli', 'main.ts')
  copyFileSync(LAUNCHER, at('bin', 'trent'))
  writeFileSync(at('package.json'), '{ "type": "module" }')
  writeFileSync(source, "console.log('source')")
  writeFileSync(at('dist', 'cli', 'main.js'), "console.log('built')")
  writeFileSync(at('dist', 'built-from.json'), JSON.stringify(builtFrom(source)))
  return at('bin', 'trent')
}

const noted = (path: string): Record<string, readonly [size: number, mtimeMs: number]> => {
  const { size, mtimeMs } = statSync(path)
  return { 'src/cli/main.ts': [size, mtimeMs] }
}

const BUILDS = [
  ['made from the sources as they are', (source: string) => noted(source), 'built'],
  [
    'made before a source changed',
    (source: string) => ({ 'src/cli/main.ts': [statSync(source).size, statSync(source).mtimeMs - 1] }),
    'source',
  ],
  [
    'made from a source of another size',
    (source: string) => ({ 'src/cli/main.ts': [1, statSync(source).mtimeMs] }),
    'source',
  ],
  ['made from a source that is gone', (source: string) => ({ ...noted(source), 'src/gone.ts': [1, 1] }), 'source'],
] as const
for (const [which, builtFrom, runs] of BUILDS)
  test(`a checkout with a build ${which} runs its ${runs === 'built' ? 'build' : 'sources'}`, async () => {
    using home = temporaryDirectory()
    const { stdout } = await ran([], { home: home.path, launcher: checkout(home.path, builtFrom) })
    assert.equal(stdout, `${runs}\n`)
  })

test('the sources run as they are, key process included', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path, launcher: join(ROOT, 'src', 'cli', 'main.ts') })
  assert.equal((await fetch(`${await dev.url}/_trent/health`)).status, 200)
})
