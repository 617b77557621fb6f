import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Output } from '../../support/answer.ts'
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { ownAliases } from '../../support/own-aliases.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const keys = await Promise.all(Array.from({ length: 5 }, () => createKey(trent, caller)))
const keyIds = keys.map(({ KeyId }) => KeyId).sort()
const [KeyId = ''] = keyIds
for (const name of ['a', 'B', 'b', 'c/d', 'c'])
  await trent.ok('CreateAlias', { AliasName: `alias/${name}`, TargetKeyId: KeyId }, caller)
const names = ['alias/B', 'alias/a', 'alias/b', 'alias/c', 'alias/c/d']

async function pages(operation: string, input: object): Promise<readonly Output[]> {
  const all: Output[] = []
  for (let Marker: string | undefined; all.length < 20; ) {
    const page = await trent.ok(operation, { ...input, ...(Marker ? { Marker } : {}) }, caller)
    all.push(page)
    if (!page.Truncated) return all
    Marker = page.NextMarker
  }
  return all
}

for (const Limit of [1, 2, 3, 4, 5, 6, 1000])
  test(`pages of ${Limit} keys hold every key once, in order of key id`, async () => {
    const found = await pages('ListKeys', { Limit })
    assert.equal(found.length, Math.ceil(5 / Math.min(Limit, 5)))
    assert.ok(found.every((page) => page.Keys.length <= Limit))
    assert.deepEqual(
      found.flatMap((page) => page.Keys.map((entry) => entry.KeyId)),
      keyIds,
    )
    assert.deepEqual(
      found.map((page) => page.NextMarker === undefined),
      found.map((page) => !page.Truncated),
    )
  })

test('entries of ListKeys have id and ARN, and nothing else', async () => {
  const { Keys } = await trent.ok('ListKeys', {}, caller)
  assert.deepEqual(
    Keys,
    keys.map((key) => ({ KeyId: key.KeyId, KeyArn: key.Arn })).toSorted((a, b) => (a.KeyId < b.KeyId ? -1 : 1)),
  )
})

for (const filter of [{}, { KeyId }])
  test(`pages of aliases ${'KeyId' in filter ? 'of a key ' : ''}hold every alias once, in order of name`, async () => {
    for (const Limit of [1, 2, 5, 100]) {
      const found = await pages('ListAliases', { Limit, ...filter })
      assert.deepEqual(
        found.flatMap((page) => ownAliases(page.Aliases).map((entry) => entry.AliasName)),
        names,
      )
    }
  })

test('a key without aliases has none listed', async () => {
  assert.deepEqual(await trent.ok('ListAliases', { KeyId: keyIds[1] }, caller), { Aliases: [], Truncated: false })
})

test('a page holds 100 keys, 50 aliases and 50 tags unless told otherwise, and at most 100 aliases and 50 tags', async () => {
  const full = { account: newAccount() }
  const Tags = Array.from({ length: 50 }, (_, index) => ({ TagKey: `t${index}`, TagValue: '' }))
  const made = await Promise.all(Array.from({ length: 101 }, () => createKey(trent, full)))
  const tagged = await createKey(trent, full, { Tags })
  await Promise.all(
    made.map(({ KeyId: TargetKeyId }, index) =>
      trent.ok('CreateAlias', { AliasName: `alias/${index}`, TargetKeyId }, full),
    ),
  )
  const page = (operation: string, input: object = {}) => trent.ok(operation, input, full)
  assert.equal((await page('ListKeys')).Keys.length, 100)
  assert.equal((await page('ListKeys', { Limit: 1000 })).Keys.length, 102)
  assert.equal((await page('ListAliases')).Aliases.length, 50)
  assert.equal((await page('ListAliases', { Limit: 1000 })).Aliases.length, 100)
  assert.equal((await page('ListResourceTags', { KeyId: tagged.KeyId })).Tags.length, 50)
})

test('the policies of a key are the default one', async () => {
  assert.deepEqual(await trent.ok('ListKeyPolicies', { KeyId }, caller), { PolicyNames: ['default'], Truncated: false })
})

const MARKERS = ['a', '=', '%', 'AAAA====', '\u00ff', ' ', 'YQ==', '_', '-', 'a b'] as const
for (const [operation, input] of [
  ['ListKeys', {}],
  ['ListAliases', {}],
  ['ListResourceTags', { KeyId }],
] as const)
  test(`${operation} refuses markers that no page ended with`, async () => {
    for (const Marker of MARKERS)
      refusedWith(await trent.kms(operation, { ...input, Marker }, caller), 'InvalidMarkerException', null)
  })

test('a marker still works when its key is gone from the list', async () => {
  const { NextMarker } = await trent.ok('ListAliases', { Limit: 2 }, caller)
  await trent.ok('DeleteAlias', { AliasName: 'alias/a' }, caller)
  const { Aliases } = await trent.ok('ListAliases', { Marker: NextMarker }, caller)
  assert.deepEqual(
    ownAliases(Aliases).map((entry) => entry.AliasName),
    ['alias/b', 'alias/c', 'alias/c/d'],
  )
})
