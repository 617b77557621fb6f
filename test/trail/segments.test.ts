import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { isError } from '../../src/domain/error.ts'
import { TRAIL_LINE_MAX_BYTES, TRAIL_QUEUE_MAX_CHARACTERS, TRAIL_QUEUE_MAX_EVENTS } from '../../src/domain/limits.ts'
import { parseAnchor } from '../../src/trail/anchor.ts'
import { openMemoryTrail } from '../../src/trail/memory.ts'
import { openTrail } from '../../src/trail/segments.ts'
import { verifyTrail } from '../../src/trail/verify.ts'
import {
  appendEvents,
  keptAnchor,
  mustOpen,
  optionsFor,
  segmentNames,
  shortEvent,
  temporaryDirectory,
} from './temporary-trail.ts'

const FIRST = 'segment-0000000001.jsonl'
const codeOf = (answer: unknown) => (isError(answer) ? answer.code : answer)

test('an event is in the file, chain line and all, when append answers', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  assert.equal(await trail.append(shortEvent(1)), undefined)
  const lines = (await readFile(join(directory, FIRST), 'utf8')).split('\n')
  assert.equal(lines[1], shortEvent(1))
  assert.match(
    lines[2] ?? '',
    /^\{"trent":"batch","batch":1,"events":1,"previous":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}$/,
  )
  assert.equal(lines[3], '')
  assert.equal(trail.healthy, true)
})

test('events of one turn of the event loop share a batch', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 100, 50)
  assert.equal(trail.head.batch, 2)
})

test('events keep the order in which they were appended', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await Promise.all(Array.from({ length: 500 }, (_, id) => trail.append(shortEvent(id))))
  const lines = (await readFile(join(directory, FIRST), 'utf8')).split('\n').filter((line) => line.includes('eventID'))
  assert.deepEqual(
    lines,
    Array.from({ length: 500 }, (_, id) => shortEvent(id)),
  )
})

test('more events than may wait are refused with ThrottlingException, and those before them are written', async (t) => {
  await using trail = await mustOpen(optionsFor(await temporaryDirectory(t)))
  const answers = await Promise.all(
    Array.from({ length: TRAIL_QUEUE_MAX_EVENTS + 3 }, (_, id) => trail.append(shortEvent(id))),
  )
  assert.deepEqual(answers.slice(TRAIL_QUEUE_MAX_EVENTS).map(codeOf), Array(3).fill('ThrottlingException'))
  assert.ok(answers.slice(0, TRAIL_QUEUE_MAX_EVENTS).every((answer) => answer === undefined))
  assert.equal(await trail.append(shortEvent(0)), undefined)
})

const padded = (characters: number) => `{"eventVersion":"${'x'.repeat(characters - 19)}"}`

test('more bytes than may wait are refused with ThrottlingException, and long lines go into several batches', async (t) => {
  await using trail = await mustOpen(optionsFor(await temporaryDirectory(t)))
  const long = padded(TRAIL_LINE_MAX_BYTES)
  const fitting = TRAIL_QUEUE_MAX_CHARACTERS / long.length
  const answers = await Promise.all(Array.from({ length: fitting + 1 }, () => trail.append(long)))
  assert.deepEqual(answers.map(codeOf), [...Array(fitting).fill(undefined), 'ThrottlingException'])
  assert.equal(trail.head.batch, fitting / 4)
})

test('a line above the limit is refused with KMSInternalException and the trail stays healthy', async (t) => {
  await using trail = await mustOpen(optionsFor(await temporaryDirectory(t)))
  assert.equal(codeOf(await trail.append(padded(TRAIL_LINE_MAX_BYTES + 1))), 'KMSInternalException')
  assert.equal(
    codeOf(await trail.append(`{"eventVersion":"${'é'.repeat(TRAIL_LINE_MAX_BYTES / 2)}"}`)),
    'KMSInternalException',
  )
  assert.equal(await trail.append(padded(TRAIL_LINE_MAX_BYTES)), undefined)
  assert.equal(trail.healthy, true)
})

for (const line of ['', '{}', '{"trent":"seal"}', `${shortEvent(1)}\n`, `${shortEvent(1)}\n${shortEvent(2)}`])
  test(`the line ${JSON.stringify(line)} is a mistake of the caller`, async (t) => {
    await using trail = await mustOpen(optionsFor(await temporaryDirectory(t)))
    assert.throws(() => trail.append(line), TypeError)
    assert.equal(trail.head.batch, 0)
  })

test('after close nothing is appended, and what waited is durable before the seal', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory))
  const waiting = trail.append(shortEvent(1))
  assert.equal(await trail.close(), undefined)
  assert.equal(await waiting, undefined)
  assert.equal(codeOf(await trail.append(shortEvent(2))), 'KMSInternalException')
  const lines = (await readFile(join(directory, FIRST), 'utf8')).trimEnd().split('\n')
  assert.match(lines.at(-1) ?? '', /^\{"trent":"seal","at":"2026-11-22T00:00:00.000Z",/)
  assert.equal(lines[1], shortEvent(1))
  assert.equal(await trail.close(), undefined)
})

test('a trail that is opened again goes on with the next batch', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  for (const run of [0, 1, 2]) {
    const trail = await mustOpen(optionsFor(directory, { anchor }))
    assert.equal(trail.head.batch, run)
    await appendEvents(trail, 1)
    await trail.close()
  }
  const report = await verifyTrail(directory, anchor.text)
  assert.deepEqual([report.ok, report.sealed, report.batches, report.events], [true, true, 3, 3])
})

test('a full segment is closed, compressed and vouched for, and the chain goes on', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  const trail = await mustOpen(optionsFor(directory, { anchor, segmentMaxBytes: 500 }))
  await appendEvents(trail, 60, 5)
  await trail.close()
  const names = await segmentNames(directory)
  assert.ok(names.length > 3)
  assert.deepEqual(
    names.map((name) => name.endsWith('.gz')),
    names.map((_, at) => at < names.length - 1),
  )
  const first = gunzipSync(await readFile(join(directory, `${FIRST}.gz`))).toString()
  assert.match(
    first,
    /^\{"trent":"segment","format":1,"segment":1,"batch":0,"started":"2026-11-22T00:00:00.000Z","previous":"0{64}"/,
  )
  const report = await verifyTrail(directory, anchor.text)
  assert.deepEqual([report.ok, report.sealed, report.events, report.segments], [true, true, 60, names.length])
})

test('closed segments that were not compressed before a crash are compressed when the trail is opened', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory, { segmentMaxBytes: 500 }))
  await appendEvents(trail, 20, 5)
  await trail.close()
  const archive = join(directory, `${FIRST}.gz`)
  // Each is what a crash leaves between two steps: before the archive was renamed, and before the original was removed.
  await writeFile(join(directory, FIRST), gunzipSync(await readFile(archive)))
  await writeFile(`${archive}.tmp`, 'half an archive')
  assert.equal((await verifyTrail(directory)).ok, true)
  await rm(archive)
  assert.equal((await verifyTrail(directory)).ok, true)
  await (await mustOpen(optionsFor(directory))).close()
  assert.ok((await segmentNames(directory)).includes(`${FIRST}.gz`))
  assert.ok(!(await segmentNames(directory)).some((name) => name === FIRST || name.endsWith('.tmp')))
  assert.equal((await verifyTrail(directory)).ok, true)
})

test('the head is saved at the start, every so many batches, with every segment, and sealed at the end', async (t) => {
  const saved: string[] = []
  const anchor = { load: async () => undefined, save: async (text: string) => void saved.push(text) }
  const trail = await mustOpen(
    optionsFor(await temporaryDirectory(t), { anchor, anchorBatches: 4, segmentMaxBytes: 2500 }),
  )
  await appendEvents(trail, 9, 1)
  await trail.close()
  const heads = saved.map((text) => parseAnchor(text))
  assert.deepEqual(
    heads.map((head) => [head?.segment, head?.batch, head?.sealed]),
    [
      [1, 0, false],
      [1, 4, false],
      [1, 8, false],
      [1, 9, true],
    ],
  )
})

test('an anchor that cannot be saved is reported while the trail goes on, and tried again', async (t) => {
  let calls = 0
  const warnings: string[] = []
  const anchor = {
    load: async () => undefined,
    save: async () => {
      calls += 1
      if (calls === 2) throw new Error('the store is away')
    },
  }
  const warn = (message: string) => void warnings.push(message)
  const trail = await mustOpen(optionsFor(await temporaryDirectory(t), { anchor, anchorBatches: 1, warn }))
  await appendEvents(trail, 3, 1)
  assert.equal(await trail.close(), undefined)
  assert.deepEqual(warnings, ['the head of the trail could not be saved'])
  assert.ok(calls > 3)
})

test('a trail whose anchor cannot be loaded or saved is not opened, and gives the lock back', async (t) => {
  const directory = await temporaryDirectory(t)
  const away = () => Promise.reject(new Error('the store is away'))
  for (const anchor of [
    { load: away, save: async () => undefined },
    { load: async () => undefined, save: away },
  ])
    assert.equal(codeOf(await openTrail(optionsFor(directory, { anchor }))), 'KMSInternalException')
  await (await mustOpen(optionsFor(directory))).close()
})

test('a trail whose seal cannot be anchored answers so when it is closed, and opens again', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  let away = false
  const save = (text: string) => (away ? Promise.reject(new Error('the store is away')) : anchor.save(text))
  const trail = await mustOpen(optionsFor(directory, { anchor: { load: anchor.load, save } }))
  away = true
  assert.equal(codeOf(await trail.close()), 'KMSInternalException')
  await (await mustOpen(optionsFor(directory, { anchor }))).close()
  assert.equal((await verifyTrail(directory, anchor.text)).ok, true)
})

test('a trail in memory keeps the newest events, oldest first', async () => {
  const trail = openMemoryTrail({ limit: 3 })
  assert.deepEqual(trail.lines(), [])
  for (const id of [1, 2]) assert.equal(await trail.append(shortEvent(id)), undefined)
  assert.deepEqual(trail.lines(), [1, 2].map(shortEvent))
  for (const id of [3, 4, 5]) await trail.append(shortEvent(id))
  assert.deepEqual(trail.lines(), [3, 4, 5].map(shortEvent))
  trail.clear()
  await trail.append(shortEvent(6))
  assert.deepEqual(trail.lines(), [shortEvent(6)])
})
