import assert from 'node:assert/strict'
import type { Change } from '../../src/request/ports.ts'
import {
  accessKeyOf,
  aliasOf,
  dutyOf,
  HOME,
  keyOf,
  materialOf,
  OTHER_ACCOUNT,
  OTHER_REGION,
  parseKeyIdOf,
} from '../store/records.ts'
import { A, B, type Holds, insertKey, M1, M2, put, refuse } from './holds.ts'

export function conflicts(holds: Holds): void {
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
