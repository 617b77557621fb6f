import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../src/domain/error.ts'
import type { Key } from '../../src/domain/key.ts'
import type { KeyUsage } from '../../src/domain/key-usage.ts'
import { KEY_USAGES_WAITING_MAX } from '../../src/domain/limits.ts'
import type { Attempt } from '../../src/request/attempt.ts'
import { openKeyUsages, unwrittenFrom } from '../../src/request/key-usages.ts'
import type { Store } from '../../src/request/ports.ts'
import { Encrypt } from '../../src/services/kms/Encrypt.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { anEvent, HOME, keyOf, parseKeyIdOf } from '../store/records.ts'

const log = { info() {}, warn() {}, error() {} }
const clock = { now: () => 1_800_000_000_500 }

async function emptyStore(): Promise<Store> {
  const store = await openSqliteStore({ path: ':memory:' })
  return isError(store) ? assert.fail() : store
}

async function* missedOf(usages: readonly KeyUsage[]) {
  yield* usages
}

const open = (store: Store, segment: () => number, missed: readonly KeyUsage[] = []) =>
  openKeyUsages({ store, log, clock, segment, missed: missedOf(missed) })

const request = {
  requestId: 'r',
  method: 'POST',
  path: '/',
  rawQuery: '',
  rawHeaders: [],
  body: Buffer.alloc(0),
  isTooLarge: false,
  sourceIp: '127.0.0.1',
  receivedAt: 0,
}

const using = (key: Key): Attempt => ({
  request,
  protocol: 'json',
  operationName: 'Encrypt',
  operation: Encrypt,
  targets: { key: { kind: 'key', action: 'kms:Encrypt', key } },
  result: { output: {} },
})

const usageOf = (key: Key, eventId: string): KeyUsage => {
  const { account, region, keyId } = key
  return { account, region, keyId, operation: 'Encrypt', usedAt: 1_750_000_000_000, eventId, requestId: 'r' }
}

const KEY = keyOf(parseKeyIdOf(1))

test('a first start has nothing to read, a crash has from the segment before the one written to, a clean stop nothing', async () => {
  await using store = await emptyStore()
  assert.equal(await unwrittenFrom(store), undefined)
  const usages = await open(store, () => 7)
  assert.equal(await unwrittenFrom(store), 6)
  await usages.close()
  assert.equal(await unwrittenFrom(store), undefined)
})

test('missed uses are stored before anything else, the last of each key', async () => {
  await using store = await emptyStore()
  await store.commit([{ kind: 'insert-key', key: KEY }], anEvent())
  const usages = await open(store, () => 0, [usageOf(KEY, 'one'), usageOf(KEY, 'two')])
  assert.equal((await store.findKeyUsage(HOME, KEY.keyId))?.eventId, 'two')
  usages.note(using(KEY), 'three', clock.now())
  assert.equal((await usages.of(KEY))?.eventId, 'three')
  assert.equal((await store.findKeyUsage(HOME, KEY.keyId))?.eventId, 'two', 'a use alone writes nothing')
  await usages.close()
  assert.equal((await store.findKeyUsage(HOME, KEY.keyId))?.eventId, 'three')
})

test('tracking begins once, however often the store is opened', async () => {
  await using store = await emptyStore()
  const first = await open(store, () => 0)
  await first.close()
  const later = await openKeyUsages({
    store,
    log,
    clock: { now: () => clock.now() + 1 },
    segment: () => 0,
    missed: missedOf([]),
  })
  assert.deepEqual([first.since, later.since], [clock.now(), clock.now()])
  await later.close()
})

test('uses beyond what may wait are left to the trail: the position stays where they are found again', async () => {
  await using store = await emptyStore()
  let segment = 3
  const usages = await open(store, () => segment)
  // All in one turn of the event loop, in which nothing can be stored.
  for (let n = 0; n <= 2 * KEY_USAGES_WAITING_MAX; n += 1)
    usages.note(using(keyOf(parseKeyIdOf(n))), `e${n}`, clock.now())
  segment = 9
  await usages.close()
  assert.equal(await unwrittenFrom(store), 2)
})

test('a use of a key that was deleted is not one of its successor of the same id', async () => {
  await using store = await emptyStore()
  const usages = await open(store, () => 0)
  usages.note(using(KEY), 'old', clock.now())
  assert.equal((await usages.of({ ...KEY, createdAt: clock.now() }))?.eventId, 'old')
  assert.equal(await usages.of({ ...KEY, createdAt: clock.now() + 1_000 }), undefined)
  await usages.close()
})
