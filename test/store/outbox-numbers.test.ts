import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { SQLITE } from '../../src/store/migrations/dialect.ts'
import { MIGRATIONS } from '../../src/store/migrations/index.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { anEvent } from './records.ts'

const directory = mkdtempSync(join(tmpdir(), 'trent-outbox-'))
after(() => rmSync(directory, { recursive: true }))
const path = join(directory, 'trent.db')

async function opened() {
  const store = await openSqliteStore({ path })
  assert.ok(!isError(store))
  return store
}

/** Makes the file as it was before a commit could have several events, with one that waits. */
function makeBefore(epoch: number, event: ReturnType<typeof anEvent>): void {
  const db = new DatabaseSync(path)
  // `TRNT`: the store's own application id.
  db.exec('pragma application_id = 0x54524e54')
  db.exec('create table migrations (version integer primary key, name text not null) strict')
  for (const { version, name, statements } of MIGRATIONS) {
    if (name === 'outbox-numbers') break
    for (const statement of statements(SQLITE)) db.exec(statement)
    db.prepare('insert into migrations (version, name) values (?, ?)').run(version, name)
  }
  db.prepare('insert into outbox (epoch, event_id, line) values (?, ?, ?)').run(epoch, event.eventId, event.line)
  db.prepare('update epoch set number = ?').run(epoch)
  db.close()
}

test('events that waited from before commits had several of them come first', async () => {
  const old = anEvent()
  makeBefore(1_000_000, old)
  await using store = await opened()
  const events = [anEvent(), anEvent(), anEvent()]
  assert.equal(await store.commit([], events.slice(0, 2)), 'committed')
  assert.equal(await store.commit([], events[2]), 'committed')
  assert.deepEqual(await store.outbox(10), [old, ...events])
})
