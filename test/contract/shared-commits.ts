import assert from 'node:assert/strict'
import type { Key } from '../../src/domain/key.ts'
import { EVENTS_PER_COMMIT_MAX } from '../../src/domain/limits.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import {
  anEvent,
  HOME,
  keyOf,
  materialOf,
  OTHER_REGION,
  parseMaterialIdOf,
  parseMultiRegionIdOf,
} from '../store/records.ts'

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

const MRK = parseMultiRegionIdOf(0xfeed)
const M1 = parseMaterialIdOf(1)
const RELATED = {
  multiRegion: true,
  related: { primary: OTHER_REGION.region, replicas: [HOME.region] },
  state: { name: 'Updating', primaryRegion: HOME.region },
} as const satisfies Partial<Key>

/** What a store promises for commits of several Regions and with several events. */
export function sharedCommits(holds: Holds): void {
  holds('a multi-Region key is read as it was written', async (store) => {
    const key = keyOf(MRK, RELATED)
    assert.equal(await store.commit([{ kind: 'insert-key', key }]), 'committed')
    assert.deepEqual(await store.findKey(HOME, MRK), key)
  })

  holds('changes of several Regions are one commit', async (store) => {
    const keys = [keyOf(MRK, RELATED), keyOf(MRK, RELATED, OTHER_REGION)]
    const made = keys.map((key): Change => ({ kind: 'insert-key', key, material: materialOf(key, M1) }))
    assert.equal(await store.commit(made), 'committed')
    const changed = keys.map((key): Change => ({ kind: 'update-key', key: { ...key, revision: 2 } }))
    assert.equal(await store.commit([...changed, ...changed]), 'conflict')
    assert.equal((await store.findKey(HOME, MRK))?.revision, 1)
    assert.equal(await store.commit(changed), 'committed')
    for (const scope of [HOME, OTHER_REGION]) {
      assert.equal((await store.findKey(scope, MRK))?.revision, 2)
      assert.equal((await store.findMaterial(scope.region, M1))?.region, scope.region)
    }
  })

  holds('several events of one commit wait in their order, between those of its neighbours', async (store) => {
    const events = Array.from({ length: EVENTS_PER_COMMIT_MAX + 2 }, anEvent)
    await Promise.all([
      store.commit([], events.slice(0, 1)),
      store.commit([], events.slice(1, -1)),
      store.commit([], events.slice(-1)),
    ])
    assert.deepEqual(await store.outbox(1000), events)
  })

  holds('events of a commit that met a conflict wait nowhere, and too many are a mistake', async (store) => {
    const event = anEvent()
    assert.equal(await store.commit([], [anEvent(), event, event]), 'conflict')
    const tooMany = Array.from({ length: EVENTS_PER_COMMIT_MAX + 1 }, anEvent)
    await assert.rejects(async () => store.commit([], tooMany), TypeError)
    assert.deepEqual(await store.outbox(1000), [])
  })
}
