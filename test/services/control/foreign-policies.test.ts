import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateGrantCommand, CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { controlCall } from '../../support/control.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../../support/principals.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
const [owner, partner] = [newAccount(), newAccount()]
const credentialsOf = (account: string) => ({ accessKeyId: account, secretAccessKey: 'anything' })
const owning = clientsOf(trent, credentialsOf(owner))
const visiting = clientsOf(trent, credentialsOf(partner))
after(async () => {
  owning[Symbol.dispose]()
  visiting[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

/** Names that stand in policies of the owner's account alone. */
const SECRETS = ['sid-of-the-owner', 'value-of-the-owner', 'kms:EncryptionContext:owner-key'] as const

async function newKey(...statements: readonly object[]): Promise<string> {
  const own = { ...allow('kms:*'), Principal: { AWS: owner } }
  const { KeyMetadata } = await owning.kms.send(new CreateKeyCommand({ Policy: policyText(own, ...statements) }))
  return KeyMetadata?.Arn ?? ''
}

const visitor = await newUser(visiting.iam, 'visitor', allow('kms:*'))
using asVisitor = clientsOf(trent, visitor)

/** Encrypts as the visitor, and tells the request's id whatever became of it. */
async function encrypt(KeyId: string): Promise<string> {
  const EncryptionContext = { 'owner-key': 'value-of-the-owner' }
  const sent = asVisitor.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext }))
  const { $metadata } = await sent.catch((thrown) => thrown)
  return $metadata.requestId
}

/** What an account is told about a call, as it stands on the wire. */
async function explained(account: string, requestId: string) {
  const answer = await controlCall(trent, credentialsOf(account), 'ExplainDecision', { RequestId: requestId })
  return { ...answer, text: JSON.stringify(answer.output) }
}

const condition = { StringEquals: { 'kms:EncryptionContext:owner-key': 'value-of-the-owner' } }
const statement = { Sid: 'sid-of-the-owner'.replaceAll('-', ''), Principal: { AWS: partner }, Condition: condition }

test('who used a key of another account is told that it was allowed, and by which policies of the own account', async () => {
  const key = await newKey({ ...allow('kms:Encrypt'), ...statement })
  const { text, output } = await explained(partner, await encrypt(key))
  const [check] = output.Call.Checks
  assert.deepEqual(
    [check?.Allowed, check?.By, check?.Asked],
    [true, [{ Source: 'identity-policy', Policy: 'inline', Statement: 0 }], []],
  )
  for (const secret of [...SECRETS, 'sidoftheowner']) assert.ok(!text.includes(secret), `${secret} in ${text}`)
})

test('who was refused by the policy of another account is not told which statement did it', async () => {
  const denying = await newKey(
    { ...deny('kms:Encrypt'), ...statement },
    { ...allow('kms:Encrypt'), Principal: { AWS: partner } },
  )
  const silent = await newKey()
  const answers = [await explained(partner, await encrypt(denying)), await explained(partner, await encrypt(silent))]
  for (const { text, output } of answers) {
    const [check] = output.Call.Checks
    assert.deepEqual([check?.Allowed, check?.DeniedBy, check?.Missing], [false, undefined, 'other-account'])
    for (const secret of [...SECRETS, 'sidoftheowner']) assert.ok(!text.includes(secret), `${secret} in ${text}`)
  }
  const [one, other] = answers.map(({ output }) =>
    output.Call.Words.slice(1).map((word) => word.replace(/key\/\S+/, 'key')),
  )
  assert.deepEqual(one, other, 'a deny reads as no policy at all')
})

test('a grant of another account that allowed is not named', async () => {
  const key = await newKey()
  const { GrantId = '' } = await owning.kms.send(
    new CreateGrantCommand({ KeyId: key, GranteePrincipal: visitor.arn, Operations: ['Encrypt'] }),
  )
  const { text, output } = await explained(partner, await encrypt(key))
  assert.deepEqual([output.Call.Checks[0]?.Allowed, text.includes(GrantId)], [true, false])
})

test('who denied it in the own account is told, whatever the other account says', async () => {
  const key = await newKey({ ...allow('kms:Encrypt'), ...statement })
  const denied = await newUser(visiting.iam, 'denied', allow('kms:*'), deny('kms:Encrypt'))
  using own = clientsOf(trent, denied)
  const { $metadata } = await own.kms
    .send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('x') }))
    .catch((thrown) => thrown)
  const { output } = await explained(partner, $metadata.requestId)
  assert.deepEqual(output.Call.Checks[0]?.DeniedBy, { Source: 'identity-policy', Policy: 'inline', Statement: 1 })
})

test('the owner of a key is told that another account used it, and not what the policies of that account say', async () => {
  const requestId = await encrypt(await newKey({ ...allow('kms:Encrypt'), ...statement }))
  const { output, text } = await explained(owner, requestId)
  assert.deepEqual([output.Call.Principal, output.Call.Checks], [`AWSAccount of account ${partner}`, []])
  assert.match(output.Call.Words.join('\n'), /this account and that of the caller allowed it together/)
  for (const secret of ['inline', 'visitor']) assert.ok(!text.includes(secret), `${secret} in ${text}`)
})

test('that another account was refused is in the log of that account alone', async () => {
  const { status, code } = await explained(owner, await encrypt(await newKey()))
  assert.deepEqual([status, code], [400, 'NotFoundException'])
})
