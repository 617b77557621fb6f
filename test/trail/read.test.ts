import assert from 'node:assert/strict'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { TRAIL_LINE_MAX_BYTES } from '../../src/domain/limits.ts'
import { findEventIds, readEvents } from '../../src/trail/read.ts'
import { appendEvents, mustOpen, optionsFor, shortEvent, temporaryDirectory } from './temporary-trail.ts'

test('events are read oldest first, through compressed and plain segments', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory, { segmentMaxBytes: 1_000 }))
  await appendEvents(trail, 60, 7)
  await trail.close()
  const texts: string[] = []
  for await (const { text } of readEvents(directory)) texts.push(text)
  assert.deepEqual(
    texts,
    Array.from({ length: 60 }, (_, id) => shortEvent(id)),
  )
})

test('an event says where it stands', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 2, 1)
  const events = await Array.fromAsync(readEvents(directory))
  assert.deepEqual(
    events.map(({ segment, line }) => [segment, line]),
    [
      [1, 2],
      [1, 4],
    ],
  )
})

test('events of a batch that is not complete are not read', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 2)
  await appendFile(join(directory, 'segment-0000000001.jsonl'), `${shortEvent(7)}\n{"eventVer`)
  assert.equal((await Array.fromAsync(readEvents(directory))).length, 2)
})

test('a line above the limit is not read', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(join(directory, 'segment-0000000001.jsonl'), 'x'.repeat(TRAIL_LINE_MAX_BYTES + 1))
  await assert.rejects(Array.fromAsync(readEvents(directory)), RangeError)
})

test('events of the outbox that the trail holds are found, and no others', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  await appendEvents(trail, 20)
  assert.deepEqual(
    [...(await findEventIds(directory, ['event-19', 'event-20', 'event-3', 'event']))],
    ['event-3', 'event-19'],
  )
  assert.deepEqual([...(await findEventIds(directory, []))], [])
})

test('an id that a request merely mentions is not found', async (t) => {
  const directory = await temporaryDirectory(t)
  await using trail = await mustOpen(optionsFor(directory))
  const event = {
    eventVersion: '1.11',
    requestParameters: { eventID: 'wanted', text: '"eventID":"wanted"' },
    eventID: 'mine',
    more: { eventID: 'wanted' },
  }
  await trail.append(JSON.stringify(event))
  assert.deepEqual([...(await findEventIds(directory, ['wanted']))], [])
  assert.deepEqual([...(await findEventIds(directory, ['wanted', 'mine']))], ['mine'])
})

test('only the newest segments are searched', async (t) => {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(directory, { segmentMaxBytes: 100 }))
  await appendEvents(trail, 6, 1)
  await trail.close()
  assert.deepEqual([...(await findEventIds(directory, ['event-0', 'event-4', 'event-5']))], ['event-4', 'event-5'])
})
