import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateRoleCommand, DeleteAccessKeyCommand, DeleteUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { configure } from '../../../src/config.ts'
import { allow, clientsOf, newUser, policyText, refusal, signerOf } from '../../support/principals.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { auth: 'issued' })
after(() => trent.close())

test('credentials that the emulator issued are verified and held to their policies', async () => {
  using anybody = clientsOf(trent, { accessKeyId: newAccount(), secretAccessKey: 'anything' })
  const { KeyMetadata } = await anybody.kms.send(new CreateKeyCommand({}))
  const encrypt = new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('x') })
  const dana = await newUser(anybody.iam, 'dana', allow('kms:Encrypt'))
  using own = clientsOf(trent, dana)
  await own.kms.send(encrypt)
  await assert.rejects(own.kms.send(new CreateKeyCommand({})), refusal('AccessDeniedException', 400))
  using forged = clientsOf(trent, { ...dana, secretAccessKey: 'wrong' })
  await assert.rejects(forged.kms.send(encrypt), refusal('InvalidSignatureException', 400))
  await anybody.iam.send(new DeleteUserPolicyCommand({ UserName: 'dana', PolicyName: 'inline' }))
  await assert.rejects(own.kms.send(encrypt), refusal('AccessDeniedException', 400))
})

test('a deleted access key is not taken for a made-up one', async () => {
  using anybody = clientsOf(trent, { accessKeyId: newAccount(), secretAccessKey: 'anything' })
  const dana = await newUser(anybody.iam, 'dana')
  using own = clientsOf(trent, dana)
  assert.equal((await own.sts.send(new GetCallerIdentityCommand({}))).Arn, dana.arn)
  await anybody.iam.send(new DeleteAccessKeyCommand({ UserName: 'dana', AccessKeyId: dana.accessKeyId }))
  await assert.rejects(own.sts.send(new GetCallerIdentityCommand({})), refusal('InvalidClientTokenId', 403))
  await assert.rejects(own.kms.send(new CreateKeyCommand({})), refusal('UnrecognizedClientException', 400))
})

test('users of one account are unknown in another', async () => {
  const [one, other] = [newAccount(), newAccount()]
  using here = clientsOf(trent, { accessKeyId: one, secretAccessKey: 'anything' })
  using there = clientsOf(trent, { accessKeyId: other, secretAccessKey: 'anything' })
  const dana = await newUser(here.iam, 'dana', allow('iam:*'))
  assert.equal(dana.arn, `arn:aws:iam::${one}:user/dana`)
  const twin = await newUser(there.iam, 'dana')
  assert.equal(twin.arn, `arn:aws:iam::${other}:user/dana`)
  using own = clientsOf(trent, dana)
  await assert.rejects(
    own.iam.send(new DeleteAccessKeyCommand({ UserName: 'dana', AccessKeyId: twin.accessKeyId })),
    refusal('NoSuchEntityException', 404),
  )
})

/** A key whose policy lets in nobody, and a user without any permission. */
async function lockedKey(auth: string) {
  const emulator = await startTrent('dev', { auth })
  const account = newAccount()
  const anybody = clientsOf(emulator, { accessKeyId: account, secretAccessKey: 'anything' })
  const stranger = clientsOf(emulator, { accessKeyId: newAccount(), secretAccessKey: 'anything' })
  const { KeyMetadata } = await anybody.kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn
  const Statement = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:user/later` },
    Action: '*',
    Resource: '*',
  }
  const Policy = policyText(auth === 'enforce' ? { ...Statement, Principal: { AWS: account } } : Statement)
  const put = new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: auth === 'enforce' })
  await anybody.kms.send(put)
  const dana = await newUser(anybody.iam, 'dana')
  const user = clientsOf(emulator, dana)
  const forged = clientsOf(emulator, { ...dana, secretAccessKey: 'wrong' })
  after(async () => {
    for (const clients of [anybody, stranger, user, forged]) clients[Symbol.dispose]()
    await emulator.close()
  })
  const encrypt = new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })
  return { account: anybody.kms, stranger: stranger.kms, user: user.kms, forged: forged.kms, encrypt }
}

type Who = 'account' | 'stranger' | 'user' | 'forged'
const MODES: readonly (readonly [mode: string, allowed: readonly Who[]])[] = [
  ['issued', ['account']],
  ['enforce', ['account']],
  ['audit', ['account', 'stranger', 'user', 'forged']],
  ['off', ['account', 'stranger', 'user', 'forged']],
]
for (const [mode, allowed] of MODES)
  test(`--auth ${mode} lets ${allowed.join(', ')} use a key`, async () => {
    const { encrypt, ...callers } = await lockedKey(mode)
    for (const who of ['account', 'stranger', 'user', 'forged'] as const)
      if (allowed.includes(who)) await callers[who].send(encrypt)
      else await assert.rejects(callers[who].send(encrypt), /AccessDeniedException|InvalidSignatureException/)
  })

test('made-up credentials become a role of their account, whose sessions are held to its policies', async () => {
  using anybody = clientsOf(trent, { accessKeyId: newAccount(), secretAccessKey: 'anything' })
  const trust = policyText({ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' })
  const { Role } = await anybody.iam.send(new CreateRoleCommand({ RoleName: 'ci', AssumeRolePolicyDocument: trust }))
  const { Credentials } = await anybody.sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'run' }))
  using session = clientsOf(trent, signerOf(Credentials))
  await assert.rejects(session.kms.send(new CreateKeyCommand({})), refusal('AccessDeniedException', 400))
})

test('a mode that does not exist is refused, and serve always enforces', () => {
  const refused = configure('dev', { auth: 'none' })
  assert.ok('message' in refused && /^--auth takes issued, enforce, audit, off, not 'none'$/.test(refused.message))
  const served = configure('serve', {})
  assert.ok('auth' in served && served.auth === 'enforce')
})
