import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DeleteAccessKeyCommand, DeleteUserPolicyCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { allow, clientsOf, newUser, refusal } from '../../support/principals.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev')
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
