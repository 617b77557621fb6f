import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Key } from '../../src/domain/key.ts'
import type { Store } from '../../src/request/ports.ts'
import {
  accessKeyOf,
  aliasOf,
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
import { census } from './census.ts'
import { caching, groups, outbox } from './commits.ts'
import { conflicts } from './conflicts.ts'
import { customKeyStores, keysInStores } from './custom-key-stores.ts'
import { grants } from './grants.ts'
import { A, B, type Holds, insertKey, M1, M2, put, refuse } from './holds.ts'
import { keyUsages } from './key-usages.ts'
import { principals } from './principals.ts'
import { sharedCommits } from './shared-commits.ts'

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
    settings(holds)
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
    census(holds)
  })
}

function settings(holds: Holds): void {
  holds('a setting is put only over the value that it was computed from', async (store) => {
    const put = (value: string, was?: string) =>
      store.commit([{ kind: 'put-setting', name: 'quotas', value, ...(was === undefined ? {} : { was }) }])
    assert.equal(await put('1', '0'), 'conflict')
    assert.equal(await store.setting('quotas'), undefined)
    assert.equal(await put('1'), 'committed')
    assert.equal(await put('2'), 'conflict')
    assert.equal(await put('2', '1'), 'committed')
    assert.equal(await store.setting('quotas'), '2')
  })
}

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

  holds('keys that AWS manages are listed, and count for nothing', async (store) => {
    const managed = keyOf(A, { manager: 'AWS' })
    await put(store, insertKey(managed), insertKey(keyOf(B)))
    assert.deepEqual(await store.listKeys(HOME, { limit: 3 }), [A, B])
    assert.equal((await store.findKey(HOME, A))?.manager, 'AWS')
    assert.equal(await store.countKeys(HOME), 1)
    await put(store, { kind: 'delete-key', key: managed })
    assert.equal(await store.countKeys(HOME), 1)
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
