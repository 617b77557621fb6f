import assert from 'node:assert/strict'
import type { KeyUsage } from '../../src/domain/key-usage.ts'
import type { Store } from '../../src/request/ports.ts'
import { anEvent, HOME, keyOf, OTHER_REGION, parseKeyIdOf } from '../store/records.ts'

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

const A = parseKeyIdOf(0xa)
const usageOf = (over: Partial<KeyUsage> = {}): KeyUsage => ({
  ...HOME,
  keyId: A,
  operation: 'Encrypt',
  usedAt: 1_700_000_000_000,
  eventId: 'event',
  requestId: 'request',
  ...over,
})

/** What a store promises about the last uses of keys. */
export function keyUsages(holds: Holds): void {
  holds('the last use of a key is the one that was put last, and takes no epoch', async (store) => {
    await store.commit([{ kind: 'insert-key', key: keyOf(A) }], anEvent())
    assert.equal(await store.findKeyUsage(HOME, A), undefined)
    const last = usageOf({ operation: 'Decrypt', usedAt: 1_600_000_000_000, eventId: 'e2', requestId: 'r2' })
    await store.putKeyUsages([usageOf()])
    await store.putKeyUsages([last])
    assert.deepEqual(await store.findKeyUsage(HOME, A), last)
    assert.equal(await store.findKeyUsage(OTHER_REGION, A), undefined)
    assert.equal(await store.epoch(), 1)
  })

  holds('a key that is not there has no use, and a deleted one takes its use along', async (store) => {
    await store.putKeyUsages([usageOf()])
    const key = keyOf(A)
    await store.commit([{ kind: 'insert-key', key }], anEvent())
    assert.equal(await store.findKeyUsage(HOME, A), undefined)
    await store.putKeyUsages([usageOf(), usageOf({ keyId: parseKeyIdOf(0xb) })])
    assert.equal(await store.commit([{ kind: 'delete-key', key }], anEvent()), 'committed')
    assert.equal(await store.findKeyUsage(HOME, A), undefined)
  })
}
