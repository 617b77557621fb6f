import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, test } from 'node:test'
import {
  CreateRoleCommand,
  DeleteUserPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  ListGrantsCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms'
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { presignRequest } from '../../../src/sigv4/sign.ts'
import { controlCall } from '../../support/control.ts'
import { allow, clientsOf, deny, newUser, policyText, refusal, signerOf } from '../../support/principals.ts'
import { calledBy, forward, newService, type Received, serviceClient, userRequest } from '../../support/services.ts'
import { eventsOf, trailEvents } from '../../support/trail.ts'
import { KMS_HEADERS, REGION, sign, startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve', { data: 'temporary', region: [REGION, 'eu-central-1'] })
const { iam, sts, kms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})
const { data = '' } = trent

const s3 = await newService(trent, 's3', trent.credentials)
const glue = await newService(trent, 'glue', trent.credentials)
const dana = await newUser(iam, 'dana', allow('kms:*'))
const rootArn = `arn:aws:iam::${trent.account}:root`

/** A key that is used through S3 alone. */
const { KeyMetadata } = await kms.send(
  new CreateKeyCommand({
    Policy: policyText(
      { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Deny',
        Principal: { AWS: dana.arn },
        Action: 'kms:Encrypt',
        Resource: '*',
        Condition: { StringNotEquals: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` } },
      },
    ),
  }),
)
const { KeyId = '', Arn = '' } = KeyMetadata ?? {}
const encrypt = () => new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })

const UNSIGNED = 'The forwarded request was not signed by anybody who may call.'
async function refused(service: Parameters<typeof forward>[1], received: Received, message: string | RegExp) {
  const answer = await forward(trent, service, received)
  assert.deepEqual([answer.status, answer.code, answer.token], [400, 'InvalidForwardedRequest', ''])
  if (message instanceof RegExp) assert.match(answer.message ?? '', message)
  else assert.equal(answer.message ?? '', message)
}

test('a service calls KMS for a user who called it, and tells whom the user is', async () => {
  const answer = await forward(trent, s3, userRequest(dana, { service: 's3' }))
  assert.deepEqual([answer.status, answer.arn, answer.account], [200, dana.arn, trent.account])
  assert.ok(Math.abs(Date.parse(answer.expiration) - Date.now() - 300_000) < 20_000)
  using client = serviceClient(trent, s3, answer.token)
  assert.ok((await client.send(encrypt())).CiphertextBlob)
  using direct = clientsOf(trent, dana)
  await assert.rejects(direct.kms.send(encrypt()), refusal('AccessDeniedException', 400, /explicit deny/))
})

test('the trail tells the user, and that the service called', async () => {
  using client = await calledBy(trent, s3, dana)
  const { $metadata } = await client.send(encrypt())
  const [event] = await eventsOf(data, $metadata.requestId ?? '')
  assert.deepEqual(event?.userIdentity, {
    type: 'IAMUser',
    principalId: dana.userId,
    arn: dana.arn,
    accountId: trent.account,
    accessKeyId: dana.accessKeyId,
    userName: 'dana',
    invokedBy: 's3.amazonaws.com',
  })
  assert.deepEqual(
    [event?.sourceIPAddress, event?.userAgent, event?.recipientAccountId],
    ['s3.amazonaws.com', 's3.amazonaws.com', trent.account],
  )
})

test('the forwarding itself is recorded without what the user wrote', async () => {
  const received = userRequest(dana, { service: 's3' })
  await forward(trent, s3, received)
  const events = (await trailEvents(data)).filter(({ eventName }) => eventName === 'ForwardAccess')
  const event = events.at(-1)
  assert.deepEqual(event?.userIdentity, { type: 'AWSService', invokedBy: 's3.amazonaws.com' })
  assert.deepEqual(event?.requestParameters, { method: 'PUT', payloadHash: received.payloadHash })
  const authorization = received.rawHeaders.at(-1) ?? ''
  assert.ok(authorization.includes('Signature='))
  for (const secret of [authorization.slice(-64), received.path]) assert.ok(!JSON.stringify(events).includes(secret))
})

test('policies see the service: kms:ViaService, aws:ViaAWSService, aws:CalledVia', async () => {
  const conditions = {
    StringEquals: {
      'kms:ViaService': `s3.${REGION}.amazonaws.com`,
      'aws:CalledViaFirst': 's3.amazonaws.com',
      'aws:CalledViaLast': 's3.amazonaws.com',
    },
    'ForAllValues:StringEquals': { 'aws:CalledVia': 's3.amazonaws.com' },
    Bool: { 'aws:ViaAWSService': 'true', 'aws:PrincipalIsAWSService': 'false' },
    StringNotLike: { 'kms:CallerAccount': 'none' },
  }
  const erin = await newUser(iam, 'erin', { ...allow('kms:DescribeKey'), Condition: conditions })
  using through = await calledBy(trent, s3, erin)
  assert.equal((await through.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn, Arn)
  using other = await calledBy(trent, glue, erin)
  await assert.rejects(other.send(new DescribeKeyCommand({ KeyId })), refusal('AccessDeniedException', 400))
  using direct = clientsOf(trent, erin)
  await assert.rejects(direct.kms.send(new DescribeKeyCommand({ KeyId })), refusal('AccessDeniedException', 400))
})

test('a service can do no more for a user than the user may', async () => {
  const frank = await newUser(iam, 'frank', allow('kms:Encrypt'), deny('kms:DescribeKey'))
  using client = await calledBy(trent, s3, frank)
  assert.ok((await client.send(encrypt())).CiphertextBlob)
  await assert.rejects(
    client.send(new DescribeKeyCommand({ KeyId })),
    refusal('AccessDeniedException', 400, /explicit deny/),
  )
  await assert.rejects(
    client.send(new CreateAliasCommand({ AliasName: 'alias/franks', TargetKeyId: KeyId })),
    refusal('AccessDeniedException', 400),
  )
})

test('a request is forwarded once', async () => {
  const received = userRequest(dana, { service: 's3' })
  assert.equal((await forward(trent, s3, received)).status, 200)
  await refused(s3, received, 'The forwarded request has been forwarded before.')
  await refused(
    s3,
    { ...received, rawHeaders: [...received.rawHeaders, 'x-unsigned', '1'] },
    'The forwarded request has been forwarded before.',
  )
})

test('of many that forward one request at once, one gets a session', async () => {
  const received = userRequest(dana, { service: 's3' })
  const answers = await Promise.all(Array.from({ length: 8 }, () => forward(trent, s3, received)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('a request is good for the service that it was signed for, and for no other', async () => {
  await refused(glue, userRequest(dana, { service: 's3' }), /Credential should be scoped to correct service: .*glue/)
  for (const service of ['kms', 'sts', 'iam', ''])
    await refused(s3, userRequest(dana, { service }), /Credential should be scoped to correct service: .*s3/)
})

test('a request that is old or from the future is refused', async () => {
  const minutes = (count: number) => Date.now() + count * 60_000
  await refused(s3, userRequest(dana, { service: 's3', time: minutes(-6) }), /Signature expired/)
  await refused(s3, userRequest(dana, { service: 's3', time: minutes(6) }), /Signature not yet current/)
  assert.equal((await forward(trent, s3, userRequest(dana, { service: 's3', time: minutes(-4) }))).status, 200)
})

test('a request for a Region that is not served is refused', async () => {
  await refused(s3, userRequest(dana, { service: 's3', region: 'sa-east-1' }), /valid region/)
})

const received = userRequest(dana, { service: 's3' })
const replaceHeader = (from: string, to: string) => received.rawHeaders.map((text) => (text === from ? to : text))
const ALTERED: ReadonlyArray<readonly [string, Partial<Received>]> = [
  ['method', { method: 'GET' }],
  ['path', { path: `${received.path}x` }],
  ['query', { rawQuery: 'a=c&versioning=' }],
  ['host', { rawHeaders: replaceHeader('files.example.com', 'other.example.com') }],
  ['body', { payloadHash: hash('sha256', 'other') }],
  [
    'body and its declared hash',
    { payloadHash: hash('sha256', 'other'), rawHeaders: replaceHeader(received.payloadHash, hash('sha256', 'other')) },
  ],
  [
    'access key id',
    { rawHeaders: received.rawHeaders.map((text) => text.replace(dana.accessKeyId, trent.credentials.accessKeyId)) },
  ],
  [
    'signature',
    { rawHeaders: received.rawHeaders.map((text) => text.replace(/Signature=.{8}/, 'Signature=00000000')) },
  ],
]
for (const [what, over] of ALTERED)
  test(`a request with another ${what} is refused`, () => refused(s3, { ...received, ...over }, UNSIGNED))

test('a request without signature, with two, or presigned is refused', async () => {
  const unsigned = received.rawHeaders.slice(0, -2)
  await refused(s3, { ...received, rawHeaders: unsigned }, /Missing Authentication Token/)
  await refused(
    s3,
    { ...received, rawHeaders: [...received.rawHeaders, ...received.rawHeaders.slice(-2)] },
    /not valid/,
  )
  const presigned = presignRequest(
    { method: 'GET', path: '/b/o', rawQuery: '', rawHeaders: ['host', 'h'], body: Buffer.alloc(0) },
    { accessKeyId: dana.accessKeyId, secret: dana.secretAccessKey, region: REGION, service: 's3', time: Date.now() },
    600,
  )
  await refused(s3, { ...presigned, payloadHash: hash('sha256', '') }, 'A presigned request cannot be forwarded.')
})

test('a presigned request does not pass for one that is signed in its header', async () => {
  const headers = ['host', 'h']
  const presigned = presignRequest(
    { method: 'GET', path: '/b/o', rawQuery: '', rawHeaders: headers, body: Buffer.alloc(0) },
    { accessKeyId: dana.accessKeyId, secret: dana.secretAccessKey, region: REGION, service: 's3', time: Date.now() },
    60,
  )
  const query = new URLSearchParams(presigned.rawQuery)
  const at = query.get('X-Amz-Date') ?? ''
  const authorization = `AWS4-HMAC-SHA256 Credential=${query.get('X-Amz-Credential')}, SignedHeaders=host, Signature=${query.get('X-Amz-Signature')}`
  const rawHeaders = [...headers, 'date', at, 'authorization', authorization]
  const rawQuery = presigned.rawQuery.replace(/&X-Amz-Signature=.*$/, '')
  const payloadHash = hash('sha256', '')
  await refused(s3, { method: 'GET', path: '/b/o', rawQuery, rawHeaders, payloadHash }, /not valid/)
  const moved = { method: 'GET', path: `/b/o\n${rawQuery}\nhost:h`, rawQuery: '', rawHeaders, payloadHash }
  await refused(s3, moved, UNSIGNED)
})

test('credentials that nobody issued, and services, are nobody who called', async () => {
  const stranger = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: dana.secretAccessKey }
  await refused(s3, userRequest(stranger, { service: 's3' }), UNSIGNED)
  await refused(s3, userRequest({ ...dana, secretAccessKey: 'wrong' }, { service: 's3' }), UNSIGNED)
  await refused(s3, userRequest(glue, { service: 's3' }), UNSIGNED)
})

test('only services forward requests', async () => {
  const answer = await forward(trent, trent.credentials, userRequest(dana, { service: 's3' }))
  assert.deepEqual(
    [answer.status, answer.code, answer.message],
    [403, 'AccessDenied', 'Only services can forward requests.'],
  )
})

test('what S3 signers sign is verified as they sign it', async () => {
  const signer = new SignatureV4({
    credentials: dana,
    region: REGION,
    service: 's3',
    sha256: (await import('@aws-crypto/sha256-js')).Sha256,
    uriEscapePath: false,
    applyChecksum: true,
  })
  const signed = await signer.sign({
    method: 'PUT',
    protocol: 'https:',
    hostname: 'files.example.com',
    path: '/bucket/a%20b/%C3%A9//c',
    headers: { host: 'files.example.com', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    query: { partNumber: '1', uploadId: 'x' },
  })
  const s3Request: Received = {
    method: 'PUT',
    path: '/bucket/a%20b/%C3%A9//c',
    rawQuery: 'partNumber=1&uploadId=x',
    rawHeaders: Object.entries(signed.headers).flat(),
    payloadHash: 'UNSIGNED-PAYLOAD',
  }
  await refused(s3, { ...s3Request, payloadHash: hash('sha256', '') }, UNSIGNED)
  await refused(s3, { ...s3Request, path: '/bucket/a%20b/%C3%A9/c' }, UNSIGNED)
  assert.equal((await forward(trent, s3, s3Request)).status, 200)
})

test('a session is good with the credentials of its service alone', async () => {
  const { token } = await forward(trent, s3, userRequest(dana, { service: 's3' }))
  for (const credentials of [glue, dana, trent.credentials, { ...s3, secretAccessKey: 'wrong' }]) {
    using client = serviceClient(trent, credentials, token)
    await assert.rejects(
      client.send(encrypt()),
      /UnrecognizedClientException|InvalidSignatureException|token|signature/,
    )
  }
})

test('a session calls nothing but KMS', async () => {
  const { token: sessionToken } = await forward(trent, s3, userRequest(dana, { service: 's3' }))
  using clients = clientsOf(trent, { ...s3, sessionToken })
  await assert.rejects(clients.sts.send(new GetCallerIdentityCommand({})), refusal('InvalidClientTokenId', 403))
  await assert.rejects(
    clients.iam.send(new UpdateAccessKeyCommand({ AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA', Status: 'Inactive' })),
    refusal('InvalidClientTokenId', 403),
  )
  assert.ok((await clients.kms.send(encrypt())).CiphertextBlob)
})

test('a session is good in the Region of the request alone', async () => {
  const { token } = await forward(trent, s3, userRequest(dana, { service: 's3' }))
  using elsewhere = serviceClient(trent, s3, token, 'eu-central-1')
  await assert.rejects(elsewhere.send(new DescribeKeyCommand({ KeyId })), refusal('UnrecognizedClientException', 400))
})

test('a session ends with the access key that the request was signed with, and with the rights of its user', async () => {
  const gina = await newUser(iam, 'gina', allow('kms:*'))
  using client = await calledBy(trent, s3, gina)
  assert.ok((await client.send(encrypt())).CiphertextBlob)
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'gina', PolicyName: 'inline' }))
  await assert.rejects(client.send(encrypt()), refusal('AccessDeniedException', 400))
  await iam.send(
    new PutUserPolicyCommand({ UserName: 'gina', PolicyName: 'inline', PolicyDocument: policyText(allow('kms:*')) }),
  )
  assert.ok((await client.send(encrypt())).CiphertextBlob)
  await iam.send(new UpdateAccessKeyCommand({ UserName: 'gina', AccessKeyId: gina.accessKeyId, Status: 'Inactive' }))
  await assert.rejects(client.send(encrypt()), refusal('UnrecognizedClientException', 400))
})

test('a request that was signed in a session is the session’s', async () => {
  using clients = clientsOf(trent, dana)
  const { Credentials } = await clients.sts.send(new GetSessionTokenCommand({}))
  using client = await calledBy(trent, s3, signerOf(Credentials))
  const { $metadata } = await client.send(encrypt())
  const [event] = await eventsOf(data, $metadata.requestId ?? '')
  assert.match(
    JSON.stringify(event?.userIdentity),
    /"accessKeyId":"ASIA.*"sessionContext".*"invokedBy":"s3.amazonaws.com"/,
  )
})

test('a service acts as itself where a key policy names it, and says for whom', async () => {
  const own = await kms.send(
    new CreateKeyCommand({
      Policy: policyText(
        { Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: ['kms:Encrypt', 'kms:Decrypt'],
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:SourceAccount': trent.account },
            ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::photos' },
            Bool: { 'aws:PrincipalIsAWSService': 'true' },
            Null: { 'kms:ViaService': 'true', 'kms:CallerAccount': 'true' },
          },
        },
      ),
    }),
  )
  const arn = own.KeyMetadata?.Arn ?? ''
  const source = { 'x-amz-source-account': trent.account, 'x-amz-source-arn': 'arn:aws:s3:::photos' }
  const call = (by: typeof s3, headers: Readonly<Record<string, string>>) => {
    const client = serviceClient(trent, by)
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign(parseHeaders(args.request), headers)
        return next(args)
      },
      { step: 'build' },
    )
    return client.send(new EncryptCommand({ KeyId: arn, Plaintext: Buffer.from('x') })).finally(() => client.destroy())
  }
  const { $metadata } = await call(s3, source)
  const [event] = await eventsOf(data, $metadata.requestId ?? '')
  assert.deepEqual(event?.userIdentity, { type: 'AWSService', invokedBy: 's3.amazonaws.com' })
  assert.deepEqual([event?.sourceIPAddress, event?.recipientAccountId], ['s3.amazonaws.com', trent.account])
  await assert.rejects(call(s3, {}), refusal('AccessDeniedException', 400, /^User: s3.amazonaws.com is not authorized/))
  await assert.rejects(
    call(s3, { ...source, 'x-amz-source-arn': 'arn:aws:s3:::music' }),
    refusal('AccessDeniedException', 400),
  )
  await assert.rejects(call(glue, source), refusal('AccessDeniedException', 400))
})

function parseHeaders(request: unknown): Record<string, string> {
  return (request as { headers: Record<string, string> }).headers
}

test('a service has itself granted what it needs, and nobody else grants it anything', async () => {
  const wanted = { KeyId, GranteePrincipal: 's3.amazonaws.com', Operations: ['Decrypt'] } as const
  await assert.rejects(
    kms.send(new CreateGrantCommand({ ...wanted, Operations: [...wanted.Operations] })),
    refusal('InvalidArnException', 400),
  )
  using glued = await calledBy(trent, glue, dana)
  await assert.rejects(
    glued.send(new CreateGrantCommand({ ...wanted, Operations: [...wanted.Operations] })),
    refusal('InvalidArnException', 400),
  )
  using through = await calledBy(trent, s3, dana)
  const { CiphertextBlob } = await through.send(encrypt())
  using itself = serviceClient(trent, s3)
  const decrypt = () => itself.send(new DecryptCommand({ KeyId: Arn, CiphertextBlob }))
  await assert.rejects(decrypt(), refusal('AccessDeniedException', 400))
  const { GrantId } = await through.send(new CreateGrantCommand({ ...wanted, Operations: [...wanted.Operations] }))
  assert.deepEqual(Buffer.from((await decrypt()).Plaintext ?? []).toString(), 'x')
  const { Grants } = await kms.send(new ListGrantsCommand({ KeyId, GrantId }))
  assert.equal(Grants?.[0]?.GranteePrincipal, 's3.amazonaws.com')
  await kms.send(new RevokeGrantCommand({ KeyId, GrantId }))
  await assert.rejects(decrypt(), refusal('AccessDeniedException', 400))
})

test('a service becomes a role that trusts it, and says for whom', async () => {
  const trust = {
    ...allow('sts:AssumeRole'),
    Resource: undefined,
    Principal: { Service: 's3.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': trent.account } },
  }
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'for-s3', AssumeRolePolicyDocument: policyText(trust) }),
  )
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'for-s3',
      PolicyName: 'p',
      PolicyDocument: policyText(allow('kms:DescribeKey')),
    }),
  )
  const assume = async (by: typeof s3, headers: Readonly<Record<string, string>>) => {
    using clients = clientsOf(trent, by)
    clients.sts.middlewareStack.add(
      (next) => (args) => {
        Object.assign(parseHeaders(args.request), headers)
        return next(args)
      },
      { step: 'build' },
    )
    return clients.sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'copying' }))
  }
  const source = { 'x-amz-source-account': trent.account }
  const { Credentials } = await assume(s3, source)
  using asRole = clientsOf(trent, signerOf(Credentials))
  assert.ok((await asRole.kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata)
  await assert.rejects(assume(s3, {}), refusal('AccessDenied', 403))
  await assert.rejects(assume(s3, { 'x-amz-source-account': '111122223333' }), refusal('AccessDenied', 403))
  await assert.rejects(assume(glue, source), refusal('AccessDenied', 403))
})

test('a header that tells for whom a service calls must be signed', async () => {
  const body = JSON.stringify({ KeyId })
  const headers = { ...KMS_HEADERS, 'x-amz-target': 'TrentService.DescribeKey' }
  const signed = sign(trent.url, { headers, body }, s3)
  const { text } = await trent.send({
    ...signed,
    headers: { ...signed.headers, 'x-amz-source-account': trent.account },
  })
  assert.match(text, /InvalidSignatureException.*'X-Amz-Source-Account' must be a 'SignedHeader'/)
})

test('kms:GrantIsForAWSResource is true when a service calls', async () => {
  const hal = await newUser(iam, 'hal', {
    ...allow('kms:*'),
    Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
  })
  const grant = () => new CreateGrantCommand({ KeyId, GranteePrincipal: dana.arn, Operations: ['Decrypt'] })
  using direct = clientsOf(trent, hal)
  await assert.rejects(direct.kms.send(grant()), refusal('AccessDeniedException', 400))
  using through = await calledBy(trent, s3, hal)
  assert.ok((await through.send(grant())).GrantId)
})

test('services are the installation’s: users need leave to manage them, and names are taken once', async () => {
  const add = (Name: string, by = trent.credentials) => controlCall(trent, by, 'AddService', { Name })
  assert.equal((await add('s3')).code, 'AlreadyExistsException')
  for (const name of ['kms', 'sts', 'trent', '3s', 'a'])
    assert.equal((await add(name)).code, 'ValidationException', name)
  assert.equal((await add('ours', dana)).code, 'AccessDeniedException')
  assert.equal((await controlCall(trent, s3, 'ListServices', {})).code, 'UnrecognizedClientException')
})

test('a service that is removed is nobody at once, and so are its sessions', async () => {
  const shop = await newService(trent, 'shop', trent.credentials)
  using through = await calledBy(trent, shop, dana)
  using itself = serviceClient(trent, shop)
  assert.ok((await through.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata)
  assert.equal((await controlCall(trent, trent.credentials, 'RemoveService', { Name: 'shop' })).status, 200)
  for (const client of [through, itself])
    await assert.rejects(client.send(new DescribeKeyCommand({ KeyId })), refusal('UnrecognizedClientException', 400))
  const again = await newService(trent, 'shop', trent.credentials)
  using stranger = serviceClient(trent, again)
  await assert.rejects(stranger.send(new DescribeKeyCommand({ KeyId: Arn })), refusal('AccessDeniedException', 400))
})

test('a request that was forwarded before a restart is not forwarded after it', async () => {
  const first = await startTrent('serve', { data: 'temporary' })
  try {
    const files = await newService(first, 'files', first.credentials)
    const sent = userRequest(first.credentials, { service: 'files' })
    const { token } = await forward(first, files, sent)
    await first.close()
    await using second = await startTrent('serve', { data: first.data ?? '' })
    const again = await forward(second, files, sent)
    assert.deepEqual([again.status, again.message], [400, 'The forwarded request has been forwarded before.'])
    using client = serviceClient(second, files, token)
    assert.ok((await client.send(new DescribeKeyCommand({ KeyId: 'alias/aws/files' }))).KeyMetadata?.KeyId)
  } finally {
    await first[Symbol.asyncDispose]()
  }
})
