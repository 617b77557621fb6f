import assert from 'node:assert/strict'
import type { Grant } from '../../src/domain/grant.ts'
import { GRANTS_PER_KEY_MAX } from '../../src/domain/limits.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import {
  anEvent,
  GRANTEE,
  grantOf,
  HOME,
  keyOf,
  OTHER_ACCOUNT,
  OTHER_REGION,
  parseGrantIdOf,
  parseKeyIdOf,
} from '../store/records.ts'

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

const A = parseKeyIdOf(0xa)
const B = parseKeyIdOf(0xb)
const SOMEBODY = 'arn:aws:iam::444455556666:user/somebody'

const make = (grant: Grant): Change => ({ kind: 'insert-grant', grant })
const unmake = (grant: Grant): Change => ({ kind: 'delete-grant', grant })

async function put(store: Store, ...changes: readonly Change[]): Promise<void> {
  assert.equal(await store.commit(changes, anEvent()), 'committed')
}

async function refuse(store: Store, ...changes: readonly Change[]): Promise<void> {
  assert.equal(await store.commit(changes, anEvent()), 'conflict')
}

const putKeys = (store: Store) =>
  put(store, { kind: 'insert-key', key: keyOf(A) }, { kind: 'insert-key', key: keyOf(B) })

/** What a store promises about grants. */
export function grants(holds: Holds): void {
  single(holds)
  same(holds)
  byGrantee(holds)
  lists(holds)
  bounds(holds)
}

function single(holds: Holds): void {
  const written: readonly Grant[] = [
    grantOf(1, A),
    grantOf(1, A, {
      name: 'nightly/run:1',
      retiringPrincipal: SOMEBODY,
      boundPrincipals: [{ arn: SOMEBODY, id: 'AIDA1' }],
      issuingAccount: OTHER_ACCOUNT.account,
      operations: ['Decrypt', 'CreateGrant', 'RetireGrant'],
      constraint: {
        kind: 'EncryptionContextEquals',
        pairs: new Map([
          ['__proto__', 'ü'],
          ['a', ''],
        ]),
      },
    }),
    grantOf(1, A, { constraint: { kind: 'EncryptionContextSubset', pairs: new Map() } }),
  ]
  for (const [i, grant] of written.entries())
    holds(`grant ${i} is read as it was written`, async (store) => {
      await putKeys(store)
      await put(store, make(grant))
      assert.deepEqual(await store.findGrant(HOME, A, grant.grantId), grant)
      assert.deepEqual(await store.findGrants(HOME, A, [GRANTEE]), [grant])
      assert.deepEqual(await store.listGrants(HOME, A, { limit: 9 }), [grant])
    })

  holds('a grant of a key that is not there, of a key elsewhere, or of an id in use is a conflict', async (store) => {
    await refuse(store, make(grantOf(1, A)))
    await putKeys(store)
    await put(store, make(grantOf(1, A)))
    await refuse(store, make(grantOf(2, parseKeyIdOf(9))))
    await refuse(store, make(grantOf(2, A, {}, OTHER_REGION)))
    await refuse(store, make(grantOf(1, A, { granteePrincipal: SOMEBODY })))
    assert.equal(await store.countGrants(HOME, A), 1)
    assert.deepEqual(await store.findGrants(HOME, A, [SOMEBODY]), [])
  })

  holds('a grant is deleted once, and only as that of its key', async (store) => {
    await putKeys(store)
    await put(store, make(grantOf(1, A)))
    await refuse(store, unmake(grantOf(1, B)))
    await refuse(store, unmake(grantOf(2, A)))
    await refuse(store, unmake(grantOf(1, A, {}, OTHER_ACCOUNT)))
    await put(store, unmake(grantOf(1, A)))
    await refuse(store, unmake(grantOf(1, A)))
    assert.equal(await store.findGrant(HOME, A, parseGrantIdOf(1)), undefined)
    assert.equal(await store.countGrants(HOME, A), 0)
  })

  holds('of two deletions of one grant in one turn exactly one wins', async (store) => {
    await putKeys(store)
    await put(store, make(grantOf(1, A)))
    const outcomes = await Promise.all([1, 2].map(() => store.commit([unmake(grantOf(1, A))], anEvent())))
    assert.deepEqual(outcomes, ['committed', 'conflict'])
    assert.equal(await store.countGrants(HOME, A), 0)
  })

  holds('a deleted key takes its grants along, and a new key of its id has none', async (store) => {
    await putKeys(store)
    await put(store, make(grantOf(1, A, { retiringPrincipal: SOMEBODY })), make(grantOf(2, B)))
    assert.equal((await store.findGrants(HOME, A, [GRANTEE])).length, 1)
    await put(store, { kind: 'delete-key', key: keyOf(A) })
    assert.deepEqual(await store.findGrants(HOME, A, [GRANTEE]), [])
    assert.deepEqual(await store.listRetirableGrants(HOME.region, SOMEBODY, { limit: 9 }), [])
    await put(store, { kind: 'insert-key', key: keyOf(A) })
    assert.deepEqual(await store.findGrants(HOME, A, [GRANTEE]), [])
    assert.equal(await store.countGrants(HOME, A), 0)
    assert.equal(await store.countGrants(HOME, B), 1)
    await put(store, make(grantOf(1, A)))
  })
}

function same(holds: Holds): void {
  const named = grantOf(1, A, {
    name: 'n',
    retiringPrincipal: SOMEBODY,
    constraint: {
      kind: 'EncryptionContextSubset',
      pairs: new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    },
  })
  const again = { ...named, grantId: parseGrantIdOf(2), createdAt: 5 }

  holds('a named grant is found by what it is, and cannot be made twice', async (store) => {
    await putKeys(store)
    assert.equal(await store.findSameGrant(named), undefined)
    await put(store, make(named))
    assert.deepEqual(await store.findSameGrant(again), named)
    await refuse(store, make(again))
    assert.equal(await store.countGrants(HOME, A), 1)
    await put(store, unmake(named))
    assert.equal(await store.findSameGrant(again), undefined)
    await put(store, make(again))
  })

  holds('of two grants that are the same in one turn one wins', async (store) => {
    await putKeys(store)
    const outcomes = await Promise.all([named, again].map((grant) => store.commit([make(grant)], anEvent())))
    assert.deepEqual(outcomes, ['committed', 'conflict'])
  })

  holds('the order of a constraint’s pairs makes no other grant', async (store) => {
    await putKeys(store)
    await put(store, make(named))
    const pairs = new Map([
      ['b', '2'],
      ['a', '1'],
    ])
    await refuse(store, make({ ...again, constraint: { kind: 'EncryptionContextSubset', pairs } }))
  })

  const { retiringPrincipal: _retiring, ...withoutRetiring } = again
  const { constraint: _constraint, ...withoutConstraint } = again
  const { name: _name, ...withoutName } = again
  const others: ReadonlyArray<readonly [string, Grant]> = [
    ['name', { ...again, name: 'm' }],
    ['name at all', withoutName],
    ['key', { ...again, keyId: B }],
    ['grantee', { ...again, granteePrincipal: SOMEBODY }],
    ['retiring principal', { ...again, retiringPrincipal: GRANTEE }],
    ['retiring principal at all', withoutRetiring],
    ['issuing account', { ...again, issuingAccount: OTHER_ACCOUNT.account }],
    ['operations', { ...again, operations: ['Encrypt'] }],
    ['kind of constraint', { ...again, constraint: { kind: 'EncryptionContextEquals', pairs: new Map([['a', '1']]) } }],
    ['constraint', { ...again, constraint: { kind: 'EncryptionContextSubset', pairs: new Map([['a', '2']]) } }],
    ['constraint at all', withoutConstraint],
  ]
  for (const [what, other] of others)
    holds(`a grant with another ${what}, or none, is another grant`, async (store) => {
      await putKeys(store)
      await put(store, make(named))
      assert.equal(await store.findSameGrant(other), undefined)
      await put(store, make(other))
    })

  holds('grants without a name are never the same', async (store) => {
    await putKeys(store)
    await put(store, make(grantOf(1, A)))
    assert.equal(await store.findSameGrant(grantOf(2, A)), undefined)
    await put(store, make(grantOf(2, A)))
    assert.equal(await store.countGrants(HOME, A), 2)
  })
}

function byGrantee(holds: Holds): void {
  holds('a caller’s grants are those of any of its names on that key, and nobody else’s', async (store) => {
    await putKeys(store)
    const root = 'arn:aws:iam::444455556666:root'
    await put(store, make(grantOf(1, A)), make(grantOf(2, A, { granteePrincipal: root })))
    await put(store, make(grantOf(3, A, { granteePrincipal: SOMEBODY })), make(grantOf(4, B)))
    const ids = async (...names: readonly string[]) =>
      (await store.findGrants(HOME, A, names)).map(({ grantId }) => Number.parseInt(grantId, 16))
    assert.deepEqual(await ids(GRANTEE), [1])
    assert.deepEqual(await ids(GRANTEE, root), [1, 2])
    assert.deepEqual(await ids('a', 'b', root, SOMEBODY), [2, 3])
    assert.deepEqual(await ids('a', 'b', 'c', 'd'), [])
    assert.deepEqual(await ids(GRANTEE.toLowerCase(), `${GRANTEE}*`, '%'), [])
    await assert.rejects(store.findGrants(HOME, A, ['a', 'b', 'c', 'd', 'e']), TypeError)
  })

  holds('what was found is found anew after every grant made or deleted, and only then', async (store) => {
    await putKeys(store)
    assert.deepEqual(await store.findGrants(HOME, A, [GRANTEE]), [])
    for (let n = 1; n < 20; n++) {
      const commit = store.commit([make(grantOf(n, A))], anEvent())
      assert.equal((await store.findGrants(HOME, A, [GRANTEE])).length, 0, 'nobody sees it before it is durable')
      await commit
      const found = await store.findGrants(HOME, A, [GRANTEE])
      assert.equal(found.length, 1)
      await put(store, { kind: 'update-key', key: keyOf(B, { revision: n + 1 }) }, make(grantOf(100 + n, B)))
      assert.equal(await store.findGrants(HOME, A, [GRANTEE]), found, 'another key’s grants change nothing')
      await put(store, unmake(grantOf(n, A)))
      assert.deepEqual(await store.findGrants(HOME, A, [GRANTEE]), [])
    }
  })

  holds('more callers of one key than are remembered all find their own', async (store) => {
    await putKeys(store)
    const names = Array.from({ length: 600 }, (_, n) => `${SOMEBODY}${n}`)
    for (const [n, granteePrincipal] of names.entries())
      if (n % 7 === 0) await put(store, make(grantOf(n, A, { granteePrincipal })))
    for (let round = 0; round < 2; round++)
      for (const [n, name] of names.entries())
        assert.equal((await store.findGrants(HOME, A, [name])).length, n % 7 === 0 ? 1 : 0)
  })
}

function lists(holds: Holds): void {
  holds('grants are listed in order of id, in pages that neither repeat nor miss one', async (store) => {
    await putKeys(store)
    const numbers = [5, 1, 0xff, 0x80, 0x7f, 3]
    for (const [i, n] of numbers.entries())
      await put(store, make(grantOf(n, A, i % 2 ? { granteePrincipal: SOMEBODY } : {})))
    await put(store, make(grantOf(2, B)))
    const listed: string[] = []
    for (let page = await store.listGrants(HOME, A, { limit: 4 }); page.length > 0; ) {
      listed.push(...page.map(({ grantId }) => grantId))
      page = await store.listGrants(HOME, A, { after: page.at(-1)?.grantId ?? parseGrantIdOf(0), limit: 4 })
    }
    assert.deepEqual(listed, numbers.map(parseGrantIdOf).toSorted())
    const of = { granteePrincipal: SOMEBODY, limit: 9 }
    assert.deepEqual(
      (await store.listGrants(HOME, A, { ...of, after: parseGrantIdOf(1) })).map(({ grantId }) => grantId),
      [3, 0x80].map(parseGrantIdOf),
    )
  })

  holds('retirable grants are those of every account in one Region', async (store) => {
    const at = [HOME, OTHER_ACCOUNT, OTHER_REGION]
    const retiringPrincipal = SOMEBODY
    for (const [n, scope] of at.entries()) {
      await put(store, { kind: 'insert-key', key: keyOf(A, {}, scope) })
      await put(store, make(grantOf(n, A, { retiringPrincipal }, scope)), make(grantOf(10 + n, A, {}, scope)))
    }
    const found = await store.listRetirableGrants(HOME.region, SOMEBODY, { limit: 9 })
    assert.deepEqual(found, [grantOf(0, A, { retiringPrincipal }), grantOf(1, A, { retiringPrincipal }, OTHER_ACCOUNT)])
    const rest = { after: parseGrantIdOf(0), limit: 9 }
    assert.deepEqual(await store.listRetirableGrants(HOME.region, SOMEBODY, rest), found.slice(1))
    assert.deepEqual(await store.listRetirableGrants(HOME.region, SOMEBODY, { limit: 1 }), found.slice(0, 1))
    assert.deepEqual(await store.listRetirableGrants(HOME.region, GRANTEE, { limit: 9 }), [])
  })
}

function bounds(holds: Holds): void {
  holds(`a key has ${GRANTS_PER_KEY_MAX} grants and not one more, however they are made`, async (store) => {
    await putKeys(store)
    const room = 3
    for (let n = 1; n <= GRANTS_PER_KEY_MAX - room; ) {
      const changes: Change[] = []
      for (; changes.length < 1_000 && n <= GRANTS_PER_KEY_MAX - room; n++) changes.push(make(grantOf(n, A)))
      await put(store, ...changes)
    }
    assert.equal(await store.countGrants(HOME, A), GRANTS_PER_KEY_MAX - room)
    const late = Array.from({ length: room + 2 }, (_, n) => make(grantOf(1_000_000 + n, A)))
    const outcomes = await Promise.all(late.map((change) => store.commit([change], anEvent())))
    assert.deepEqual(outcomes, [...Array(room).fill('committed'), 'conflict', 'conflict'])
    assert.equal(await store.countGrants(HOME, A), GRANTS_PER_KEY_MAX)
    await put(store, make(grantOf(1, B)))
    await put(store, unmake(grantOf(1, A)), make(grantOf(2_000_000, A)))
    await put(store, { kind: 'delete-key', key: keyOf(A) })
    assert.equal(await store.countGrants(HOME, B), 1)
  })
}
