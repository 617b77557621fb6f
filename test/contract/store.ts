import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Key } from '../../src/domain/key.ts'
import { REQUESTS_IN_FLIGHT_MAX } from '../../src/domain/limits.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import {
  accessKeyOf,
  aliasOf,
  anEvent,
  dutyOf,
  HOME,
  keyOf,
  materialOf,
  OTHER_ACCOUNT,
  OTHER_REGION,
  parseAliasNameOf,
  parseKeyIdOf,
  parseMaterialIdOf,
  parseMultiRegionIdOf,
} from '../store/records.ts'
import { customKeyStores, keysInStores } from './custom-key-stores.ts'
import { grants } from './grants.ts'
import { keyUsages } from './key-usages.ts'
import { principals } from './principals.ts'
import { sharedCommits } from './shared-commits.ts'

const A = parseKeyIdOf(0xa)
const B = parseKeyIdOf(0xb)
const M1 = parseMaterialIdOf(1)
const M2 = parseMaterialIdOf(2)

/** Commits and insists that it was accepted. */
export async function put(store: Store, ...changes: readonly Change[]): Promise<void> {
  assert.equal(await store.commit(changes, anEvent()), 'committed')
}

/** Commits, insists on a conflict, and that nothing at all has changed by it. */
async function refuse(store: Store, ...changes: readonly Change[]): Promise<void> {
  const before = [await store.epoch(), await store.outbox(1000)]
  assert.equal(await store.commit(changes, anEvent()), 'conflict')
  assert.deepEqual([await store.epoch(), await store.outbox(1000)], before)
}

const insertKey = (key: Key): Change => ({ kind: 'insert-key', key })

/**
 * Everything a store promises, as tests.
 *
 * @param open - a store that is empty and nobody else's.
 */
export function storeContract(name: string, open: () => Promise<Store>): void {
  const holds = (sentence: string, body: (store: Store) => Promise<void>) =>
    test(sentence, async () => {
      await using store = await open()
      await body(store)
    })
  describe(`store: ${name}`, () => {
    records(holds)
    publicKeys(holds)
    materials(holds)
    numbers(holds)
    conflicts(holds)
    pages(holds)
    isolation(holds)
    deletion(holds)
    grants(holds)
    principals(holds)
    groups(holds)
    outbox(holds)
    sharedCommits(holds)
    caching(holds)
    customKeyStores(holds)
    keysInStores(holds)
    keyUsages(holds)
  })
}

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

function records(holds: Holds): void {
  holds('a new store has nothing and stands at epoch 0', async (store) => {
    assert.equal(await store.findKey(HOME, A), undefined)
    assert.equal(await store.findAlias(HOME, parseAliasNameOf('a')), undefined)
    assert.equal(await store.findMaterial(HOME.region, M1), undefined)
    assert.equal(await store.findAccessKey('AKIAIOSFODNN7EXAMPLE'), undefined)
    assert.equal(await store.setting('format'), undefined)
    assert.equal(await store.nextDutyAt(), undefined)
    assert.deepEqual([await store.epoch(), await store.countKeys(HOME), await store.countAliases(HOME, A)], [0, 0, 0])
    assert.deepEqual([await store.outbox(10), await store.domainKeys(), await store.dueDuties(1e15, 10)], [[], [], []])
  })

  const keys: readonly Key[] = [
    keyOf(A),
    keyOf(A, { currentMaterialId: M1 }),
    keyOf(A, {
      revision: 7,
      description: 'für "uns" \u{1F511}',
      keySpec: 'HMAC_256',
      keyUsage: 'GENERATE_VERIFY_MAC',
      origin: 'EXTERNAL',
      manager: 'AWS',
      multiRegion: true,
      state: { name: 'PendingDeletion', deletionDate: 1_800_000_000_000 },
      policy: '{"Version":"2012-10-17"}',
      tags: [
        { TagKey: '', TagValue: '' },
        { TagKey: 'b', TagValue: 'x' },
      ],
      currentMaterialId: M2,
    }),
    keyOf(A, { state: { name: 'Disabled' } }),
    keyOf(A, {
      rotation: {
        schedule: { periodDays: 90, enabledAt: 1, nextRotationAt: 2 },
        onDemandCount: 3,
        onDemandStartedAt: 4,
      },
    }),
    keyOf(A, { state: { name: 'PendingReplicaDeletion', pendingWindowDays: 7 }, policy: '' }),
    keyOf(parseMultiRegionIdOf(0xfeed), { multiRegion: true }),
  ]
  for (const key of keys)
    holds(`a key ${JSON.stringify(key).slice(60, 110)}… is read as it was written`, async (store) => {
      await put(store, insertKey(key))
      assert.deepEqual(await store.findKey(HOME, key.keyId), key)
    })

  holds('material, alias, access key, domain key and setting are read as they were written', async (store) => {
    const material = materialOf(keyOf(A), M1, new Uint8Array(6000).fill(7))
    const alias = aliasOf('a', A, { createdAt: 5, updatedAt: 6 })
    const accessKey = accessKeyOf('AKIAIOSFODNN7EXAMPLE')
    const domainKey = { region: HOME.region, id: 'd1', createdAt: 3, wrapped: Uint8Array.of(1, 0, 255) }
    await put(store, { kind: 'insert-key', key: keyOf(A), material }, { kind: 'insert-alias', alias })
    await put(store, { kind: 'insert-access-key', accessKey })
    await store.insertDomainKey(domainKey)
    await store.putSetting('format', '1')
    await store.putSetting('format', '2')
    assert.deepEqual(await store.findMaterial(HOME.region, M1), material)
    assert.deepEqual(await store.findAlias(HOME, alias.name), alias)
    assert.deepEqual(await store.findAccessKey(accessKey.accessKeyId), accessKey)
    // Secrets of access keys belong to no Region, so their domain key names none.
    const globalKey = { region: 'aws-global', id: 'd2', createdAt: 4, wrapped: Uint8Array.of(2) }
    await store.insertDomainKey(globalKey)
    assert.deepEqual(new Set(await store.domainKeys()), new Set([domainKey, globalKey]))
    assert.equal(await store.setting('format'), '2')
  })

  holds('a domain key is never overwritten', async (store) => {
    const domainKey = { region: HOME.region, id: 'd1', createdAt: 3, wrapped: Uint8Array.of(1) }
    await store.insertDomainKey(domainKey)
    await assert.rejects(store.insertDomainKey({ ...domainKey, wrapped: Uint8Array.of(2) }))
    assert.deepEqual(await store.domainKeys(), [domainKey])
  })

  holds('what was read is frozen, because others read the same record', async (store) => {
    await put(store, insertKey(keyOf(A, { tags: [{ TagKey: 'k', TagValue: 'v' }] })))
    const key = await store.findKey(HOME, A)
    assert.ok(key !== undefined)
    for (const part of [key, key.state, key.tags, key.tags[0]]) assert.ok(Object.isFrozen(part))
  })
}

function publicKeys(holds: Holds): void {
  holds('the public key of a key pair is read as it was written, and symmetric material has none', async (store) => {
    const pair = { ...materialOf(keyOf(A), M1), publicKey: Uint8Array.of(0x30, 0, 255) }
    const secret = materialOf(keyOf(B), M2)
    await put(store, { kind: 'insert-key', key: keyOf(A), material: pair }, insertKey(keyOf(B)))
    await put(store, { kind: 'insert-material', material: secret })
    assert.deepEqual(await store.findMaterial(HOME.region, M1), pair)
    const found = await store.findMaterial(HOME.region, M2)
    assert.deepEqual(found, secret)
    assert.ok(found !== undefined && !('publicKey' in found))
  })
}

function materials(holds: Holds): void {
  const M3 = parseMaterialIdOf(3)
  const first = { ...materialOf(keyOf(A), M3), createdAt: 1 }
  const second = { ...materialOf(keyOf(A), M2), createdAt: 2, rotation: { date: 2, type: 'AUTOMATIC' } as const }
  const third = { ...materialOf(keyOf(A), M1), createdAt: 2, rotation: { date: 3, type: 'ON_DEMAND' } as const }
  const fill = (store: Store) =>
    put(
      store,
      { kind: 'insert-key', key: keyOf(A), material: first },
      { kind: 'insert-material', material: second },
      { kind: 'insert-material', material: third },
      { kind: 'insert-key', key: keyOf(B), material: materialOf(keyOf(B), parseMaterialIdOf(4)) },
    )

  holds("a key's materials are listed oldest first, as they were written, and nobody else's", async (store) => {
    await fill(store)
    assert.deepEqual(await store.listMaterials(HOME, A, { limit: 10 }), [first, third, second])
    assert.deepEqual(await store.findMaterial(HOME.region, M1), third)
    const found = await store.findMaterial(HOME.region, M3)
    assert.ok(found !== undefined && !('rotation' in found))
    for (const scope of [OTHER_ACCOUNT, OTHER_REGION])
      assert.deepEqual(await store.listMaterials(scope, A, { limit: 10 }), [])
    assert.deepEqual(await store.listMaterials(HOME, parseKeyIdOf(9), { limit: 10 }), [])
  })

  holds(
    'materials come in pages, also those of one instant, and without the first when they must be rotated',
    async (store) => {
      await fill(store)
      assert.deepEqual(await store.listMaterials(HOME, A, { limit: 2 }), [first, third])
      assert.deepEqual(await store.listMaterials(HOME, A, { limit: 2, after: third }), [second])
      assert.deepEqual(await store.listMaterials(HOME, A, { limit: 2, after: second }), [])
      assert.deepEqual(await store.listMaterials(HOME, A, { limit: 1, isRotated: true }), [third])
      assert.deepEqual(await store.listMaterials(HOME, A, { limit: 9, isRotated: true, after: third }), [second])
    },
  )

  holds('imported material is read as it was written, changed, destroyed and deleted', async (store) => {
    const imported = { ...first, imported: { description: 'text', validTo: 9, awaits: 'ROTATION' } as const }
    await put(store, { kind: 'insert-key', key: keyOf(A), material: imported })
    assert.deepEqual(await store.findMaterial(HOME.region, M3), imported)
    const rotated = { ...imported, rotation: { date: 5, type: 'ON_DEMAND' } as const, imported: {} }
    await put(store, { kind: 'update-material', material: rotated })
    assert.deepEqual(await store.findMaterial(HOME.region, M3), rotated)
    const destroyed = { ...materialOf(keyOf(A), M3, new Uint8Array()), createdAt: 1, imported: {} }
    await put(store, { kind: 'update-material', material: destroyed })
    assert.deepEqual(await store.listMaterials(HOME, A, { limit: 10 }), [destroyed])
    await put(store, { kind: 'delete-material', material: destroyed })
    assert.equal(await store.findMaterial(HOME.region, M3), undefined)
  })

  for (const kind of ['update-material', 'delete-material'] as const)
    holds(`${kind} of what is not there, or of another key, changes nothing`, async (store) => {
      await fill(store)
      await refuse(store, { kind, material: materialOf(keyOf(A), parseMaterialIdOf(9)) })
      await refuse(store, { kind, material: materialOf(keyOf(B), M1) })
      await refuse(store, { kind, material: materialOf(keyOf(A, {}, OTHER_REGION), M1) })
      assert.deepEqual(await store.findMaterial(HOME.region, M1), third)
    })

  holds('with a key go all its materials and all its duties, of each kind', async (store) => {
    await fill(store)
    await put(
      store,
      { kind: 'put-duty', duty: dutyOf(A, 5) },
      { kind: 'put-duty', duty: { ...dutyOf(A, 4), kind: 'rotate-key' } },
    )
    assert.deepEqual(await store.dueDuties(5, 10), [{ ...dutyOf(A, 4), kind: 'rotate-key' }, dutyOf(A, 5)])
    await put(store, { kind: 'delete-duty', duty: dutyOf(A, 5) })
    assert.deepEqual(await store.dueDuties(5, 10), [{ ...dutyOf(A, 4), kind: 'rotate-key' }])
    await put(store, { kind: 'delete-key', key: keyOf(A) })
    assert.deepEqual(await store.listMaterials(HOME, A, { limit: 10 }), [])
    assert.equal(await store.nextDutyAt(), undefined)
  })
}

function numbers(holds: Holds): void {
  holds('every change takes the next epoch, and what changes nothing takes none', async (store) => {
    await put(store, insertKey(keyOf(A)))
    assert.equal(await store.epoch(), 1)
    await store.putSetting('x', 'y')
    assert.equal(await store.epoch(), 2)
    await refuse(store, insertKey(keyOf(A)))
    await store.clearOutbox((await store.outbox(10)).map(({ eventId }) => eventId))
    assert.equal(await store.epoch(), 2)
  })

  holds('duties come due in order of time, are moved by another put and gone by a delete', async (store) => {
    for (const keyId of [A, B]) await put(store, insertKey(keyOf(keyId)), { kind: 'put-duty', duty: dutyOf(keyId, 50) })
    await put(store, { kind: 'put-duty', duty: dutyOf(A, 90) })
    assert.equal(await store.nextDutyAt(), 50)
    assert.deepEqual(await store.dueDuties(49, 10), [])
    assert.deepEqual(await store.dueDuties(50, 10), [dutyOf(B, 50)])
    assert.deepEqual(await store.dueDuties(90, 10), [dutyOf(B, 50), dutyOf(A, 90)])
    assert.deepEqual(await store.dueDuties(90, 1), [dutyOf(B, 50)])
    await put(store, { kind: 'delete-duty', duty: dutyOf(B, 0) })
    assert.equal(await store.nextDutyAt(), 90)
  })
}

function conflicts(holds: Holds): void {
  const alias = aliasOf('a', A)
  const taken: ReadonlyArray<readonly [string, readonly Change[]]> = [
    ['the id of an existing key', [insertKey(keyOf(A))]],
    [
      'a material id that the Region holds',
      [{ kind: 'insert-key', key: keyOf(parseKeyIdOf(1)), material: materialOf(keyOf(parseKeyIdOf(1)), M1) }],
    ],
    ['a material id that another account holds in the Region', [foreignKeyWith(M1)]],
    ['more material under an id that is taken', [{ kind: 'insert-material', material: materialOf(keyOf(B), M1) }]],
    [
      'material of a key that is not there',
      [{ kind: 'insert-material', material: materialOf(keyOf(parseKeyIdOf(9)), M2) }],
    ],
    ['an update from an older revision', [{ kind: 'update-key', key: keyOf(A, { revision: 1 }) }]],
    ['an update from a newer revision', [{ kind: 'update-key', key: keyOf(A, { revision: 3 }) }]],
    ['an update of a key that is not there', [{ kind: 'update-key', key: keyOf(parseKeyIdOf(9), { revision: 2 }) }]],
    ['an update in a Region that has no key', [{ kind: 'update-key', key: keyOf(A, { revision: 2 }, OTHER_REGION) }]],
    ['the deletion of another revision', [{ kind: 'delete-key', key: keyOf(A, { revision: 2 }) }]],
    ['the deletion of a key that is not there', [{ kind: 'delete-key', key: keyOf(parseKeyIdOf(9)) }]],
    ['the deletion of another account’s key', [{ kind: 'delete-key', key: keyOf(A, {}, OTHER_ACCOUNT) }]],
    ['an alias name that is taken', [{ kind: 'insert-alias', alias: aliasOf('a', B) }]],
    ['an alias of a key that is not there', [{ kind: 'insert-alias', alias: aliasOf('new', parseKeyIdOf(9)) }]],
    ['an alias of another Region’s key', [{ kind: 'insert-alias', alias: aliasOf('new', A, {}, OTHER_REGION) }]],
    ['an alias update from another target', [{ kind: 'update-alias', alias: aliasOf('a', A), was: aliasOf('a', B) }]],
    ['an alias update from another time', [{ kind: 'update-alias', alias, was: { ...alias, updatedAt: 999 } }]],
    [
      'an alias update to a key that is not there',
      [{ kind: 'update-alias', alias: aliasOf('a', parseKeyIdOf(9)), was: alias }],
    ],
    [
      'an update of an alias that is not there',
      [{ kind: 'update-alias', alias: aliasOf('z', A), was: aliasOf('z', A) }],
    ],
    ['the deletion of an alias with another target', [{ kind: 'delete-alias', alias: aliasOf('a', B) }]],
    ['the deletion of an alias from another time', [{ kind: 'delete-alias', alias: { ...alias, updatedAt: 1_001 } }]],
    ['the deletion of an alias that is not there', [{ kind: 'delete-alias', alias: aliasOf('z', A) }]],
    ['a duty of a key that is not there', [{ kind: 'put-duty', duty: dutyOf(parseKeyIdOf(9), 1) }]],
    ['an access key id that is taken', [{ kind: 'insert-access-key', accessKey: accessKeyOf('AKIA0') }]],
  ]
  const base: readonly Change[] = [
    { kind: 'insert-key', key: keyOf(A, { currentMaterialId: M1 }), material: materialOf(keyOf(A), M1) },
    insertKey(keyOf(B)),
    { kind: 'insert-alias', alias },
    { kind: 'insert-access-key', accessKey: accessKeyOf('AKIA0') },
  ]
  for (const [what, changes] of taken)
    holds(`${what} is a conflict, and nothing that came with it is kept`, async (store) => {
      await put(store, ...base)
      const extra = keyOf(parseKeyIdOf(7))
      await refuse(store, insertKey(extra), ...changes)
      await refuse(store, ...changes, insertKey(extra))
      assert.equal(await store.findKey(HOME, extra.keyId), undefined)
      assert.equal(await store.countKeys(HOME), 2)
      assert.deepEqual(await store.findAlias(HOME, alias.name), alias)
    })

  holds('an update from the stored revision replaces the key', async (store) => {
    await put(store, ...base)
    const next = keyOf(A, { revision: 2, state: { name: 'Disabled' }, currentMaterialId: M2 })
    await put(store, { kind: 'update-key', key: next }, { kind: 'insert-material', material: materialOf(next, M2) })
    assert.deepEqual(await store.findKey(HOME, A), next)
    assert.deepEqual((await store.findMaterial(HOME.region, M1))?.keyId, A)
    assert.deepEqual((await store.findMaterial(HOME.region, M2))?.keyId, A)
  })

  holds('an alias moves to another key and goes', async (store) => {
    await put(store, ...base)
    const moved = { ...alias, targetKeyId: B, updatedAt: 2_000 }
    await put(store, { kind: 'update-alias', alias: moved, was: alias })
    assert.deepEqual(await store.findAlias(HOME, alias.name), moved)
    assert.deepEqual([await store.countAliases(HOME, A), await store.countAliases(HOME, B)], [0, 1])
    await put(store, { kind: 'delete-alias', alias: moved })
    assert.equal(await store.findAlias(HOME, alias.name), undefined)
  })
}

function foreignKeyWith(materialId: typeof M1): Change {
  const key = keyOf(A, {}, OTHER_ACCOUNT)
  return { kind: 'insert-key', key, material: materialOf(key, materialId) }
}

function pages(holds: Holds): void {
  holds('keys are listed in order of id, in pages that neither repeat nor miss one', async (store) => {
    const ids = [0, 1, 9, 0xa0, 0xffffffff, 0x80000000].map(parseKeyIdOf)
    ids.push(parseMultiRegionIdOf(3), parseMultiRegionIdOf(0xf0))
    for (const keyId of ids.toReversed()) await put(store, insertKey(keyOf(keyId)))
    const listed: string[] = []
    for (let page = await store.listKeys(HOME, { limit: 3 }); page.length > 0; ) {
      listed.push(...page)
      page = await store.listKeys(HOME, { after: page[page.length - 1] ?? '', limit: 3 })
    }
    assert.deepEqual(listed, ids.toSorted())
    assert.equal(await store.countKeys(HOME), ids.length)
  })

  holds('a page goes on after a key that has been deleted', async (store) => {
    for (const n of [1, 2, 3]) await put(store, insertKey(keyOf(parseKeyIdOf(n))))
    await put(store, { kind: 'delete-key', key: keyOf(parseKeyIdOf(2)) })
    assert.deepEqual(await store.listKeys(HOME, { after: parseKeyIdOf(2), limit: 10 }), [parseKeyIdOf(3)])
  })

  holds('aliases are listed in byte order of name, of all keys or of one', async (store) => {
    await put(store, insertKey(keyOf(A)), insertKey(keyOf(B)))
    const names = ['Z', 'a', 'a-b', 'a/b', 'aB', 'a_b', 'b']
    for (const [i, name] of names.entries())
      await put(store, { kind: 'insert-alias', alias: aliasOf(name, i % 2 ? A : B) })
    const all = (await store.listAliases(HOME, { limit: 100 })).map(({ name }) => name)
    assert.deepEqual(all, names.map(parseAliasNameOf).toSorted())
    assert.deepEqual(
      (await store.listAliases(HOME, { after: 'alias/a-b', limit: 2 })).map(({ name }) => name),
      all.slice(all.indexOf(parseAliasNameOf('a-b')) + 1).slice(0, 2),
    )
    const ofA = await store.listAliases(HOME, { targetKeyId: A, limit: 100 })
    assert.deepEqual(
      ofA.map(({ name }) => name),
      ['alias/a', 'alias/a/b', 'alias/a_b'],
    )
    assert.deepEqual(await store.listAliases(HOME, { targetKeyId: A, after: 'alias/a/b', limit: 5 }), ofA.slice(2))
    assert.deepEqual([await store.countAliases(HOME, A), await store.countAliases(HOME, B)], [3, 4])
  })
}

function isolation(holds: Holds): void {
  holds('accounts and Regions do not see each other, even under one id and one name', async (store) => {
    const homes = [HOME, OTHER_REGION, OTHER_ACCOUNT]
    for (const [i, scope] of homes.entries()) {
      const key = keyOf(A, { description: `${i}` }, scope)
      await put(store, insertKey(key), { kind: 'insert-alias', alias: aliasOf('a', A, { updatedAt: i }, scope) })
    }
    await put(store, { kind: 'delete-key', key: keyOf(A, {}, OTHER_REGION) })
    assert.equal((await store.findKey(HOME, A))?.description, '0')
    assert.equal((await store.findKey(OTHER_ACCOUNT, A))?.description, '2')
    assert.equal(await store.findKey(OTHER_REGION, A), undefined)
    assert.equal((await store.findAlias(OTHER_ACCOUNT, parseAliasNameOf('a')))?.updatedAt, 2)
    assert.equal(await store.findAlias(OTHER_REGION, parseAliasNameOf('a')), undefined)
    for (const [i, scope] of homes.entries()) {
      const there = i === 1 ? 0 : 1
      assert.equal((await store.listKeys(scope, { limit: 10 })).length, there)
      assert.equal((await store.listAliases(scope, { limit: 10 })).length, there)
      assert.deepEqual([await store.countKeys(scope), await store.countAliases(scope, A)], [there, there])
    }
  })

  holds('one material id lives in several Regions, each with its own', async (store) => {
    for (const [i, scope] of [HOME, OTHER_REGION].entries()) {
      const key = keyOf(A, {}, scope)
      await put(store, { kind: 'insert-key', key, material: materialOf(key, M1, Uint8Array.of(i)) })
    }
    assert.deepEqual((await store.findMaterial(OTHER_REGION.region, M1))?.wrapped, Uint8Array.of(1))
    await put(store, { kind: 'delete-key', key: keyOf(A) })
    assert.equal(await store.findMaterial(HOME.region, M1), undefined)
    assert.deepEqual((await store.findMaterial(OTHER_REGION.region, M1))?.wrapped, Uint8Array.of(1))
  })
}

function deletion(holds: Holds): void {
  holds('a deleted key takes its materials, aliases and duties along and nobody else’s', async (store) => {
    for (const [keyId, materialId, name] of [
      [A, M1, 'a'],
      [B, M2, 'b'],
    ] as const) {
      const key = keyOf(keyId)
      await put(store, { kind: 'insert-key', key, material: materialOf(key, materialId) })
      await put(
        store,
        { kind: 'insert-alias', alias: aliasOf(name, keyId) },
        { kind: 'put-duty', duty: dutyOf(keyId, 5) },
      )
    }
    const older = materialOf(keyOf(A), parseMaterialIdOf(3))
    await put(store, { kind: 'insert-material', material: older })
    // Read once, so that the caches hold what goes.
    await Promise.all([
      store.findKey(HOME, A),
      store.findMaterial(HOME.region, M1),
      store.findAlias(HOME, parseAliasNameOf('a')),
    ])
    await put(store, { kind: 'delete-key', key: keyOf(A) })
    assert.equal(await store.findKey(HOME, A), undefined)
    assert.equal(await store.findMaterial(HOME.region, M1), undefined)
    assert.equal(await store.findMaterial(HOME.region, older.materialId), undefined)
    assert.equal(await store.findAlias(HOME, parseAliasNameOf('a')), undefined)
    assert.deepEqual(await store.dueDuties(100, 10), [dutyOf(B, 5)])
    assert.deepEqual(await store.listKeys(HOME, { limit: 10 }), [B])
    assert.equal((await store.findMaterial(HOME.region, M2))?.keyId, B)
    assert.equal((await store.findAlias(HOME, parseAliasNameOf('b')))?.targetKeyId, B)
  })

  holds('the id of a deleted key can be used again, and nothing of the old one shows', async (store) => {
    const key = keyOf(A, { description: 'old', currentMaterialId: M1 })
    await put(store, { kind: 'insert-key', key, material: materialOf(key, M1) })
    await store.findKey(HOME, A)
    await put(store, { kind: 'delete-key', key }, insertKey(keyOf(A, { description: 'new' })))
    assert.deepEqual(await store.findKey(HOME, A), keyOf(A, { description: 'new' }))
    assert.equal(await store.findMaterial(HOME.region, M1), undefined)
    assert.equal(await store.countKeys(HOME), 1)
  })
}

function groups(holds: Holds): void {
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

function outbox(holds: Holds): void {
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

function caching(holds: Holds): void {
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
