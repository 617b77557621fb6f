import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createKey, encrypt } from '../../support/key.ts'
import { ownAliases } from '../../support/own-aliases.ts'
import { claim, newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const account = newAccount()
const here = { account, region: 'us-east-1' }
const key = await createKey(trent, here)
const blob = await encrypt(trent, key.KeyId, 'text', here)
await trent.ok('CreateAlias', { AliasName: 'alias/key', TargetKeyId: key.KeyId }, here)

const ELSEWHERE = [
  ['another Region', { account, region: 'eu-central-1' }],
  ['another account', { account: newAccount(), region: 'us-east-1' }],
] as const
for (const [name, there] of ELSEWHERE) {
  test(`${name} lists nothing of it`, async () => {
    assert.deepEqual(await trent.ok('ListKeys', {}, there), { Keys: [], Truncated: false })
    assert.deepEqual(ownAliases((await trent.ok('ListAliases', {}, there)).Aliases), [])
  })

  test(`${name} finds neither key id nor alias`, async () => {
    refusedWith(
      await trent.kms('DescribeKey', { KeyId: key.KeyId }, there),
      'NotFoundException',
      `Key 'arn:aws:kms:${there.region}:${there.account}:key/${key.KeyId}' does not exist`,
    )
    refusedWith(
      await trent.kms('DescribeKey', { KeyId: 'alias/key' }, there),
      'NotFoundException',
      `Alias arn:aws:kms:${there.region}:${there.account}:alias/key is not found.`,
    )
  })

  test(`${name} does not decrypt`, async () => {
    refusedWith(await trent.kms('Decrypt', { CiphertextBlob: blob }, there), 'AccessDeniedException')
    const own = await createKey(trent, there)
    refusedWith(
      await trent.kms('ReEncrypt', { CiphertextBlob: blob, DestinationKeyId: own.KeyId }, there),
      'AccessDeniedException',
    )
    const answer = await trent.kms('Decrypt', { CiphertextBlob: blob, KeyId: own.KeyId }, there)
    assert.ok(['IncorrectKeyException', 'InvalidCiphertextException'].includes(answer.code ?? ''), answer.text)
  })
}

const PARTITIONS = [
  ['us-east-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
] as const
for (const [region, partition] of PARTITIONS)
  test(`keys of ${region} are of partition ${partition}, their policies too`, async () => {
    const there = { account, region }
    const { Arn } = await createKey(trent, there)
    assert.match(Arn, new RegExp(`^arn:${partition}:kms:${region}:${account}:key/`))
    assert.match(
      (await trent.ok('GetKeyPolicy', { KeyId: Arn }, there)).Policy,
      new RegExp(`"arn:${partition}:iam::${account}:root"`),
    )
  })

test('the same custom id makes a key in each account and Region', async () => {
  const Tags = [{ TagKey: '_custom_id_', TagValue: '11111111-2222-4333-8444-555555555555' }]
  for (const there of [here, ...ELSEWHERE.map(([, caller]) => caller)]) {
    const made = await createKey(trent, there, { Tags })
    assert.ok(made.Arn.startsWith(`arn:aws:kms:${there.region}:${there.account}:`))
  }
})

test('a caller that names no account is of the default one', async () => {
  const { Arn } = await createKey(trent)
  assert.match(Arn, /^arn:aws:kms:us-east-1:000000000000:key\//)
})

for (const region of ['nowhere', '', 'US-EAST-1', 'us_east_1'])
  test(`'${region}' is no Region`, async () => {
    refusedWith(
      await trent.kms('ListKeys', {}, { account, region }),
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${region}'.`,
    )
  })

test('GetCallerIdentity tells the account that the credentials name', async () => {
  const outgoing = {
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  }
  const answer = await trent.send(claim(outgoing, account, 'us-east-1', 'sts'))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-type'], 'text/xml')
  for (const part of [
    `<Account>${account}</Account>`,
    `<Arn>arn:aws:iam::${account}:root</Arn>`,
    String(answer.headers['x-amzn-requestid']),
  ])
    assert.ok(answer.text.includes(part), answer.text)
})
