import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import { CHANGE_EPOCHS_MAX, STORE_BUSY_TIMEOUT_MS } from '../../src/domain/limits.ts'
import type { Store } from '../../src/request/ports.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { put } from '../contract/holds.ts'
import { aliasOf, anEvent, HOME, keyOf, materialOf, parseKeyIdOf, parseMaterialIdOf } from './records.ts'

const directory = mkdtempSync(join(tmpdir(), 'trent-store-'))
after(() => rmSync(directory, { recursive: true }))
let files = 0
const newPath = () => join(directory, `${files++}.db`)

async function open(path: string): Promise<Store> {
  const store = await openSqliteStore({ path })
  assert.ok(!isError(store), JSON.stringify(store))
  return store
}

/** A closed store of `count` keys. */
async function storeFile(count = 40): Promise<string> {
  const path = newPath()
  await using store = await open(path)
  for (let n = 0; n < count; n++)
    await put(store, { kind: 'insert-key', key: keyOf(parseKeyIdOf(n), { description: 'x'.repeat(400) }) })
  return path
}

async function assertRefused(path: string, message: RegExp): Promise<void> {
  const store = await openSqliteStore({ path })
  assert.ok(isError(store))
  assert.equal(store.code, 'KMSInternalException')
  assert.match(store.message ?? '', message)
  assert.doesNotMatch(store.message ?? '', /\n/)
}

/** Refused with `message`, and every file beside it is as it was. */
async function assertLeftAlone(path: string, message: RegExp): Promise<void> {
  const before = [readFileSync(path), readdirSync(directory)]
  await assertRefused(path, message)
  assert.deepEqual([readFileSync(path), readdirSync(directory)], before)
}

test('a new store is readable by its owner only, its log too', async () => {
  const path = newPath()
  await using store = await open(path)
  await put(store, { kind: 'insert-key', key: keyOf(parseKeyIdOf(1)) })
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(file).mode & 0o777, 0o600, file)
})

test('a closed store is one file, and opens again with all it held', async () => {
  const path = await storeFile(40)
  assert.equal(existsSync(`${path}-wal`), false)
  await using store = await open(path)
  assert.equal(await store.countKeys(HOME), 40)
  assert.equal(await store.epoch(), 40)
  assert.equal((await store.outbox(100)).length, 40)
})

test('an empty file becomes a store', async () => {
  const path = newPath()
  writeFileSync(path, '')
  await using store = await open(path)
  assert.equal(await store.epoch(), 0)
})

test('random bytes are refused', async () => {
  const path = newPath()
  writeFileSync(path, randomBytes(8192))
  await assertLeftAlone(path, /not a database/)
})

test('a line of text is refused', async () => {
  const path = newPath()
  writeFileSync(path, 'not a store\n')
  await assertLeftAlone(path, /not a database|malformed/)
})

for (const part of [0.5, 0.9, 0.001])
  test(`a store of which only ${part * 100} % are left is refused`, async () => {
    const path = await storeFile()
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, Math.ceil(bytes.length * part)))
    await assertLeftAlone(path, /malformed|not a database/)
  })

test('a store whose schema is overwritten is refused', async () => {
  const path = await storeFile()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 100, 4096)
  writeFileSync(path, bytes)
  await assertLeftAlone(path, /malformed/)
})

test('a store that has lost a table is refused', async () => {
  const path = await storeFile()
  const db = new DatabaseSync(path)
  db.exec('drop table outbox')
  db.close()
  await assertRefused(path, /no such table: outbox/)
})

test('a database of another program is refused', async () => {
  const path = newPath()
  const db = new DatabaseSync(path)
  db.exec('create table theirs (x)')
  db.close()
  await assertLeftAlone(path, /another program/)
})

test('a store that a newer program has written is refused', async () => {
  const path = await storeFile()
  const db = new DatabaseSync(path)
  db.exec("insert into migrations (version, name) values (99, 'from-the-future')")
  db.close()
  await assertLeftAlone(path, /schema version 99; this program knows up to \d+/)
})

test('a directory is refused', async () => {
  const path = newPath()
  mkdirSync(path)
  await assertRefused(path, /not a file/)
})

test('a file in a directory that is not there is refused, and nothing is made', async () => {
  await assertRefused(join(directory, 'nowhere', 'trent.db'), /ENOENT/)
  assert.equal(existsSync(join(directory, 'nowhere')), false)
})

for (const mode of [0o000, 0o400])
  test(`a store of mode ${mode.toString(8).padStart(3, '0')} is refused`, async () => {
    const path = await storeFile()
    chmodSync(directory, 0o755)
    chmodSync(path, mode === 0o400 ? 0o444 : mode)
    // Root may read and write everything, so a root that runs the tests looks with another user's eyes.
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      await assertRefused(path, /unable to open|readonly/)
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

test('destroyed key material is in no file of the store once the deletion is answered', async () => {
  const path = newPath()
  await using store = await open(path)
  // Enough rows, in no order, that pages split and rows move; the long ones lie in pages of their own.
  const made = Array.from({ length: 600 }, (_, n) => {
    const key = keyOf(parseKeyIdOf((n * 2_654_435_761) % 2 ** 32))
    const wrapped = randomBytes(n % 50 === 0 ? 6000 : 77)
    return { key, material: materialOf(key, parseMaterialIdOf((n * 40_503) % 65_536), wrapped) }
  })
  await Promise.all(made.map(({ key, material }) => put(store, { kind: 'insert-key', key, material })))
  const names = () => [path, `${path}-wal`].filter(existsSync)
  const holds = (wrapped: Uint8Array) => names().some((name) => readFileSync(name).includes(wrapped.subarray(-40)))
  assert.ok(made.every(({ material }) => holds(material.wrapped)))
  for (const [n, { key }] of made.entries()) if (n % 10 === 0) await put(store, { kind: 'delete-key', key })
  for (const [n, { material }] of made.entries()) assert.equal(holds(material.wrapped), n % 10 !== 0, `material ${n}`)
})

test('the log is cut after a deletion even when a reader was in the way at first', async () => {
  const path = newPath()
  await using store = await open(path)
  const key = keyOf(parseKeyIdOf(1))
  const wrapped = randomBytes(77)
  await put(store, { kind: 'insert-key', key, material: materialOf(key, parseMaterialIdOf(1), wrapped) })
  const reader = new DatabaseSync(path)
  reader.exec('begin; select * from keys')
  const started = performance.now()
  await put(store, { kind: 'delete-key', key })
  assert.ok(performance.now() - started < STORE_BUSY_TIMEOUT_MS, 'nobody waits for the reader')
  assert.ok(readFileSync(`${path}-wal`).includes(wrapped))
  reader.exec('commit')
  reader.close()
  await put(store, { kind: 'insert-key', key: keyOf(parseKeyIdOf(2)) })
  for (const name of [path, `${path}-wal`]) assert.equal(readFileSync(name).includes(wrapped), false)
})

test('a change that cannot be written is answered with KMSInternalException, leaves nothing and hinders nothing later', async () => {
  const path = newPath()
  await using store = await open(path)
  await put(store, { kind: 'insert-key', key: keyOf(parseKeyIdOf(1)) })
  const rival = new DatabaseSync(path)
  rival.exec('begin immediate')
  const outcomes = await Promise.all(
    [2, 3].map((n) => store.commit([{ kind: 'insert-key', key: keyOf(parseKeyIdOf(n)) }], anEvent())),
  )
  assert.deepEqual(
    outcomes.map((outcome) => typeof outcome === 'object' && outcome.code),
    Array(2).fill('KMSInternalException'),
  )
  rival.exec('rollback')
  rival.close()
  assert.deepEqual([await store.countKeys(HOME), await store.epoch(), (await store.outbox(9)).length], [1, 1, 1])
  await put(store, { kind: 'insert-key', key: keyOf(parseKeyIdOf(2)) })
})

test('change rows name what changed under its commit number, and only the newest are kept', async () => {
  const path = newPath()
  await using store = await open(path)
  const key = keyOf(parseKeyIdOf(1))
  const changes = (epoch: number) => {
    const db = new DatabaseSync(path, { readOnly: true })
    const rows = db
      .prepare('select kind, account, region, name from changes where epoch = ? order by position')
      .all(epoch)
    db.close()
    return rows.map((row) => Object.values(row).join(' '))
  }
  const home = `${HOME.account} ${HOME.region}`
  await put(store, { kind: 'insert-key', key, material: materialOf(key, parseMaterialIdOf(1)) })
  await put(store, { kind: 'insert-alias', alias: aliasOf('a', key.keyId) })
  await put(store, { kind: 'delete-key', key })
  const material = `material  ${HOME.region} ${parseMaterialIdOf(1)}`
  assert.deepEqual(changes(1), [`key ${home} ${key.keyId}`, material])
  assert.deepEqual(changes(2), [`alias ${home} alias/a`])
  assert.deepEqual(changes(3), [`alias ${home} alias/a`, material, `key ${home} ${key.keyId}`])
  for (let n = 0; n < CHANGE_EPOCHS_MAX; n += 1_000)
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => store.putSetting('n', `${n + i}`)))
  assert.deepEqual([changes(3), changes(4)], [[], ['setting   n']])
})
