import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryDirectory } from './temporary-trail.ts'

const SCRIPT = join(import.meta.dirname, 'failing-writer.ts')

type Asked = { readonly name: string; readonly count?: number; readonly characters?: number }
type Writer = { readonly child: ChildProcess; ask(request: Asked): Promise<Record<string, unknown>> }

async function writerIn(t: TestContext, command: readonly string[]): Promise<Writer> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit').then(() => [undefined])
  const next = async (): Promise<Record<string, unknown>> => {
    const [message] = await Promise.race([once(child, 'message'), exited])
    assert.ok(message !== undefined, 'the writer is gone')
    return message.answer
  }
  await next()
  return {
    child,
    ask(request) {
      child.send(request)
      return next()
    },
  }
}

const refused = (count: number) => Array(count).fill('KMSInternalException')
const written = (count: number) => Array(count).fill('written')

/** No unshare, no rights or no Linux: then no file system of our own. */
const hasOwnMounts = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0
const hasLimits = spawnSync('prlimit', ['--version']).status === 0

/** A writer whose trail lives on a file system of 256 KiB. */
async function writerOnSmallDisk(t: TestContext, segmentMaxBytes = '1e9'): Promise<Writer> {
  const mount = await temporaryDirectory(t)
  const script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1/trail" "$4"'
  return writerIn(t, ['unshare', '-rm', 'sh', '-c', script, 'sh', mount, process.execPath, SCRIPT, segmentMaxBytes])
}

test('on a full disk every event is refused, and once there is space the trail goes on whole', {
  skip: !hasOwnMounts,
}, async (t) => {
  const writer = await writerOnSmallDisk(t)
  assert.deepEqual(await writer.ask({ name: 'append', count: 3 }), { codes: written(3), causes: [], healthy: true })
  await writer.ask({ name: 'fill' })
  for (const count of [50, 1]) {
    const answer = await writer.ask({ name: 'append', count, characters: 5_000 })
    assert.deepEqual(answer, { codes: refused(count), causes: ['ENOSPC'], healthy: false })
    assert.equal((await writer.ask({ name: 'verify' })).ok, true)
  }
  await writer.ask({ name: 'free' })
  assert.deepEqual(await writer.ask({ name: 'append', count: 5, characters: 5_000 }), {
    codes: written(5),
    causes: [],
    healthy: true,
  })
  assert.equal((await writer.ask({ name: 'close' })).problem, undefined)
  const { ok, sealed, events, batches } = await writer.ask({ name: 'verify' })
  assert.deepEqual({ ok, sealed, events, batches }, { ok: true, sealed: true, events: 8, batches: 2 })
})

test('a segment that cannot be begun on a full disk is begun once there is space', {
  skip: !hasOwnMounts,
}, async (t) => {
  const writer = await writerOnSmallDisk(t, '1000')
  await writer.ask({ name: 'append', characters: 1_500 })
  await writer.ask({ name: 'fill' })
  for (const _ of [1, 2]) assert.deepEqual((await writer.ask({ name: 'append' })).causes, ['ENOSPC'])
  await writer.ask({ name: 'free' })
  assert.deepEqual((await writer.ask({ name: 'append' })).codes, written(1))
  assert.deepEqual(await writer.ask({ name: 'close' }), { warnings: [] })
  const { ok, sealed, events, segments, problems } = await writer.ask({ name: 'verify' })
  assert.deepEqual(
    { ok, sealed, events, segments, problems },
    { ok: true, sealed: true, events: 2, segments: 2, problems: [] },
  )
})

/** Bytes of a trail with one event without padding. */
async function lengthWithout(t: TestContext): Promise<number> {
  const directory = join(await temporaryDirectory(t), 'trail')
  const writer = await writerIn(t, [process.execPath, SCRIPT, directory])
  await writer.ask({ name: 'append', characters: 0 })
  return (await stat(join(directory, 'segment-0000000001.jsonl'))).size
}

test('a trail that is closed on a full disk says that it is not sealed, and verifies', {
  skip: !hasOwnMounts,
}, async (t) => {
  const writer = await writerOnSmallDisk(t)
  // The last page of the file has no room for the seal.
  await writer.ask({ name: 'append', characters: 8_192 - (await lengthWithout(t)) - 20 })
  await writer.ask({ name: 'fill' })
  const { problem } = await writer.ask({ name: 'close' })
  const { ok, sealed, events } = await writer.ask({ name: 'verify' })
  assert.deepEqual(
    { problem, ok, sealed, events },
    { problem: 'KMSInternalException', ok: true, sealed: false, events: 1 },
  )
})

test('a write that is cut short by a size limit counts for nothing, and the next one is whole', {
  skip: !hasLimits,
}, async (t) => {
  const directory = join(await temporaryDirectory(t), 'trail')
  await mkdir(directory)
  const writer = await writerIn(t, ['prlimit', '--fsize=65536:unlimited', process.execPath, SCRIPT, directory])
  assert.deepEqual(await writer.ask({ name: 'append', characters: 40_000 }), {
    codes: written(1),
    causes: [],
    healthy: true,
  })
  assert.deepEqual(await writer.ask({ name: 'append', count: 4, characters: 10_000 }), {
    codes: refused(4),
    causes: ['EFBIG'],
    healthy: false,
  })
  const { ok, unfinishedBytes } = await writer.ask({ name: 'verify' })
  assert.equal(ok, true)
  assert.ok(Number(unfinishedBytes) > 10_000, 'the write was cut in the middle')
  execFileSync('prlimit', ['--pid', String(writer.child.pid), '--fsize=unlimited:unlimited'])
  assert.deepEqual(await writer.ask({ name: 'append', count: 4, characters: 10_000 }), {
    codes: written(4),
    causes: [],
    healthy: true,
  })
  await writer.ask({ name: 'close' })
  const report = await writer.ask({ name: 'verify' })
  assert.deepEqual([report.ok, report.sealed, report.events, report.batches], [true, true, 5, 2])
})

test('a descriptor that was closed refuses what is being written, and is opened again', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const writer = await writerIn(t, [process.execPath, SCRIPT, join(await temporaryDirectory(t), 'trail')])
  await writer.ask({ name: 'append' })
  await writer.ask({ name: 'close-segment' })
  assert.deepEqual(await writer.ask({ name: 'append', count: 2 }), {
    codes: refused(2),
    causes: ['EBADF'],
    healthy: false,
  })
  assert.deepEqual(await writer.ask({ name: 'append', count: 2 }), { codes: written(2), causes: [], healthy: true })
  await writer.ask({ name: 'close' })
  const report = await writer.ask({ name: 'verify' })
  assert.deepEqual([report.ok, report.sealed, report.events], [true, true, 3])
})

test('once its segment was removed no event is acknowledged any more', async (t) => {
  const writer = await writerIn(t, [process.execPath, SCRIPT, join(await temporaryDirectory(t), 'trail')])
  await writer.ask({ name: 'append' })
  await writer.ask({ name: 'remove-segment' })
  for (const _ of [1, 2, 3])
    assert.deepEqual(await writer.ask({ name: 'append', count: 2 }), {
      codes: refused(2),
      causes: ['ENOENT'],
      healthy: false,
    })
  assert.equal((await writer.ask({ name: 'close' })).problem, 'KMSInternalException')
  assert.equal((await writer.ask({ name: 'verify' })).ok, false)
})
