import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { TRAIL_SEARCHES_WAITING_MAX } from '../../src/domain/limits.ts'
import { type Found, oneAtATime, searchLines, searchSegments, type Wanted } from '../../src/trail/search.ts'
import { appendEvents, mustOpen, optionsFor, segmentNames, shortEvent, temporaryDirectory } from './temporary-trail.ts'

const all: Wanted = { needle: '"eventID":', isMeant: () => true, limit: 100 }

test('a search gives the newest first, through plain and compressed segments', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory, { segmentMaxBytes: 1_000 }))
  await appendEvents(trail, 60, 7)
  await trail.close()
  assert.ok((await segmentNames(directory)).some((name) => name.endsWith('.gz')))
  const expected = Array.from({ length: 60 }, (_, id) => shortEvent(59 - id))
  assert.deepEqual(await searchSegments(directory, all), { lines: expected })
})

test('a limited search gives the newest and tells where to go on', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory, { segmentMaxBytes: 1_000 }))
  await appendEvents(trail, 60, 7)
  await trail.close()
  const first = await searchSegments(directory, { ...all, limit: 2 })
  assert.deepEqual(first.lines, [shortEvent(59), shortEvent(58)])
  const second = await searchSegments(directory, { ...all, limit: 1, from: first.next ?? assert.fail() })
  assert.ok(!first.lines.includes(second.lines[0] ?? assert.fail()))
})

test('a line that only contains the needle is not found', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 3)
  const isMeant = (line: string) => line === shortEvent(1)
  assert.deepEqual(await searchSegments(directory, { ...all, isMeant }), { lines: [shortEvent(1)] })
  assert.deepEqual(searchLines([0, 1, 2].map(shortEvent), { ...all, isMeant }), { lines: [shortEvent(1)] })
  assert.deepEqual(await searchSegments(directory, { ...all, needle: 'nowhere' }), { lines: [] })
})

test('searches read one at a time, in turn, and one that fails stops no other', async () => {
  let reading = 0
  const search = oneAtATime(async ({ needle }): Promise<Found> => {
    assert.equal(++reading, 1)
    await new Promise((done) => setImmediate(done))
    reading -= 1
    if (needle === 'bad') throw new Error('unreadable')
    return { lines: [needle] }
  })
  const failing = assert.rejects(search({ ...all, needle: 'bad' }), /unreadable/)
  assert.deepEqual(await search({ ...all, needle: 'good' }), { lines: ['good'] })
  await failing
})

test('more searches than may wait are refused', async () => {
  const search = oneAtATime(async () => {
    await new Promise((done) => setImmediate(done))
    return { lines: [] }
  })
  const answers = await Promise.all(Array.from({ length: TRAIL_SEARCHES_WAITING_MAX + 3 }, () => search(all)))
  const refused = answers.filter(isError)
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['ThrottlingException', 'ThrottlingException'],
  )
})
