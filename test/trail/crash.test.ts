import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { linkLines } from '../../src/trail/chain.ts'
import { readEvents } from '../../src/trail/read.ts'
import { openTrail } from '../../src/trail/segments.ts'
import { verifyTrail } from '../../src/trail/verify.ts'
import { appendEvents, keptAnchor, mustOpen, optionsFor, shortEvent, temporaryDirectory } from './temporary-trail.ts'

const ROUNDS = 10

async function eventIds(directory: string): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const { text } of readEvents(directory)) {
    const { eventID } = JSON.parse(text)
    assert.ok(!ids.has(eventID), `${eventID} is there twice`)
    ids.add(eventID)
  }
  return ids
}

/** Runs a writer and kills it at a random moment. Answers what it said was durable. */
async function killedWriter(directory: string, anchorPath: string, run: number): Promise<readonly string[]> {
  const script = join(import.meta.dirname, 'crash-writer.ts')
  const child = spawn(process.execPath, [script, directory, anchorPath, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  let killing = false
  child.stdout.on('data', (data) => {
    said += data
    if (!killing) setTimeout(() => child.kill('SIGKILL'), Math.random() * 300)
    killing = true
  })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
  return said.slice(0, said.lastIndexOf('\n')).split('\n').slice(1)
}

test('no acknowledged event is lost when the writer is killed, time after time', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchorPath = join(await temporaryDirectory(t), 'anchor')
  const acknowledged: string[] = []
  for (let run = 0; run < ROUNDS; run += 1) {
    acknowledged.push(...(await killedWriter(directory, anchorPath, run)))
    const report = await verifyTrail(directory, await readFile(anchorPath, 'utf8'))
    assert.deepEqual([report.ok, report.sealed, report.problems], [true, false, []])
    const there = await eventIds(directory)
    assert.deepEqual(
      acknowledged.filter((id) => !there.has(id)),
      [],
    )
  }
  const trail = await mustOpen(optionsFor(directory, { anchor: keptAnchor(await readFile(anchorPath, 'utf8')) }))
  assert.equal(await trail.close(), undefined)
  const report = await verifyTrail(directory)
  assert.deepEqual([report.ok, report.sealed], [true, true])
  const there = await eventIds(directory)
  assert.deepEqual(
    acknowledged.filter((id) => !there.has(id)),
    [],
  )
  assert.ok(
    acknowledged.length > 100 && report.segments > 1,
    `${acknowledged.length} events in ${report.segments} segments`,
  )
})

/** A trail as a crash leaves it: two batches of two events, no seal. */
async function crashedTrail(
  directory: string,
): Promise<{ readonly path: string; readonly bytes: Buffer; readonly anchor: string | undefined }> {
  const anchor = keptAnchor()
  const trail = await mustOpen(optionsFor(directory, { anchor }))
  const saved = anchor.text
  await appendEvents(trail, 4, 2)
  const path = join(directory, 'segment-0000000001.jsonl')
  const bytes = await readFile(path)
  await trail.close()
  await writeFile(path, bytes)
  return { path, bytes, anchor: saved }
}

test('a write that was cut anywhere is dropped whole, and the trail says so', async (t) => {
  const directory = await temporaryDirectory(t)
  const { path, bytes } = await crashedTrail(directory)
  const secondBatch = bytes.indexOf('\n', bytes.indexOf('"batch":1,')) + 1
  for (let cut = secondBatch; cut < bytes.length; cut += cut < secondBatch + 20 || cut > bytes.length - 5 ? 1 : 7) {
    await writeFile(path, bytes)
    await truncate(path, cut)
    const before = await verifyTrail(directory)
    assert.deepEqual([before.ok, before.unfinishedBytes], [true, cut - secondBatch])
    const trail = await mustOpen(optionsFor(directory))
    assert.equal(await trail.append(shortEvent(9)), undefined)
    await trail.close()
    const text = await readFile(path, 'utf8')
    assert.equal(text.includes(`"droppedBytes":${cut - secondBatch},`), cut > secondBatch, `cut at ${cut}`)
    assert.deepEqual([...(await eventIds(directory))], ['event-0', 'event-1', 'event-9'])
    assert.equal((await verifyTrail(directory)).ok, true)
  }
})

test('a header that was cut anywhere is dropped, and the segment before it goes on', async (t) => {
  const header = linkLines(
    [],
    { kind: 'segment', format: 1, segment: 2, batch: 1, started: '2026-11-22T00:00:00.000Z' },
    '0'.repeat(64),
  ).bytes
  for (const cut of [0, 1, 20, header.length - 1]) {
    const directory = await temporaryDirectory(t)
    const { anchor } = await crashedTrail(directory)
    await writeFile(join(directory, 'segment-0000000002.jsonl'), header.subarray(0, cut))
    assert.equal((await verifyTrail(directory, anchor)).ok, true)
    const recovered = await mustOpen(optionsFor(directory, { anchor: keptAnchor(anchor) }))
    assert.equal(recovered.head.segment, 1)
    await recovered.close()
    const report = await verifyTrail(directory)
    assert.deepEqual([report.ok, report.sealed, report.segments, report.events], [true, true, 1, 4])
  }
})

test('a trail whose last segment was changed is not opened', async (t) => {
  const directory = await temporaryDirectory(t)
  const { path, bytes } = await crashedTrail(directory)
  // Every seventh byte, others each time, and every line break but the last: one less could join two lines into one.
  const breaks = [...bytes.keys()].filter((at) => bytes[at] === 0x0a).slice(0, -1)
  const start = Math.floor(Math.random() * 7)
  const sevenths = [...bytes.keys()].filter((at) => at % 7 === start && at < bytes.length - 1)
  for (const at of [...breaks, ...sevenths]) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    await writeFile(path, changed)
    const answer = await openTrail(optionsFor(directory))
    assert.ok(isError(answer), `byte ${at} was changed`)
    assert.equal(answer.code, 'KMSInternalException')
    assert.match(answer.message ?? '', /^The trail does not verify: segment 1/)
    assert.deepEqual(await readFile(path), changed)
  }
})

test('a trail that was cut before the anchored head is not opened', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  const trail = await mustOpen(optionsFor(directory, { anchor, anchorBatches: 1 }))
  await appendEvents(trail, 4, 2)
  await trail.close()
  const path = join(directory, 'segment-0000000001.jsonl')
  const bytes = await readFile(path)
  await truncate(path, bytes.indexOf('\n', bytes.indexOf('"batch":1,')) + 1)
  const answer = await openTrail(optionsFor(directory, { anchor }))
  assert.match(isError(answer) ? (answer.message ?? '') : 'opened', /its end is missing: batch 2 of segment 1/)
})

test('a trail that goes on after the seal it was anchored with is not opened', async (t) => {
  const directory = await temporaryDirectory(t)
  const anchor = keptAnchor()
  await (await mustOpen(optionsFor(directory, { anchor }))).close()
  const forged = await mustOpen(optionsFor(directory))
  await forged.append(shortEvent(1))
  await forged.close()
  const answer = await openTrail(optionsFor(directory, { anchor }))
  assert.match(isError(answer) ? (answer.message ?? '') : 'opened', /something follows the seal/)
})

const unopened = [
  ['is gone', async (directory: string) => writeFile(join(directory, 'segment-0000000001.jsonl'), ''), /it is gone/],
  [
    'has bytes after its seal',
    async (directory: string) => appendFile(join(directory, 'segment-0000000001.jsonl'), 'x'),
    /no crash leaves/,
  ],
  [
    'has a false archive',
    async (directory: string) => writeFile(join(directory, 'segment-0000000001.jsonl.gz'), ''),
    /nothing follows it/,
  ],
] as const
for (const [what, damage, message] of unopened)
  test(`a trail that ${what} is not opened`, async (t) => {
    const directory = await temporaryDirectory(t)
    const anchor = keptAnchor()
    await (await mustOpen(optionsFor(directory, { anchor }))).close()
    await damage(directory)
    const answer = await openTrail(optionsFor(directory, { anchor }))
    assert.match(isError(answer) ? (answer.message ?? '') : 'opened', message)
  })

test('a trail without its anchor is opened, and an anchor that cannot be read is refused', async (t) => {
  const directory = await temporaryDirectory(t)
  await (await mustOpen(optionsFor(directory))).close()
  const answer = await openTrail(optionsFor(directory, { anchor: keptAnchor('{}') }))
  assert.match(isError(answer) ? (answer.message ?? '') : 'opened', /saved head of the trail cannot be read/)
  await (await mustOpen(optionsFor(directory))).close()
})
