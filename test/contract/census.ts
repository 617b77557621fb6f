import assert from 'node:assert/strict'
import type { KeyStatesMark, Store } from '../../src/request/ports.ts'
import {
  dutyOf,
  HOME,
  keyOf,
  OTHER_ACCOUNT,
  OTHER_REGION,
  parseKeyIdOf,
  parseMultiRegionIdOf,
} from '../store/records.ts'
import { type Holds, insertKey, put } from './holds.ts'

const DISABLED = { state: { name: 'Disabled' } } as const
const PENDING = { state: { name: 'PendingDeletion', deletionDate: 5 } } as const

async function countAll(store: Store, limit: number): Promise<readonly (readonly [string, number])[]> {
  const counted = new Map<string, number>()
  let after: KeyStatesMark | undefined
  do {
    const page = await store.countKeyStates({ limit, ...(after ? { after } : {}) })
    for (const { region, state, count } of page.counts)
      counted.set(`${region} ${state}`, (counted.get(`${region} ${state}`) ?? 0) + count)
    after = page.next
  } while (after)
  return [...counted].sort()
}

/** What is counted for those who watch over the service. */
export function census(holds: Holds): void {
  holds('keys are counted by Region and state, once each, whatever the size of a page', async (store) => {
    assert.deepEqual(await countAll(store, 10), [])
    await put(
      store,
      insertKey(keyOf(parseKeyIdOf(1))),
      insertKey(keyOf(parseKeyIdOf(2), DISABLED)),
      insertKey(keyOf(parseKeyIdOf(3), { description: 'a record without a state' })),
      insertKey(keyOf(parseMultiRegionIdOf(1))),
      insertKey(keyOf(parseKeyIdOf(4), PENDING, OTHER_REGION)),
      insertKey(keyOf(parseKeyIdOf(5), {}, OTHER_ACCOUNT)),
      insertKey(keyOf(parseKeyIdOf(6), DISABLED, OTHER_ACCOUNT)),
    )
    const wanted = [
      [`${HOME.region} Disabled`, 2],
      [`${HOME.region} Enabled`, 4],
      [`${OTHER_REGION.region} PendingDeletion`, 1],
    ]
    for (const limit of [1, 2, 3, 7, 100]) assert.deepEqual(await countAll(store, limit), wanted, `pages of ${limit}`)
  })

  holds('keys whose material expires come soonest first, and other duties not', async (store) => {
    const ids = [1, 2, 3, 4].map(parseKeyIdOf)
    await put(store, ...ids.map((id) => insertKey(keyOf(id))))
    const [first, second, third, other] = ids
    assert.ok(first && second && third && other)
    const expiry = (id: typeof first, dueAt: number) =>
      ({ kind: 'put-duty', duty: { ...dutyOf(id, dueAt), kind: 'expire-material' } }) as const
    await put(store, expiry(first, 30), expiry(second, 10), expiry(third, 20), {
      kind: 'put-duty',
      duty: dutyOf(other, 1),
    })
    const found = await store.materialExpiries(2)
    assert.deepEqual(
      found.map(({ keyId, dueAt }) => [keyId, dueAt]),
      [
        [second, 10],
        [third, 20],
      ],
    )
  })
}
