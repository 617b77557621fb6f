import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createHmacKey, createKey, encrypt, NO_KEY } from '../../support/key.ts'
import { newAccount, REGION, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const key = await createKey(trent, caller)
const other = await createKey(trent, caller)
const hmacKey = await createHmacKey(trent, caller)
const aliasArn = (name: string) => `arn:aws:kms:${REGION}:${caller.account}:${name}`
const createAlias = (AliasName: string, TargetKeyId: string, by = caller) =>
  trent.kms('CreateAlias', { AliasName, TargetKeyId }, by)

test('a new alias names its key; creating answers nothing', async () => {
  const before = Date.now() / 1000
  const answer = await createAlias('alias/first', key.Arn)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  const [entry] = (await trent.ok('ListAliases', { KeyId: key.KeyId }, caller)).Aliases
  assert.ok(entry && entry.CreationDate >= before - 0.001)
  assert.deepEqual(entry, {
    AliasName: 'alias/first',
    AliasArn: aliasArn('alias/first'),
    TargetKeyId: key.KeyId,
    CreationDate: entry.CreationDate,
    LastUpdatedDate: entry.CreationDate,
  })
  assert.equal((await trent.ok('DescribeKey', { KeyId: 'alias/first' }, caller)).KeyMetadata.Arn, key.Arn)
})

const REFUSED = [
  [
    'first',
    'ValidationException',
    'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
  ],
  ['Alias/first', 'ValidationException', /^Alias must start with the prefix/],
  ['alias/', 'ValidationException', 'Invalid identifier'],
  ['alias/a:b', 'ValidationException', 'alias/a:b contains invalid characters for an alias'],
  ['alias/aws/s3', 'InvalidAliasNameException', null],
  ['alias/aws/', 'InvalidAliasNameException', null],
] as const
for (const [name, code, message] of REFUSED)
  for (const operation of ['CreateAlias', 'UpdateAlias', 'DeleteAlias'])
    test(`${operation} refuses the name ${name}`, async () => {
      const input = { AliasName: name, ...(operation === 'DeleteAlias' ? {} : { TargetKeyId: key.KeyId }) }
      refusedWith(await trent.kms(operation, input, caller), code, message)
    })

for (const name of [
  'alias/a',
  'alias/a/b/c',
  'alias/A',
  'alias/_-',
  `alias/${'a'.repeat(250)}`,
  'alias/awsome',
  'alias//',
])
  test(`${name.slice(0, 20)} is a name`, async () => {
    assert.equal((await createAlias(name, key.KeyId)).status, 200)
  })

test('a name that exists is refused, whatever its key', async () => {
  await createAlias('alias/taken', key.KeyId)
  for (const target of [key.KeyId, other.KeyId])
    refusedWith(
      await createAlias('alias/taken', target),
      'AlreadyExistsException',
      `An alias with the name ${aliasArn('alias/taken')} already exists`,
    )
})

test('the same name can be taken in another account', async () => {
  const neighbour = { account: newAccount() }
  await createAlias('alias/common', key.KeyId)
  assert.equal((await createAlias('alias/common', (await createKey(trent, neighbour)).KeyId, neighbour)).status, 200)
})

test('a key has 50 aliases and no more', async () => {
  const { KeyId, Arn } = await createKey(trent, caller)
  for (let i = 0; i < 50; i += 1)
    await trent.ok('CreateAlias', { AliasName: `alias/many/${i}`, TargetKeyId: KeyId }, caller)
  refusedWith(await createAlias('alias/many/50', KeyId), 'LimitExceededException', new RegExp(Arn))
  assert.equal((await createAlias('alias/many/50', other.KeyId)).status, 200)
  refusedWith(
    await trent.kms('UpdateAlias', { AliasName: 'alias/many/50', TargetKeyId: KeyId }, caller),
    'LimitExceededException',
  )
  await trent.ok('UpdateAlias', { AliasName: 'alias/many/1', TargetKeyId: KeyId }, caller)
  await trent.ok('DeleteAlias', { AliasName: 'alias/many/0' }, caller)
  assert.equal((await createAlias('alias/many/0', KeyId)).status, 200)
})

test('an alias moves to another key; its date of creation stays', async () => {
  await createAlias('alias/moving', key.KeyId)
  const blob = await encrypt(trent, 'alias/moving', 'text', caller)
  const answer = await trent.kms('UpdateAlias', { AliasName: 'alias/moving', TargetKeyId: other.Arn }, caller)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  const entries = (await trent.ok('ListAliases', { KeyId: other.KeyId }, caller)).Aliases
  const entry = entries.find(({ AliasName }) => AliasName === 'alias/moving')
  assert.equal(entry?.TargetKeyId, other.KeyId)
  assert.ok(entry.LastUpdatedDate > entry.CreationDate)
  assert.equal((await trent.ok('Decrypt', { CiphertextBlob: blob }, caller)).KeyId, key.Arn)
  refusedWith(
    await trent.kms('Decrypt', { CiphertextBlob: blob, KeyId: 'alias/moving' }, caller),
    'IncorrectKeyException',
  )
})

test('an alias does not move to a key of another class', async () => {
  await createAlias('alias/classed', key.KeyId)
  refusedWith(
    await trent.kms('UpdateAlias', { AliasName: 'alias/classed', TargetKeyId: hmacKey.KeyId }, caller),
    'ValidationException',
  )
  assert.equal((await trent.ok('DescribeKey', { KeyId: 'alias/classed' }, caller)).KeyMetadata.KeyId, key.KeyId)
})

for (const [operation, input] of [
  ['UpdateAlias', { TargetKeyId: key.KeyId }],
  ['DeleteAlias', {}],
] as const)
  test(`${operation} does not find a name that does not exist`, async () => {
    refusedWith(
      await trent.kms(operation, { AliasName: 'alias/none', ...input }, caller),
      'NotFoundException',
      `Alias ${aliasArn('alias/none')} is not found.`,
    )
  })

test('a deleted alias names nothing, and its key stays', async () => {
  await createAlias('alias/short', key.KeyId)
  const answer = await trent.kms('DeleteAlias', { AliasName: 'alias/short' }, caller)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  refusedWith(await trent.kms('DescribeKey', { KeyId: 'alias/short' }, caller), 'NotFoundException')
  refusedWith(await trent.kms('DeleteAlias', { AliasName: 'alias/short' }, caller), 'NotFoundException')
  assert.equal((await trent.ok('DescribeKey', { KeyId: key.KeyId }, caller)).KeyMetadata.KeyState, 'Enabled')
})

test('a key that does not exist gets no alias', async () => {
  refusedWith(await createAlias('alias/lost', NO_KEY), 'NotFoundException')
  refusedWith(await trent.kms('DeleteAlias', { AliasName: 'alias/lost' }, caller), 'NotFoundException')
})
