import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { CreateAccessKeyCommand, CreateUserCommand, GetUserCommand } from '@aws-sdk/client-iam'
import { GenerateRandomCommand } from '@aws-sdk/client-kms'
import { allow, clientsOf, newUser } from '../../support/principals.ts'
import { eventsOf } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

test('events tell which user called, and what IAM was told to do', async () => {
  await using trent = await startTrent('serve')
  using root = clientsOf(trent, trent.credentials)
  const eventOf = async ({ $metadata }: { readonly $metadata: { readonly requestId?: string } }) => {
    const [event] = await eventsOf(trent.data ?? '', $metadata.requestId ?? '')
    return event ?? assert.fail()
  }
  const made = await eventOf(await root.iam.send(new CreateUserCommand({ UserName: 'dana', Path: '/team/' })))
  const arn = `arn:aws:iam::${trent.account}:user/team/dana`
  assert.equal(made.eventSource, 'iam.amazonaws.com')
  assert.equal(made.readOnly, false)
  assert.deepEqual(made.requestParameters, { userName: 'dana', path: '/team/' })
  assert.match(JSON.stringify(made.responseElements), new RegExp(`"arn":"${arn}"`))
  const dana = await newUser(root.iam, 'dora', allow('kms:GenerateRandom'))
  using own = clientsOf(trent, dana)
  const used = await eventOf(await own.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 })))
  assert.deepEqual(used.userIdentity, {
    type: 'IAMUser',
    principalId: dana.userId,
    arn: dana.arn,
    accountId: trent.account,
    accessKeyId: dana.accessKeyId,
    userName: 'dora',
  })
  const refused = await own.iam.send(new GetUserCommand({})).catch((thrown) => thrown)
  assert.equal((await eventOf(refused)).errorCode, 'AccessDenied')
})

test('the secret of an access key is in one answer and nowhere in the data directory', async () => {
  await using trent = await startTrent('serve')
  using root = clientsOf(trent, trent.credentials)
  await root.iam.send(new CreateUserCommand({ UserName: 'dana' }))
  const { AccessKey, $metadata } = await root.iam.send(new CreateAccessKeyCommand({ UserName: 'dana' }))
  const secret = AccessKey?.SecretAccessKey ?? assert.fail()
  using own = clientsOf(trent, { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: secret })
  await own.iam.send(new GetUserCommand({})).catch(() => undefined)
  const [event] = await eventsOf(trent.data ?? '', $metadata.requestId ?? '')
  assert.ok(!JSON.stringify(event?.responseElements).includes(secret))
  assert.match(
    JSON.stringify(event?.responseElements),
    /"accessKeyId":"AKIA[A-Z2-7]{16}","status":"Active","createDate"/,
  )
  await trent.close()
  for (const name of await readdir(trent.data ?? '', { recursive: true, withFileTypes: true }))
    if (name.isFile() && name.name !== 'credentials')
      assert.ok(!(await readFile(join(name.parentPath, name.name))).includes(secret), name.name)
})

test('users, their keys and their policies outlive a restart', async () => {
  await using first = await startTrent('serve')
  using root = clientsOf(first, first.credentials)
  const dana = await newUser(root.iam, 'dana', allow('kms:GenerateRandom'))
  await first.close()
  await using again = await startTrent('serve', { ...(first.data === undefined ? {} : { data: first.data }) })
  using own = clientsOf(again, dana)
  assert.equal((await own.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))).Plaintext?.length, 8)
  await assert.rejects(own.iam.send(new GetUserCommand({})))
})
