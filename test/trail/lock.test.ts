import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { lockTrail } from '../../src/trail/lock.ts'
import { openTrail } from '../../src/trail/segments.ts'
import { mustOpen, optionsFor, temporaryDirectory } from './temporary-trail.ts'

const messageOf = (answer: unknown) => (isError(answer) ? answer.message : 'the lock was given')

test('a trail that is open cannot be opened again, by the same process neither', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory))
  assert.equal(
    messageOf(await openTrail(optionsFor(directory))),
    `The trail is being written by process ${process.pid}.`,
  )
  await trail.close()
  assert.ok(!(await readdir(directory)).some((name) => name.startsWith('lock')))
  await (await mustOpen(optionsFor(directory))).close()
})

test('of many that want the lock at once, one gets it', async (t) => {
  const directory = await temporaryDirectory(t)
  const answers = await Promise.all(Array.from({ length: 20 }, () => lockTrail(directory)))
  assert.equal(answers.filter((answer) => !isError(answer)).length, 1)
  assert.deepEqual(await readdir(directory), ['lock'])
})

/** A process that lives until it is killed. */
async function sleeper() {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("."); setInterval(() => {}, 1000)'])
  await once(child.stdout, 'data')
  return { pid: child.pid ?? 0, end: async () => child.kill('SIGKILL') && (await once(child, 'close')) }
}

test('the lock of a process that lives is respected and that of one that died is taken over', async (t) => {
  const directory = await temporaryDirectory(t)
  const other = await sleeper()
  await writeFile(join(directory, 'lock'), `${other.pid} \n`)
  assert.equal(messageOf(await lockTrail(directory)), `The trail is being written by process ${other.pid}.`)
  await other.end()
  assert.equal(messageOf(await lockTrail(directory)), 'the lock was given')
  assert.match(await readFile(join(directory, 'lock'), 'latin1'), new RegExp(`^${process.pid} `))
})

test('a process with the id of the one that died does not hold its lock', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'lock'), `${process.pid} 1\n`)
  assert.equal(messageOf(await lockTrail(directory)), 'the lock was given')
})

test('a lock that cannot be read is respected', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'lock'), 'mine')
  assert.match(messageOf(await lockTrail(directory)) ?? '', /an unreadable lock/)
})
