import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  DisableKeyCommand,
  type GrantListEntry,
  ListGrantsCommand,
  type ListGrantsCommandInput,
  ListRetirableGrantsCommand,
  PutKeyPolicyCommand,
  paginateListGrants,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import { grant, makeKey, openAccount, refuses } from '../../support/grants.ts'
import { NO_KEY } from '../../support/key.ts'
import { startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const owner = openAccount(trent)
const keeper = openAccount(trent)
const elsewhere = openAccount(trent, owner.id, 'eu-central-1')
after(async () => {
  for (const { kms } of [owner, keeper, elsewhere]) kms.destroy()
  await trent.close()
})

const key = await makeKey(owner)
const other = await makeKey(owner)
const abroad = await makeKey(elsewhere)
const workers = ['role/a', 'role/b', 'user/c'].map((name) => `arn:aws:iam::${keeper.id}:${name}`)

/** Seven grants on the key: of the first worker three, of the others two each; every second may be retired by the keeper. */
const made = await Promise.all(
  Array.from({ length: 7 }, async (_, i) => {
    const GranteePrincipal = workers[i % 3] ?? ''
    const retiring = i % 2 === 0 ? { RetiringPrincipal: keeper.root } : {}
    const wanted = { KeyId: key.KeyId, GranteePrincipal, ...retiring, Operations: ['Decrypt' as const] }
    return { GranteePrincipal, isRetirable: i % 2 === 0, ...(await grant(owner, wanted)) }
  }),
)
const ON_OTHER = {
  GranteePrincipal: workers[0] ?? '',
  RetiringPrincipal: keeper.root,
  Operations: ['Decrypt' as const],
}
const onOther = await grant(owner, { KeyId: other.KeyId, ...ON_OTHER })
await grant(elsewhere, { KeyId: abroad.KeyId, ...ON_OTHER })

const idsOf = (entries: readonly { readonly GrantId?: string | undefined }[]) =>
  entries.map(({ GrantId }) => GrantId).toSorted()
const list = (input: Partial<ListGrantsCommandInput> = {}, by = owner) =>
  by.kms.send(new ListGrantsCommand({ KeyId: key.Arn, ...input }))
const listRetirable = (RetiringPrincipal: string, more: object = {}, by = keeper) =>
  by.kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal, ...more }))

for (const Limit of [1, 2, 3, 6, 7, 8, 100])
  test(`pages of ${Limit} hold every grant of the key once`, async () => {
    const found: GrantListEntry[] = []
    let pages = 0
    for await (const page of paginateListGrants({ client: owner.kms, pageSize: Limit }, { KeyId: key.KeyId })) {
      assert.ok((page.Grants?.length ?? 0) <= Limit)
      assert.equal(page.Truncated, page.NextMarker !== undefined)
      found.push(...(page.Grants ?? []))
      pages += 1
    }
    assert.equal(pages, Math.ceil(7 / Limit))
    assert.deepEqual(idsOf(found), idsOf(made))
    assert.ok(found.every(({ KeyId }) => KeyId === key.Arn))
  })

test('filters leave only what meets all of them', async () => {
  const [first] = made
  assert.ok(first)
  const of = (GranteePrincipal: string) => made.filter((each) => each.GranteePrincipal === GranteePrincipal)
  for (const GranteePrincipal of workers)
    assert.deepEqual(idsOf((await list({ GranteePrincipal })).Grants ?? []), idsOf(of(GranteePrincipal)))
  assert.deepEqual(idsOf((await list({ GrantId: first.GrantId })).Grants ?? []), [first.GrantId])
  const both = { GrantId: first.GrantId, GranteePrincipal: first.GranteePrincipal }
  assert.deepEqual(idsOf((await list(both)).Grants ?? []), [first.GrantId])
  assert.deepEqual((await list({ ...both, GranteePrincipal: workers[1] })).Grants, [])
  assert.deepEqual((await list({ GranteePrincipal: workers[0]?.toUpperCase() })).Grants, [])
  assert.deepEqual((await list({ GranteePrincipal: keeper.root })).Grants, [])
  assert.deepEqual((await list({ GrantId: onOther.GrantId })).Grants, [])
})

test('a page of one grantee goes on where it ended', async () => {
  const GranteePrincipal = workers[0] ?? ''
  const first = await list({ GranteePrincipal, Limit: 2 })
  const rest = await list({ GranteePrincipal, Limit: 2, Marker: first.NextMarker })
  assert.equal(rest.Truncated, false)
  assert.deepEqual(
    idsOf([...(first.Grants ?? []), ...(rest.Grants ?? [])]),
    idsOf(made.filter((each) => each.GranteePrincipal === GranteePrincipal)),
  )
})

test('a page goes on after a grant that has ended', async () => {
  const own = await makeKey(owner)
  const wanted = { KeyId: own.KeyId, GranteePrincipal: keeper.root, Operations: ['Decrypt' as const] }
  const ids = idsOf(await Promise.all([grant(owner, wanted), grant(owner, wanted), grant(owner, wanted)]))
  const { NextMarker } = await list({ KeyId: own.KeyId, Limit: 2 })
  await owner.kms.send(new RevokeGrantCommand({ KeyId: own.KeyId, GrantId: ids[1] }))
  const rest = await list({ KeyId: own.KeyId, Marker: NextMarker })
  assert.deepEqual(idsOf(rest.Grants ?? []), [ids[2]])
})

test('pages have 50 grants, and 100 at the most', async () => {
  const own = await makeKey(owner)
  const wanted = { KeyId: own.KeyId, GranteePrincipal: workers[0], RetiringPrincipal: owner.root }
  await Promise.all(Array.from({ length: 101 }, () => grant(owner, { ...wanted, Operations: ['Decrypt'] })))
  for (const [Limit, length] of [
    [undefined, 50],
    [1_000, 100],
  ] as const) {
    assert.equal((await list({ KeyId: own.KeyId, Limit })).Grants?.length, length)
    assert.equal((await listRetirable(owner.root, { Limit }, owner)).Grants?.length, length)
  }
})

const WRONG: ReadonlyArray<readonly [Partial<ListGrantsCommandInput>, string]> = [
  [{ Marker: 'nonsense' }, 'InvalidMarkerException'],
  [{ Marker: Buffer.from('alias/a', 'utf16le').toString('base64url') }, 'InvalidMarkerException'],
  [{ Marker: made[0]?.GrantId }, 'InvalidMarkerException'],
  [{ GrantId: 'x' }, 'InvalidGrantIdException'],
  [{ Limit: 0 }, 'ValidationException'],
  [{ Limit: 1_001 }, 'ValidationException'],
  [{ GranteePrincipal: 'not a name' }, 'ValidationException'],
  [{ KeyId: NO_KEY }, 'NotFoundException'],
  [{ KeyId: 'alias/a' }, 'InvalidArnException'],
]
for (const [input, name] of WRONG)
  test(`a list of grants with ${JSON.stringify(input)} is refused with ${name}`, () => refuses(list(input), name))

test('grants of a disabled key are listed', async () => {
  const own = await makeKey(owner)
  await grant(owner, { KeyId: own.KeyId, GranteePrincipal: keeper.root, Operations: ['Decrypt'] })
  await owner.kms.send(new DisableKeyCommand(own))
  assert.equal((await list({ KeyId: own.KeyId })).Grants?.length, 1)
})

test('another account lists grants of a key when its policy says so, and else learns nothing', async () => {
  await refuses(list({}, keeper), 'AccessDeniedException', /on this resource because the resource does not exist/)
  const own = await makeKey(owner)
  await grant(owner, { KeyId: own.KeyId, GranteePrincipal: keeper.root, Operations: ['Decrypt'] })
  const allow = (AWS: string, Action: string) => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*' })
  const Statement = [allow(owner.root, 'kms:*'), allow(keeper.root, 'kms:ListGrants')]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
  await owner.kms.send(new PutKeyPolicyCommand({ KeyId: own.KeyId, Policy }))
  assert.equal((await list({ KeyId: own.Arn }, keeper)).Grants?.length, 1)
})

test('retirable grants are those of one principal, of any account’s keys in the Region', async () => {
  const mine = await makeKey(keeper)
  const own = await grant(keeper, {
    KeyId: mine.KeyId,
    GranteePrincipal: owner.root,
    RetiringPrincipal: keeper.root,
    Operations: ['Decrypt'],
  })
  const expected = idsOf([...made.filter(({ isRetirable }) => isRetirable), onOther, own])
  const found: GrantListEntry[] = []
  for (let Marker: string | undefined; found.length < 20; ) {
    const page = await listRetirable(keeper.root, { Limit: 2, Marker })
    found.push(...(page.Grants ?? []))
    Marker = page.NextMarker
    if (!page.Truncated) break
  }
  assert.deepEqual(idsOf(found), expected)
  assert.deepEqual(new Set(found.map(({ KeyId }) => KeyId)), new Set([key.Arn, other.Arn, mine.Arn]))
  assert.ok(found.every((each) => each.RetiringPrincipal === keeper.root))
})

test('nobody lists what another account’s principals may retire', async () => {
  await refuses(listRetirable(keeper.root, {}, owner), 'AccessDeniedException')
  await refuses(listRetirable(workers[0] ?? '', {}, owner), 'AccessDeniedException')
})

test('a principal that may retire nothing has an empty list', async () => {
  const nobody = await listRetirable(`arn:aws:iam::${keeper.id}:user/nobody`)
  assert.deepEqual([nobody.Grants, nobody.Truncated, nobody.NextMarker], [[], false, undefined])
})

for (const [principal, name] of [
  [keeper.id, 'InvalidArnException'],
  ['s3.amazonaws.com', 'InvalidArnException'],
  ['a b', 'ValidationException'],
] as const)
  test(`a list of what ${principal} may retire is refused with ${name}`, () => refuses(listRetirable(principal), name))

test('a marker that is none is refused in the list of retirable grants, too', async () => {
  await refuses(listRetirable(keeper.root, { Marker: 'nonsense' }), 'InvalidMarkerException')
})
