import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createKey } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const tag = (TagKey: string, TagValue = '') => ({ TagKey, TagValue })
const tags = (KeyId: string, ...Tags: readonly object[]) => trent.kms('TagResource', { KeyId, Tags }, caller)
const listed = async (KeyId: string) => (await trent.ok('ListResourceTags', { KeyId }, caller)).Tags

test('tags are added, overwritten by key and listed in order of their keys', async () => {
  const { KeyId } = await createKey(trent, caller, { Tags: [tag('b', '1')] })
  const answer = await tags(KeyId, tag('c', '2'), tag('a', '3'))
  assert.deepEqual([answer.status, answer.text], [200, ''])
  await tags(KeyId, tag('b', '4'))
  assert.deepEqual(await listed(KeyId), [tag('a', '3'), tag('b', '4'), tag('c', '2')])
})

test('tag keys are told apart by case and by every character', async () => {
  const { KeyId } = await createKey(trent, caller)
  const all = [tag('A'), tag('a'), tag('\u00e4'), tag('a\u0308'), tag(' a'), tag('\u{1f511}', '\u0000')]
  await tags(KeyId, ...all)
  assert.deepEqual(new Set((await listed(KeyId)).map(({ TagKey }) => TagKey)), new Set(all.map(({ TagKey }) => TagKey)))
})

test('untagging removes the named tags and ignores the others', async () => {
  const { KeyId } = await createKey(trent, caller, { Tags: [tag('a'), tag('b')] })
  const answer = await trent.kms('UntagResource', { KeyId, TagKeys: ['a', 'none'] }, caller)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  assert.deepEqual(await listed(KeyId), [tag('b')])
})

const RESERVED = 'Tags beginning with aws: are reserved'
const REFUSED = [
  [[tag('a'), tag('a', '2')], 'Duplicate tag keys'],
  [[tag('aws:a')], RESERVED],
  [[tag('AwS:a')], RESERVED],
  [[tag('aws:')], RESERVED],
  [Array.from({ length: 50 }, (_, index) => tag(`t${index}`)), 'Too many tags'],
] as const
for (const [given, message] of REFUSED)
  test(`TagResource refuses ${JSON.stringify(given).slice(0, 60)}: ${message}`, async () => {
    const { KeyId } = await createKey(trent, caller, { Tags: [tag('kept')] })
    refusedWith(await tags(KeyId, ...given), 'TagException', message)
    assert.deepEqual(await listed(KeyId), [tag('kept')])
  })

test('a full set of tags can still be overwritten', async () => {
  const { KeyId } = await createKey(trent, caller, { Tags: Array.from({ length: 50 }, (_, index) => tag(`t${index}`)) })
  assert.equal((await tags(KeyId, tag('t0', 'new'))).status, 200)
  refusedWith(await tags(KeyId, tag('t50')), 'TagException', 'Too many tags')
})

test('pages of tags hold every tag once', async () => {
  const { KeyId } = await createKey(trent, caller, { Tags: Array.from({ length: 7 }, (_, index) => tag(`t${index}`)) })
  const first = await trent.ok('ListResourceTags', { KeyId, Limit: 3 }, caller)
  const second = await trent.ok('ListResourceTags', { KeyId, Limit: 3, Marker: first.NextMarker }, caller)
  const third = await trent.ok('ListResourceTags', { KeyId, Limit: 3, Marker: second.NextMarker }, caller)
  assert.deepEqual(
    [first.Truncated, second.Truncated, third.Truncated, third.NextMarker],
    [true, true, false, undefined],
  )
  assert.deepEqual([...first.Tags, ...second.Tags, ...third.Tags], await listed(KeyId))
})

test('pages hold tags that are no Unicode text once, too', async () => {
  const Tags = ['\ud800', '\ud801', '\udfff', 'z'].map((TagKey) => tag(TagKey))
  const { KeyId } = await createKey(trent, caller, { Tags })
  const found: unknown[] = []
  for (let Marker: string | undefined; found.length < 9; ) {
    const page = await trent.ok('ListResourceTags', { KeyId, Limit: 1, Marker }, caller)
    found.push(...page.Tags)
    if (!page.Truncated) break
    Marker = page.NextMarker
  }
  assert.deepEqual(found, await listed(KeyId))
  assert.equal(found.length, 4)
})

test('a description is replaced, cleared and at most 8192 characters', async () => {
  const { KeyId } = await createKey(trent, caller, { Description: 'first' })
  const update = (Description: string) => trent.kms('UpdateKeyDescription', { KeyId, Description }, caller)
  for (const text of ['second', 'd'.repeat(8192), '\u0000\u{1f511} "', '']) {
    const answer = await update(text)
    assert.deepEqual([answer.status, answer.text], [200, ''])
    assert.equal((await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.Description, text)
  }
  refusedWith(await update('d'.repeat(8193)), 'ValidationException', /length less than or equal to 8192$/)
  assert.equal((await trent.ok('DescribeKey', { KeyId }, caller)).KeyMetadata.Description, '')
})
