import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { GenerateRandomCommand } from '@aws-sdk/client-kms'
import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, clientsOf, newUser, policyText, signerOf } from '../../support/principals.ts'
import { eventsOf } from '../../support/trail.ts'
import { startTrent } from '../../support/trent.ts'

test('events name the session and its role, and nothing that a session is opened with is on the disk', async () => {
  await using trent = await startTrent('serve')
  const data = trent.data ?? ''
  using root = clientsOf(trent, trent.credentials)
  const eventOf = async (requestId = '') => (await eventsOf(data, requestId))[0] ?? assert.fail()
  const dana = await newUser(root.iam, 'dana')
  using own = clientsOf(trent, dana)
  const trust = policyText({ Effect: 'Allow', Principal: { AWS: dana.arn }, Action: 'sts:AssumeRole' })
  const { Role } = await root.iam.send(
    new CreateRoleCommand({ RoleName: 'Batch', Path: '/jobs/', AssumeRolePolicyDocument: trust }),
  )
  const PolicyDocument = policyText(allow('kms:GenerateRandom'))
  await root.iam.send(new PutRolePolicyCommand({ RoleName: 'Batch', PolicyName: 'p', PolicyDocument }))
  const assumed = await own.sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'run7' }))
  const opened = await eventOf(assumed.$metadata.requestId)
  assert.deepEqual(opened.resources, [{ accountId: trent.account, type: 'AWS::IAM::Role', ARN: Role?.Arn }])
  assert.match(JSON.stringify(opened.responseElements), /"accessKeyId":"ASIA[A-Z2-7]{16}"/)

  using session = clientsOf(trent, signerOf(assumed.Credentials))
  const used = await session.kms.send(new GenerateRandomCommand({ NumberOfBytes: 8 }))
  const { userIdentity } = await eventOf(used.$metadata.requestId)
  const creationDate = JSON.stringify(userIdentity).match(/"creationDate":"([^"]+)"/)?.[1]
  assert.match(creationDate ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(userIdentity, {
    type: 'AssumedRole',
    principalId: `${Role?.RoleId}:run7`,
    arn: `arn:aws:sts::${trent.account}:assumed-role/Batch/run7`,
    accountId: trent.account,
    accessKeyId: assumed.Credentials?.AccessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: Role?.RoleId,
        arn: Role?.Arn,
        accountId: trent.account,
        userName: 'Batch',
      },
      attributes: { creationDate, mfaAuthenticated: 'false' },
    },
  })

  const longTerm = await own.sts.send(new GetSessionTokenCommand({}))
  const [code, token] = ['918273', 'a.web.identity-token-of-a-provider']
  const SerialNumber = `arn:aws:iam::${trent.account}:mfa/none`
  await assert.rejects(own.sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: code })))
  const web = { RoleArn: Role?.Arn, RoleSessionName: 'web', WebIdentityToken: token }
  await assert.rejects(own.sts.send(new AssumeRoleWithWebIdentityCommand(web)))
  const secrets = [assumed, longTerm].flatMap(({ Credentials }) => [
    Credentials?.SecretAccessKey ?? assert.fail(),
    Credentials?.SessionToken ?? assert.fail(),
  ])
  await trent.close()
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'credentials') continue
    const raw = await readFile(join(entry.parentPath, entry.name))
    const bytes = entry.name.endsWith('.gz') ? gunzipSync(raw) : raw
    for (const secret of [...secrets, `"${code}"`, token]) assert.ok(!bytes.includes(secret), entry.name)
  }
})
