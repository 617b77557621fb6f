import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openHistoryBuilder } from '../../../src/trail/history/builder.ts'
import { lookUp, PAGE_SQL } from '../../../src/trail/history/lookup.ts'
import { mustOpen, optionsFor, temporaryDirectory } from '../temporary-trail.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY_MS = 86_400_000
const everything = { account: '111122223333', region: 'us-east-1', from: 0, to: NOW, limit: 50 }

const eventAt = (time: number, id: string) =>
  JSON.stringify({
    eventVersion: '1.11',
    eventTime: `${new Date(time).toISOString().slice(0, 19)}Z`,
    eventID: id,
    eventName: 'Decrypt',
    awsRegion: 'us-east-1',
    recipientAccountId: '111122223333',
  })

/** A trail of three events in small segments, closed. */
async function threeEvents(t: TestContext) {
  const directory = await temporaryDirectory(t)
  const trail = await mustOpen(optionsFor(join(directory, 'trail'), { segmentMaxBytes: 300 }))
  for (const id of ['a', 'b', 'c']) await trail.append(eventAt(NOW - 1_000, id))
  const { head } = trail
  await trail.close()
  return { directory: join(directory, 'trail'), head, path: join(directory, 'history.db') }
}

async function idsAfterFollowing({ directory, head, path }: Awaited<ReturnType<typeof threeEvents>>) {
  using history = openHistoryBuilder(path)
  await history.follow(directory, head, NOW)
  return lookUp(history.db, everything).events.map(({ EventId }) => EventId)
}

test('a page is one search of one primary key', () => {
  using history = openHistoryBuilder(':memory:')
  const plan = history.db.prepare(`explain query plan ${PAGE_SQL}`).all(1, 2, 3, 0, 51)
  assert.deepEqual(
    plan.map(({ detail }) => String(detail).replace(/\(.*/, '').trim()),
    ['SEARCH marks USING PRIMARY KEY'],
  )
})

test('the index is made from the trail, once, and anew when it is missing or damaged', async (t) => {
  const made = await threeEvents(t)
  const all = ['c', 'b', 'a']
  assert.deepEqual(await idsAfterFollowing(made), all)
  assert.deepEqual(await idsAfterFollowing(made), all)
  await rm(made.path)
  assert.deepEqual(await idsAfterFollowing(made), all)
  await writeFile(made.path, 'this is no database, and long enough to be taken for one'.repeat(100))
  assert.deepEqual(await idsAfterFollowing(made), all)
})

test('an index of another trail is forgotten', async (t) => {
  const made = await threeEvents(t)
  assert.equal((await idsAfterFollowing(made)).length, 3)
  const other = await mustOpen(optionsFor(join(made.directory, 'other')))
  await other.append(eventAt(NOW - 1_000, 'z'))
  assert.deepEqual(await idsAfterFollowing({ ...made, directory: join(made.directory, 'other'), head: other.head }), [
    'z',
  ])
  await other.close()
})

test('events older than 90 days are not indexed, and dropped when they become so', () => {
  using history = openHistoryBuilder(':memory:')
  history.add([eventAt(NOW - 91 * DAY_MS, 'old'), eventAt(NOW - 89 * DAY_MS, 'aging'), eventAt(NOW, 'new')], NOW)
  const ids = () => lookUp(history.db, everything).events.map(({ EventId }) => EventId)
  assert.deepEqual(ids(), ['new', 'aging'])
  history.prune(NOW + 2 * DAY_MS)
  assert.deepEqual(ids(), ['new'])
  assert.equal(history.db.prepare('select count(*) as count from event_ids').get()?.count, 1)
})
