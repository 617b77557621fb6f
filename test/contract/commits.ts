import assert from 'node:assert/strict'
import { REQUESTS_IN_FLIGHT_MAX } from '../../src/domain/limits.ts'
import { anEvent, HOME, keyOf, materialOf, parseKeyIdOf } from '../store/records.ts'
import { A, B, type Holds, insertKey, M1, put } from './holds.ts'

export function groups(holds: Holds): void {
  holds(
    'of commits from one revision in one turn exactly one wins, and its neighbours are untouched',
    async (store) => {
      await put(store, insertKey(keyOf(A)))
      const rivals = ['x', 'y', 'z'].map((description) => keyOf(A, { revision: 2, description }))
      const outcomes = await Promise.all([
        store.commit([insertKey(keyOf(parseKeyIdOf(1)))], anEvent()),
        ...rivals.map((key) => store.commit([{ kind: 'update-key', key }], anEvent())),
        store.commit([insertKey(keyOf(parseKeyIdOf(2)))], anEvent()),
      ])
      assert.deepEqual(outcomes, ['committed', 'committed', 'conflict', 'conflict', 'committed'])
      assert.equal((await store.findKey(HOME, A))?.description, 'x')
      assert.deepEqual([await store.epoch(), await store.countKeys(HOME)], [4, 3])
    },
  )

  holds('a mistake of one caller is thrown to that caller alone', async (store) => {
    const key = keyOf(A)
    const wrong = store.commit([{ kind: 'insert-key', key, material: materialOf(keyOf(B), M1) }], anEvent())
    const right = store.commit([insertKey(keyOf(B))], anEvent())
    await assert.rejects(wrong, TypeError)
    assert.equal(await right, 'committed')
    assert.equal(await store.findKey(HOME, A), undefined)
  })

  holds('commits in order of arrival: a later one in the same turn builds on an earlier one', async (store) => {
    const outcomes = await Promise.all([
      store.commit([insertKey(keyOf(A))], anEvent()),
      store.commit([{ kind: 'update-key', key: keyOf(A, { revision: 2 }) }], anEvent()),
      store.commit([{ kind: 'delete-key', key: keyOf(A, { revision: 2 }) }], anEvent()),
    ])
    assert.deepEqual(outcomes, ['committed', 'committed', 'committed'])
    assert.equal(await store.findKey(HOME, A), undefined)
  })

  holds('more commits than may wait are refused with ThrottlingException, and the rest are kept', async (store) => {
    const many = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 3 }, () => store.commit([], anEvent()))
    const outcomes = await Promise.all(many)
    const refused = outcomes.filter((outcome) => typeof outcome === 'object')
    assert.deepEqual(
      refused.map(({ code }) => code),
      Array(3).fill('ThrottlingException'),
    )
    assert.equal(await store.epoch(), REQUESTS_IN_FLIGHT_MAX)
  })

  holds('disposing answers what waits, and refuses what comes after', async (store) => {
    const waiting = store.commit([insertKey(keyOf(A))], anEvent())
    await store[Symbol.asyncDispose]()
    assert.equal(await waiting, 'committed')
    const late = await store.commit([insertKey(keyOf(B))], anEvent())
    assert.equal(typeof late === 'object' && late.code, 'KMSInternalException')
    await assert.rejects(store.putSetting('a', 'b'))
  })
}

export function outbox(holds: Holds): void {
  holds('events wait in order of commit until they are cleared', async (store) => {
    const events = Array.from({ length: 5 }, anEvent)
    await Promise.all(events.slice(0, 3).map((event) => store.commit([], event)))
    for (const event of events.slice(3)) await store.commit([], event)
    assert.deepEqual(await store.outbox(10), events)
    assert.deepEqual(await store.outbox(2), events.slice(0, 2))
    await store.clearOutbox([events[1]?.eventId ?? '', events[3]?.eventId ?? '', 'of nobody'])
    assert.deepEqual(await store.outbox(10), [events[0], events[2], events[4]])
    await store.clearOutbox([])
    assert.equal((await store.outbox(10)).length, 3)
  })

  holds('a commit without an event leaves none and takes an epoch all the same', async (store) => {
    assert.equal(await store.commit([insertKey(keyOf(A))]), 'committed')
    assert.deepEqual([await store.outbox(10), await store.epoch()], [[], 1])
    assert.equal(await store.commit([insertKey(keyOf(A))]), 'conflict')
  })

  holds('an event id waits once: the same again is a conflict and changes nothing', async (store) => {
    const event = anEvent()
    assert.equal(await store.commit([], event), 'committed')
    assert.equal(await store.commit([insertKey(keyOf(A))], event), 'conflict')
    assert.equal(await store.findKey(HOME, A), undefined)
  })
}

export function caching(holds: Holds): void {
  holds('what was not there is found as soon as it is committed', async (store) => {
    assert.equal(await store.findKey(HOME, A), undefined)
    assert.equal(await store.findMaterial(HOME.region, M1), undefined)
    const committed = store.commit(
      [{ kind: 'insert-key', key: keyOf(A), material: materialOf(keyOf(A), M1) }],
      anEvent(),
    )
    assert.equal(await store.findKey(HOME, A), undefined, 'nobody sees it before it is durable')
    await committed
    assert.equal((await store.findKey(HOME, A))?.keyId, A)
    assert.equal((await store.findMaterial(HOME.region, M1))?.keyId, A)
  })

  holds('a read after an update never answers the older key, and one during it never the newer', async (store) => {
    await put(store, insertKey(keyOf(A)))
    for (let revision = 2; revision < 50; revision++) {
      const commit = store.commit([{ kind: 'update-key', key: keyOf(A, { revision }) }], anEvent())
      assert.equal((await store.findKey(HOME, A))?.revision, revision - 1)
      await commit
      assert.equal((await store.findKey(HOME, A))?.revision, revision)
    }
  })

  holds('two reads of an unchanged key share one record', async (store) => {
    await put(store, insertKey(keyOf(A)), insertKey(keyOf(B)))
    const first = await store.findKey(HOME, A)
    await put(store, { kind: 'update-key', key: keyOf(B, { revision: 2 }) })
    assert.equal(await store.findKey(HOME, A), first)
  })
}
