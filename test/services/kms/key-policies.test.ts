import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { refusedWith } from '../../support/answer.ts'
import { createKey, encrypt } from '../../support/key.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
after(() => trent.close())

const caller = { account: newAccount() }
const friend = { account: newAccount() }
const root = (account: string) => `arn:aws:iam::${account}:root`
const { KeyId } = await createKey(trent, caller)

const statement = (Principal: unknown, Action: unknown = 'kms:*', Effect = 'Allow') => ({
  Effect,
  Principal,
  Action,
  Resource: '*',
})
const policy = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const OWN = statement({ AWS: root(caller.account) })
const put = (Policy: string, more: object = {}) => trent.kms('PutKeyPolicy', { KeyId, Policy, ...more }, caller)
const get = async (key = KeyId) => (await trent.ok('GetKeyPolicy', { KeyId: key }, caller)).Policy

test('a key without a policy of its own shows the default one', async () => {
  const fresh = await createKey(trent, caller)
  assert.deepEqual(await trent.ok('GetKeyPolicy', { KeyId: fresh.KeyId }, caller), {
    Policy: [
      '{',
      '  "Version" : "2012-10-17",',
      '  "Id" : "key-default-1",',
      '  "Statement" : [ {',
      '    "Sid" : "Enable IAM User Permissions",',
      '    "Effect" : "Allow",',
      '    "Principal" : {',
      `      "AWS" : "${root(caller.account)}"`,
      '    },',
      '    "Action" : "kms:*",',
      '    "Resource" : "*"',
      '  } ]',
      '}',
    ].join('\n'),
    PolicyName: 'default',
  })
})

test('a policy comes back laid out, with its members in their order', async () => {
  const text = `{"Statement":[{"Resource":"*","Action":["kms:*"],"Principal":{"AWS":"${caller.account}"},"Effect":"Allow"}],"Version":"2012-10-17"}`
  const answer = await put(text)
  assert.deepEqual([answer.status, answer.text], [200, ''])
  const shown = await get()
  assert.match(shown, /^\{\n {2}"Statement" : \[ \{\n {4}"Resource" : "\*",\n {4}"Action" : "?\[? ?"kms:\*"/)
  assert.ok(shown.includes(`"AWS" : "${root(caller.account)}"`))
  assert.deepEqual(JSON.parse(shown), JSON.parse(text.replace(`"${caller.account}"`, `"${root(caller.account)}"`)))
})

test('CreateKey takes a policy', async () => {
  const made = await createKey(trent, caller, { Policy: policy(OWN, statement('*', 'kms:DescribeKey', 'Deny')) })
  assert.equal(JSON.parse(await get(made.KeyId)).Statement.length, 2)
  refusedWith(await trent.kms('DescribeKey', { KeyId: made.KeyId }, caller), 'AccessDeniedException')
})

const LOCKOUT = 'The new key policy will not allow you to update the key policy in the future.'
const MALFORMED = [
  ['{', /Json/],
  ['[]', /./],
  ['{"Version":"2012-10-17"}', /./],
  [policy(statement({ AWS: root(friend.account) })), LOCKOUT],
  [policy(statement({ AWS: root(caller.account) }, 'kms:Decrypt')), LOCKOUT],
  [policy(OWN, statement({ AWS: '*' }, 'kms:PutKeyPolicy', 'Deny')), LOCKOUT],
  [policy(statement({ AWS: 'nobody' })), 'Policy contains a statement with one or more invalid principals.'],
  [policy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), /./],
] as const
for (const [text, message] of MALFORMED)
  test(`PutKeyPolicy and CreateKey refuse ${text.slice(0, 90)}`, async () => {
    const before = await get()
    refusedWith(await put(text), 'MalformedPolicyDocumentException', message)
    refusedWith(await trent.kms('CreateKey', { Policy: text }, caller), 'MalformedPolicyDocumentException', message)
    assert.equal(await get(), before)
  })

test('a policy of more than 32768 bytes is refused', async () => {
  const padded = (bytes: number) => policy(OWN).padEnd(bytes, ' ')
  assert.equal((await put(padded(32_768))).status, 200)
  refusedWith(await put(padded(32_769)), 'LimitExceededException')
})

test('characters outside the model are refused', async () => {
  refusedWith(await put(policy(OWN, { ...OWN, Sid: '\u0100' })), 'ValidationException', /regular expression pattern/)
})

for (const [operation, code, message] of [
  ['GetKeyPolicy', 'NotFoundException', 'No such policy exists'],
  ['PutKeyPolicy', 'UnsupportedOperationException', 'Only default policy is supported'],
] as const)
  test(`${operation} knows no policy but the default one`, async () => {
    refusedWith(await trent.kms(operation, { KeyId, Policy: policy(OWN), PolicyName: 'other' }, caller), code, message)
  })

test('who bypasses the safety check may lock the account out, and then nobody gets in', async () => {
  const { KeyId: lost } = await createKey(trent, caller)
  const Policy = policy(statement({ AWS: root(caller.account) }, 'kms:DescribeKey'))
  await trent.ok('PutKeyPolicy', { KeyId: lost, Policy, BypassPolicyLockoutSafetyCheck: true }, caller)
  const answer = await trent.kms('Encrypt', { KeyId: lost, Plaintext: 'YQ==' }, caller)
  refusedWith(
    answer,
    'AccessDeniedException',
    `User: ${root(caller.account)} is not authorized to perform: kms:Encrypt on resource: arn:aws:kms:us-east-1:${caller.account}:key/${lost} because no resource-based policy allows the kms:Encrypt action`,
  )
  assert.match(answer.text, /"Message":/)
  refusedWith(await trent.kms('PutKeyPolicy', { KeyId: lost, Policy: policy(OWN) }, caller), 'AccessDeniedException')
  assert.equal((await trent.kms('DescribeKey', { KeyId: lost }, caller)).status, 200)
})

test('a policy is in force when PutKeyPolicy returns', async () => {
  const { KeyId: key } = await createKey(trent, caller)
  for (let round = 0; round < 5; round += 1) {
    await trent.ok('PutKeyPolicy', { KeyId: key, Policy: policy(OWN, statement('*', 'kms:Encrypt', 'Deny')) }, caller)
    refusedWith(
      await trent.kms('Encrypt', { KeyId: key, Plaintext: 'YQ==' }, caller),
      'AccessDeniedException',
      /with an explicit deny in a resource-based policy$/,
    )
    await trent.ok('PutKeyPolicy', { KeyId: key, Policy: policy(OWN) }, caller)
    await encrypt(trent, key, 'text', caller)
  }
})

test('a condition on the encryption context decides', async () => {
  const Condition = { StringEquals: { 'kms:EncryptionContext:purpose': 'test' } }
  const Policy = policy({ ...OWN, Action: 'kms:PutKeyPolicy' }, { ...OWN, Action: 'kms:Encrypt', Condition })
  const { KeyId: key } = await createKey(trent, caller, { Policy })
  const call = (EncryptionContext?: object) =>
    trent.kms('Encrypt', { KeyId: key, Plaintext: 'YQ==', ...(EncryptionContext && { EncryptionContext }) }, caller)
  assert.equal((await call({ purpose: 'test' })).status, 200)
  for (const context of [undefined, {}, { purpose: 'Test' }, { other: 'test' }])
    refusedWith(await call(context), 'AccessDeniedException')
})

test('an account that a key policy names may use the key, and only so far', async () => {
  const Policy = policy(OWN, statement({ AWS: root(friend.account) }))
  const shared = await createKey(trent, caller, { Policy })
  const blob = await encrypt(trent, shared.Arn, 'text', friend)
  assert.equal((await trent.ok('Decrypt', { CiphertextBlob: blob }, friend)).KeyId, shared.Arn)
  assert.equal((await trent.ok('DescribeKey', { KeyId: shared.Arn }, friend)).KeyMetadata.Arn, shared.Arn)
  refusedWith(await trent.kms('DescribeKey', { KeyId: shared.KeyId }, friend), 'NotFoundException')
  const managed = [
    ['DisableKey', { KeyId: shared.Arn }],
    ['GetKeyPolicy', { KeyId: shared.Arn }],
    ['ListAliases', { KeyId: shared.Arn }],
    ['ScheduleKeyDeletion', { KeyId: shared.Arn }],
    ['TagResource', { KeyId: shared.Arn, Tags: [] }],
    ['CreateAlias', { AliasName: 'alias/foreign', TargetKeyId: shared.Arn }],
  ] as const
  for (const [operation, input] of managed)
    refusedWith(await trent.kms(operation, input, friend), 'AccessDeniedException', /on this resource because/)
})

test("a ciphertext under another account's key tells nothing about that key", async () => {
  const own = await createKey(trent, caller)
  const blob = await encrypt(trent, own.KeyId, 'text', caller)
  const answer = await trent.kms('Decrypt', { CiphertextBlob: blob }, friend)
  refusedWith(
    answer,
    'AccessDeniedException',
    `User: ${root(friend.account)} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  )
  await trent.ok('DisableKey', { KeyId: own.KeyId }, caller)
  assert.equal((await trent.kms('Decrypt', { CiphertextBlob: blob }, friend)).text, answer.text)
})
