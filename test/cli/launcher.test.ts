import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LAUNCHER, ran, temporaryDirectory, trent } from './trent.ts'

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
