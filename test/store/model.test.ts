import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isError } from '../../src/domain/error.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { commitTo, EMPTY_MODEL, grantName, type Model, nameIn } from './model.ts'
import {
  aliasOf,
  anEvent,
  dutyOf,
  GRANTEE,
  grantOf,
  HOME,
  keyOf,
  materialOf,
  OTHER_ACCOUNT,
  OTHER_REGION,
  parseAliasNameOf,
  parseKeyIdOf,
  parseMaterialIdOf,
} from './records.ts'

/** So few names that commits meet each other all the time. */
const SCOPES = [HOME, OTHER_REGION, OTHER_ACCOUNT]
const KEY_IDS = [1, 2, 3].map(parseKeyIdOf)
const MATERIAL_IDS = [1, 2, 3].map(parseMaterialIdOf)
const NAMES = ['a', 'b', 'c']

const target = fc.record({ scope: fc.constantFrom(...SCOPES), keyId: fc.constantFrom(...KEY_IDS) })
const key = fc
  .record({
    at: target,
    revision: fc.integer({ min: 1, max: 4 }),
    materialId: fc.option(fc.constantFrom(...MATERIAL_IDS)),
  })
  .map(({ at, revision, materialId }) =>
    keyOf(at.keyId, { revision, ...(materialId === null ? {} : { currentMaterialId: materialId }) }, at.scope),
  )
const material = fc.tuple(key, fc.constantFrom(...MATERIAL_IDS)).map(([of, id]) => materialOf(of, id))
const alias = fc
  .tuple(target, fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 2 }))
  .map(([{ scope, keyId }, name, updatedAt]) => aliasOf(name, keyId, { updatedAt }, scope))
const duty = fc
  .tuple(target, fc.integer({ min: 1, max: 9 }))
  .map(([{ scope, keyId }, dueAt]) => dutyOf(keyId, dueAt, scope))
/** So few names, operations and ids that grants are often the same in part or whole. */
const grant = fc
  .tuple(
    target,
    fc.integer({ min: 1, max: 4 }),
    fc.option(fc.constantFrom(...NAMES)),
    fc.constantFrom(GRANTEE, 'arn:aws:iam::444455556666:root'),
    fc.option(fc.constant(GRANTEE)),
  )
  .map(([{ scope, keyId }, n, name, granteePrincipal, retiring]) => {
    const optional = {
      ...(name === null ? {} : { name }),
      ...(retiring === null ? {} : { retiringPrincipal: retiring }),
    }
    return grantOf(n, keyId, { granteePrincipal, ...optional }, scope)
  })

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: key.map((of): Change => ({ kind: 'insert-key', key: of })) },
  fc
    .tuple(key, fc.constantFrom(...MATERIAL_IDS))
    .map(([of, id]): Change => ({ kind: 'insert-key', key: of, material: materialOf(of, id) })),
  { weight: 3, arbitrary: key.map((of): Change => ({ kind: 'update-key', key: of })) },
  key.map((of): Change => ({ kind: 'delete-key', key: of })),
  material.map((of): Change => ({ kind: 'insert-material', material: of })),
  { weight: 2, arbitrary: alias.map((of): Change => ({ kind: 'insert-alias', alias: of })) },
  fc.tuple(alias, target, fc.integer({ min: 1, max: 2 })).map(([was, { keyId }, updatedAt]): Change => {
    return { kind: 'update-alias', was, alias: { ...was, targetKeyId: keyId, updatedAt } }
  }),
  alias.map((of): Change => ({ kind: 'delete-alias', alias: of })),
  { weight: 2, arbitrary: grant.map((of): Change => ({ kind: 'insert-grant', grant: of })) },
  grant.map((of): Change => ({ kind: 'delete-grant', grant: of })),
  duty.map((of): Change => ({ kind: 'put-duty', duty: of })),
  duty.map((of): Change => ({ kind: 'delete-duty', duty: of })),
)
/** Commits of one turn of the event loop, turn after turn. */
const turns = fc.array(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }), {
  maxLength: 12,
})

async function assertSame(store: Store, model: Model): Promise<void> {
  assert.equal(await store.epoch(), model.epoch)
  for (const scope of SCOPES) {
    const within = <Value>(map: ReadonlyMap<string, Value>) =>
      [...map].filter(([name]) => name.startsWith(nameIn(scope, ''))).map(([, value]) => value)
    assert.equal(await store.countKeys(scope), within(model.keys).length)
    assert.deepEqual(
      await store.listKeys(scope, { limit: 9 }),
      within(model.keys)
        .map(({ keyId }) => keyId)
        .toSorted(),
    )
    for (const keyId of KEY_IDS) {
      const aliases = within(model.aliases).filter(({ targetKeyId }) => targetKeyId === keyId)
      assert.deepEqual(await store.findKey(scope, keyId), model.keys.get(nameIn(scope, keyId)))
      assert.equal(await store.countAliases(scope, keyId), aliases.length)
      assert.equal((await store.listAliases(scope, { limit: 9, targetKeyId: keyId })).length, aliases.length)
      const grants = within(model.grants)
        .filter((of) => of.keyId === keyId)
        .toSorted((a, b) => (grantName(a) < grantName(b) ? -1 : 1))
      assert.deepEqual(await store.listGrants(scope, keyId, { limit: 99 }), grants)
      assert.equal(await store.countGrants(scope, keyId), grants.length)
      assert.deepEqual(
        await store.findGrants(scope, keyId, [GRANTEE]),
        grants.filter((of) => of.granteePrincipal === GRANTEE),
      )
    }
    for (const name of NAMES.map(parseAliasNameOf))
      assert.deepEqual(await store.findAlias(scope, name), model.aliases.get(nameIn(scope, name)))
    for (const id of MATERIAL_IDS)
      assert.deepEqual(await store.findMaterial(scope.region, id), model.materials.get(`${scope.region} ${id}`))
  }
  const due = await store.dueDuties(9, 99)
  assert.deepEqual(new Set(due), new Set(model.duties.values()))
  assert.deepEqual(
    due.map(({ dueAt }) => dueAt),
    due.map(({ dueAt }) => dueAt).toSorted(),
  )
}

test('any commits in any order answer and leave what the model says', async () => {
  const seen = { committed: 0, conflict: 0 }
  await fc.assert(
    fc.asyncProperty(turns, async (history) => {
      const opened = await openSqliteStore({ path: ':memory:' })
      assert.ok(!isError(opened))
      await using store = opened
      let model = EMPTY_MODEL
      for (const turn of history) {
        const outcomes = await Promise.all(turn.map((changes) => store.commit(changes, anEvent())))
        for (const [i, changes] of turn.entries()) {
          const next = commitTo(model, changes)
          assert.equal(outcomes[i], next === 'conflict' ? 'conflict' : 'committed')
          seen[next === 'conflict' ? 'conflict' : 'committed']++
          if (next !== 'conflict') model = next
        }
        await assertSame(store, model)
      }
    }),
    { numRuns: 150 },
  )
  // Both must have been met often, or the comparison says little.
  assert.ok(seen.committed > 200 && seen.conflict > 200, JSON.stringify(seen))
})
