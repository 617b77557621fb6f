import assert from 'node:assert/strict'
import { parsePrincipalArn } from '../../src/domain/arn.ts'
import type { Entity, IamGroup, IamUser, ManagedPolicy } from '../../src/domain/iam.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import { accessKeyOf, anEvent, HOME, OTHER_ACCOUNT } from '../store/records.ts'

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

const { account } = HOME

const base = (id: string, name: string) => ({
  account,
  id,
  name,
  path: '/',
  arn: parsePrincipalArn(`arn:aws:iam::${account}:x/${name}`),
  revision: 1,
  createdAt: 1_700_000_000_000,
  tags: [],
})

function userOf(name: string, over: Partial<IamUser> = {}): IamUser {
  const held = { inlinePolicies: [], attachedPolicies: [], groups: [], mfaDevices: [] }
  return { ...base(`AIDA${name}`, name), kind: 'user', ...held, ...over }
}

const groupOf = (name: string): IamGroup => ({
  ...base(`AGPA${name}`, name),
  kind: 'group',
  inlinePolicies: [],
  attachedPolicies: [],
})

const policyOf = (name: string): ManagedPolicy => ({
  ...base(`ANPA${name}`, name),
  kind: 'policy',
  updatedAt: 0,
  versions: [{ number: 1, document: '{}', createdAt: 0 }],
  defaultVersion: 1,
  lastVersion: 1,
})

const insert = (entity: Entity): Change => ({ kind: 'insert-entity', entity })
const update = (entity: Entity, was?: string): Change => ({
  kind: 'update-entity',
  entity: { ...entity, revision: entity.revision + 1 },
  ...(was === undefined ? {} : { was }),
})
const remove = (entity: Entity): Change => ({ kind: 'delete-entity', entity })

async function commits(store: Store, outcome: 'committed' | 'conflict', ...changes: readonly Change[]): Promise<void> {
  assert.equal(await store.commit(changes, anEvent()), outcome)
}

/** What a store promises about principals, their policies and their access keys. */
export function principals(holds: Holds): void {
  entities(holds)
  references(holds)
  accessKeys(holds)
}

function entities(holds: Holds): void {
  holds('an entity is found by name in any case and by id', async (store) => {
    const dana = userOf('Dana')
    await commits(store, 'committed', insert(dana))
    assert.deepEqual(await store.findEntity(account, 'user', 'dANA'), dana)
    assert.deepEqual(await store.findEntityById(account, 'user', dana.id), dana)
    assert.equal(await store.findEntity(account, 'group', 'Dana'), undefined)
    assert.equal(await store.findEntity(OTHER_ACCOUNT.account, 'user', 'Dana'), undefined)
    assert.equal(await store.findEntityById(account, 'user', 'AIDA'), undefined)
  })

  holds('a name is given once in a kind and an account, in whatever case', async (store) => {
    await commits(store, 'committed', insert(userOf('Dana')), insert({ ...groupOf('Dana') }))
    await commits(store, 'conflict', insert({ ...userOf('dana'), id: 'AIDAOTHER' }))
    await commits(store, 'committed', insert({ ...userOf('dana'), account: OTHER_ACCOUNT.account }))
  })

  holds('an entity changes only from the revision that was read, and keeps its id', async (store) => {
    const dana = userOf('dana')
    await commits(store, 'committed', insert(dana))
    await commits(store, 'committed', update(dana))
    await commits(store, 'conflict', update(dana))
    await commits(store, 'conflict', update({ ...dana, revision: 2, id: 'AIDAOTHER' }))
    await commits(store, 'conflict', remove(dana))
    await commits(store, 'committed', update({ ...dana, revision: 2, name: 'dora' }, 'dana'))
    assert.equal(await store.findEntity(account, 'user', 'dana'), undefined)
    assert.equal((await store.findEntityById(account, 'user', dana.id))?.name, 'dora')
  })

  holds('entities are listed in order of name without regard to case', async (store) => {
    await commits(store, 'committed', ...['b', 'A', 'c'].map((name) => insert(userOf(name))))
    const names = async (page: { readonly after?: string; readonly limit: number }) =>
      (await store.listEntities(account, 'user', page)).map(({ name }) => name)
    assert.deepEqual(await names({ limit: 2 }), ['A', 'b'])
    assert.deepEqual(await names({ limit: 2, after: 'B' }), ['c'])
    assert.equal(await store.countEntities(account, 'user'), 3)
    assert.equal(await store.countEntities(account, 'role'), 0)
  })

  holds('the version of an account moves with every change of its principals, and with no other', async (store) => {
    const before = store.iamVersion(account)
    await commits(store, 'committed', insert({ ...userOf('x'), account: OTHER_ACCOUNT.account }))
    assert.equal(store.iamVersion(account), before)
    await commits(store, 'committed', insert(userOf('dana')))
    const after = store.iamVersion(account)
    assert.notEqual(after, before)
    await commits(store, 'conflict', insert(userOf('dana')))
    assert.equal(store.iamVersion(account), after)
    await commits(store, 'committed', remove(userOf('dana')))
    assert.notEqual(store.iamVersion(account), after)
  })
}

function references(holds: Holds): void {
  holds('nothing refers to what is not there, and what is referred to stays', async (store) => {
    const [policy, group] = [policyOf('p'), groupOf('g')]
    const dana = userOf('dana', { attachedPolicies: [policy.arn], groups: [group.id] })
    await commits(store, 'conflict', insert(dana))
    await commits(store, 'committed', insert(policy), insert(group), insert(dana))
    await commits(store, 'conflict', remove(policy))
    await commits(store, 'conflict', remove(group))
    const free = { ...dana, attachedPolicies: [], groups: [] }
    await commits(store, 'committed', update(free))
    await commits(
      store,
      'conflict',
      update({ ...free, revision: 2, boundary: 'arn:aws:iam::111122223333:policy/none' }),
    )
    await commits(store, 'committed', remove(policy), remove(group))
    const managed = userOf('managed', { attachedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'] })
    await commits(store, 'committed', insert(managed))
  })

  holds('who refers to an entity is listed and counted, under new names too', async (store) => {
    const policy = policyOf('p')
    const users = ['b', 'A', 'c'].map((name) => userOf(name, { attachedPolicies: [policy.arn] }))
    await commits(store, 'committed', insert(policy), ...users.map(insert))
    const wanted = { account, target: policy.arn, usage: 'attached', kind: 'user' } as const
    const names = async (page: { readonly after?: string; readonly limit: number }) =>
      (await store.listReferrers(wanted, page)).map(({ name }) => name)
    assert.deepEqual(await names({ limit: 9 }), ['A', 'b', 'c'])
    assert.deepEqual(await names({ limit: 1, after: 'A' }), ['b'])
    assert.equal(await store.countReferrers(account, policy.arn, 'attached'), 3)
    assert.equal(await store.countReferrers(account, policy.arn, 'boundary'), 0)
    const [b] = users
    await commits(store, 'committed', update({ ...(b ?? assert.fail()), name: 'z' }, 'b'))
    assert.deepEqual(await names({ limit: 9 }), ['A', 'c', 'z'])
    await commits(store, 'committed', remove({ ...(b ?? assert.fail()), name: 'z', revision: 2 }))
    assert.equal(await store.countReferrers(account, policy.arn, 'attached'), 2)
  })
}

function accessKeys(holds: Holds): void {
  holds('access keys are listed by owner, switched and deleted', async (store) => {
    const own = { ...accessKeyOf('AKIAA'), account, userId: 'AIDA1' }
    const rootKey = { ...accessKeyOf('AKIAB'), account }
    await commits(
      store,
      'committed',
      { kind: 'insert-access-key', accessKey: own },
      { kind: 'insert-access-key', accessKey: rootKey },
    )
    assert.deepEqual(await store.listAccessKeys(account, 'AIDA1'), [own])
    assert.deepEqual(await store.listAccessKeys(account, undefined), [rootKey])
    assert.deepEqual(await store.findAccessKey('AKIAA'), own)
    const off = { ...own, status: 'Inactive' } as const
    await commits(store, 'committed', { kind: 'update-access-key', accessKey: off, was: 'Active' })
    assert.deepEqual(await store.findAccessKey('AKIAA'), off)
    await commits(store, 'conflict', { kind: 'update-access-key', accessKey: off, was: 'Active' })
    await commits(store, 'conflict', { kind: 'delete-access-key', accessKey: own })
    await commits(store, 'committed', { kind: 'delete-access-key', accessKey: off })
    assert.equal(await store.findAccessKey('AKIAA'), undefined)
  })
}
