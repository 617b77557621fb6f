import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateGrantCommand, CreateKeyCommand, EncryptCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms'
import { controlCall } from '../../support/control.ts'
import { allow, clientsOf, newUser, policyText } from '../../support/principals.ts'
import { type Credentials, startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, kms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const rootArn = `arn:aws:iam::${trent.account}:root`
const owned = { Sid: 'account', Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' }
const denyAll = (Action: string, Condition?: object) => ({
  Effect: 'Deny',
  Principal: '*',
  Action,
  Resource: '*',
  ...(Condition ? { Condition } : {}),
})

async function newKey(...statements: readonly object[]): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(owned, ...statements) }))
  return KeyMetadata?.KeyId ?? ''
}

async function encrypt(credentials: Credentials, KeyId: string, EncryptionContext = {}): Promise<void> {
  const clients = clientsOf(trent, credentials)
  const command = new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext })
  await clients.kms.send(command).catch((cause) => assert.equal(cause.name, 'AccessDeniedException'))
  clients[Symbol.dispose]()
}

async function tested(KeyId: string, statements: readonly object[], more: object = {}) {
  const input = { KeyId, Policy: policyText(...statements), ...more }
  const answer = await controlCall(trent, trent.credentials, 'TestPolicy', input)
  assert.equal(answer.status, 200, JSON.stringify(answer))
  return answer.output
}

test('a draft like the policy in force flips nothing', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'same', allow('kms:Encrypt'))
  await encrypt(user, key)
  await encrypt(await newUser(iam, 'same-refused'), key)
  const { Replayed, Flips, Undecided, LocksOutCaller } = await tested(key, [owned])
  // CreateKey made the key and was decided about the account, so that it is not among them.
  assert.deepEqual(
    { Replayed, Flips, Undecided, LocksOutCaller },
    { Replayed: 2, Flips: [], Undecided: [], LocksOutCaller: false },
  )
})

test('a call that the draft would refuse flips, and so does one that it would allow', async () => {
  const key = await newKey()
  const allowed = await newUser(iam, 'flip-allowed', allow('kms:Encrypt'))
  const refused = await newUser(iam, 'flip-refused')
  await encrypt(allowed, key)
  await encrypt(refused, key)
  const draft = [
    { ...owned, Action: ['kms:PutKeyPolicy', 'kms:Get*'] },
    { Sid: 'use', Effect: 'Allow', Principal: { AWS: refused.arn }, Action: 'kms:Encrypt', Resource: '*' },
  ]
  const { Flips } = await tested(key, draft)
  assert.deepEqual(
    Flips.map(({ Principal, Was, Becomes, Why, IsOfDraft }) => ({ Principal, Was, Becomes, Why, IsOfDraft })),
    [
      {
        Principal: refused.arn,
        Was: 'refused',
        Becomes: 'allowed',
        Why: 'allowed by statement 2 ("use") of the key policy',
        IsOfDraft: true,
      },
      {
        Principal: allowed.arn,
        Was: 'allowed',
        Becomes: 'refused',
        Why: 'refused: no statement of the key policy admits the caller, and no grant does',
        IsOfDraft: true,
      },
    ],
  )
})

test('conditions are decided by what the event tells of the request', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'context', allow('kms:Encrypt'))
  await encrypt(user, key, { tenant: '42' })
  await encrypt(user, key, { tenant: '43' })
  await encrypt(user, key)
  const draft = [owned, denyAll('kms:Encrypt', { StringNotEquals: { 'kms:EncryptionContext:tenant': '42' } })]
  const { Replayed, Flips, Undecided } = await tested(key, draft)
  assert.deepEqual([Replayed, Flips.length, Undecided], [3, 2, []])
  const bySource = [owned, denyAll('kms:Encrypt', { NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })]
  assert.deepEqual((await tested(key, bySource)).Flips, [])
})

test('what the event does not tell is said, and only where the answer hangs on it', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'unknown', allow('kms:Encrypt'))
  await encrypt(user, key)
  const unrecorded = { StringEquals: { 'aws:SomethingNew': 'x' } }
  const hanging = await tested(key, [owned, denyAll('kms:Encrypt', unrecorded)])
  assert.deepEqual(hanging.Flips, [])
  assert.deepEqual(
    hanging.Undecided.map(({ Needs }) => Needs),
    [['aws:somethingnew']],
  )
  const irrelevant = await tested(key, [
    owned,
    { Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'kms:Encrypt', Resource: '*', Condition: unrecorded },
  ])
  assert.deepEqual([irrelevant.Flips, irrelevant.Undecided], [[], []])
})

test('what a policy asked for then is remembered for drafts', async () => {
  const asked = { StringEquals: { 'kms:RequestAlias': 'alias/none' } }
  const key = await newKey(denyAll('kms:Encrypt', asked))
  await encrypt(trent.credentials, key)
  const { Flips, Undecided } = await tested(key, [owned, denyAll('kms:Encrypt', asked)])
  assert.deepEqual([Flips, Undecided], [[], []])
})

test('a call that a grant allowed stays allowed, until the draft denies it', async () => {
  const key = await newKey()
  const grantee = await newUser(iam, 'grantee')
  await kms.send(new CreateGrantCommand({ KeyId: key, GranteePrincipal: grantee.arn, Operations: ['Encrypt'] }))
  await encrypt(grantee, key)
  assert.deepEqual((await tested(key, [owned])).Flips, [])
  assert.deepEqual(
    (await tested(key, [owned, denyAll('kms:Encrypt')])).Flips.map(({ Becomes }) => Becomes),
    ['refused'],
  )
})

test('an answer that changed since for another reason is told apart', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'lost', allow('kms:Encrypt'))
  await encrypt(user, key)
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'lost', PolicyName: 'inline' }))
  assert.deepEqual(
    (await tested(key, [owned])).Flips.map(({ IsOfDraft }) => IsOfDraft),
    [false],
  )
  await iam.send(
    new PutUserPolicyCommand({
      UserName: 'lost',
      PolicyName: 'inline',
      PolicyDocument: policyText(allow('kms:Encrypt')),
    }),
  )
  assert.deepEqual((await tested(key, [owned])).Flips, [])
})

test('calls of a user who is no more cannot be decided again', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'gone', allow('kms:Encrypt'))
  await encrypt(user, key)
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'gone', PolicyName: 'inline' }))
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'gone', AccessKeyId: user.accessKeyId }))
  await iam.send(new DeleteUserCommand({ UserName: 'gone' }))
  const { Undecided } = await tested(key, [owned])
  assert.deepEqual(
    Undecided.map(({ Needs }) => Needs),
    [['its principal, who is no more']],
  )
})

test('the newest calls are replayed, no more than asked for, and other keys not at all', async () => {
  const key = await newKey()
  const other = await newKey()
  const user = await newUser(iam, 'many', allow('kms:Encrypt'))
  for (let i = 0; i < 4; i++) await encrypt(user, i % 2 === 0 ? key : other)
  await encrypt(trent.credentials, key)
  const newest = await tested(key, [owned, denyAll('kms:Encrypt')], { Limit: 1 })
  assert.deepEqual([newest.Replayed, newest.Flips.map(({ Principal }) => Principal)], [1, [rootArn]])
  assert.equal((await tested(key, [owned])).Replayed, 3)
})

test('a draft under which nobody could change the policy is refused', async () => {
  const key = await newKey()
  const user = await newUser(iam, 'reader')
  for (const draft of [
    [{ ...owned, Action: 'kms:Encrypt' }],
    [owned, denyAll('kms:PutKeyPolicy')],
    [{ ...owned, Principal: { AWS: '444455556666' } }],
    [{ ...owned, Principal: { AWS: user.arn }, Action: 'kms:Get*' }],
  ]) {
    const input = { KeyId: key, Policy: policyText(...draft) }
    const { code, message } = await controlCall(trent, trent.credentials, 'TestPolicy', input)
    assert.equal(code, 'MalformedPolicyDocumentException')
    assert.equal(message, 'Under this policy nobody could change the key policy any more.')
  }
})

test('a draft that leaves the policy to others tells that it locks out the caller', async () => {
  const key = await newKey()
  const keeper = await newUser(iam, 'keeper')
  const draft = [{ ...owned, Principal: { AWS: keeper.arn } }]
  assert.equal((await tested(key, draft)).LocksOutCaller, true)
})

test('documents that may not be saved are refused as PutKeyPolicy refuses them', async () => {
  const key = await newKey()
  const texts = ['{', '{}', policyText({ ...owned, Principal: { AWS: `arn:aws:iam::${trent.account}:user/never` } })]
  for (const Policy of texts) {
    const { code } = await controlCall(trent, trent.credentials, 'TestPolicy', { KeyId: key, Policy })
    assert.equal(code, 'MalformedPolicyDocumentException', Policy)
  }
})

test('a test changes nothing', async () => {
  const key = await newKey()
  const before = await kms.send(new GetKeyPolicyCommand({ KeyId: key }))
  await tested(key, [owned, denyAll('kms:Encrypt')])
  assert.equal((await kms.send(new GetKeyPolicyCommand({ KeyId: key }))).Policy, before.Policy)
})

test('without the right nobody tests a policy, nor learns what a draft is wrong about', async () => {
  const stranger = await newUser(iam, 'stranger', allow(['kms:*', 'trent:WhoCan', 'trent:ExplainDecision']))
  const key = await newKey()
  for (const [KeyId, Policy] of [
    [key, policyText(owned)],
    [key, '{'],
    ['1234abcd-12ab-34cd-56ef-1234567890ab', policyText(owned)],
    ['alias/none', policyText(owned)],
  ]) {
    const { code, message } = await controlCall(trent, stranger, 'TestPolicy', { KeyId, Policy })
    assert.equal(code, 'AccessDeniedException')
    assert.match(message ?? '', /because no identity-based policy allows the trent:TestPolicy action$/)
  }
  const narrow = await newUser(iam, 'narrow', allow('trent:TestPolicy', `arn:aws:kms:*:*:key/${key}`))
  assert.equal((await controlCall(trent, narrow, 'TestPolicy', { KeyId: key, Policy: policyText(owned) })).status, 200)
  const other = { KeyId: await newKey(), Policy: policyText(owned) }
  assert.equal((await controlCall(trent, narrow, 'TestPolicy', other)).code, 'AccessDeniedException')
})
