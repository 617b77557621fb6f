import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreatePolicyCommand, PutUserPermissionsBoundaryCommand } from '@aws-sdk/client-iam'
import { CreateGrantCommand, CreateKeyCommand, DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms'
import { controlCall } from '../../support/control.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../../support/principals.ts'
import { eventsOf } from '../../support/trail.ts'
import { type Credentials, startTrent } from '../../support/trent.ts'

const trent = await startTrent('serve')
const { iam, kms, ...root } = clientsOf(trent, trent.credentials)
after(async () => {
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
})

const rootArn = `arn:aws:iam::${trent.account}:root`
const owned = { Sid: 'account', Effect: 'Allow', Principal: { AWS: rootArn }, Action: 'kms:*', Resource: '*' }

async function newKey(...statements: readonly object[]): Promise<{ readonly id: string; readonly arn: string }> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Policy: policyText(owned, ...statements) }))
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' }
}

/** Encrypts as somebody, and tells the id of the request, whatever became of it. */
async function encrypt(credentials: Credentials, KeyId: string, EncryptionContext = {}): Promise<string> {
  const clients = clientsOf(trent, credentials)
  try {
    const { $metadata } = await clients.kms.send(
      new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext }),
    )
    return $metadata.requestId ?? ''
  } catch (cause) {
    return requestIdOf(cause)
  } finally {
    clients[Symbol.dispose]()
  }
}

function requestIdOf(cause: unknown): string {
  if (cause instanceof Error && '$metadata' in cause) {
    const { requestId } = cause.$metadata as { readonly requestId?: string }
    return requestId ?? ''
  }
  throw cause
}

const why = async (requestId: string, credentials: Credentials = trent.credentials) => {
  const answer = await controlCall(trent, credentials, 'ExplainDecision', { RequestId: requestId })
  assert.equal(answer.status, 200, JSON.stringify(answer))
  return answer.output.Call
}

const key = await newKey()

test('a call of the root user is explained by the statement of the key policy', async () => {
  const call = await why(await encrypt(trent.credentials, key.id))
  assert.equal(call.Principal, rootArn)
  assert.deepEqual(call.Checks, [
    {
      Action: 'kms:Encrypt',
      Resource: key.arn,
      Allowed: true,
      By: [{ Source: 'key-policy', Statement: 0, Sid: 'account' }],
      Asked: [],
    },
  ])
  assert.equal(call.Words[1], `kms:Encrypt on ${key.arn}: allowed by statement 1 ("account") of the key policy.`)
})

test('what delegates, what allows and what limits are all named', async () => {
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'limit', PolicyDocument: policyText(allow('kms:*')) }),
  )
  const dana = await newUser(iam, 'dana', allow('iam:*'), allow('kms:Encrypt', key.arn))
  await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'dana', PermissionsBoundary: Policy?.Arn }))
  const call = await why(await encrypt(dana, key.id))
  assert.deepEqual(call.Checks[0]?.By, [
    { Source: 'key-policy', Statement: 0, Sid: 'account' },
    { Source: 'identity-policy', Policy: 'inline', Statement: 1 },
    { Source: 'permissions-boundary', Policy: Policy?.Arn, Statement: 0 },
  ])
})

test('a grant that allows is named', async () => {
  const grantee = await newUser(iam, 'grantee')
  const granted = await newKey({ Effect: 'Deny', Principal: '*', Action: 'kms:ScheduleKeyDeletion', Resource: '*' })
  const { GrantId } = await kms.send(
    new CreateGrantCommand({ KeyId: granted.id, GranteePrincipal: grantee.arn, Operations: ['Encrypt'] }),
  )
  const call = await why(await encrypt(grantee, granted.id))
  assert.deepEqual(call.Checks[0]?.By, [{ GrantId }])
  assert.match(call.Words.join('\n'), new RegExp(`allowed by grant ${GrantId}`))
})

const refusals = [
  ['nobody allows', [], { Missing: 'identity-policy' }, /no identity policy of the caller allows it/],
  [
    'a statement denies',
    [allow('kms:*'), deny('kms:Encrypt')],
    { DeniedBy: { Source: 'identity-policy', Policy: 'inline', Statement: 1 } },
    /statement 2 of identity policy inline denies it/,
  ],
] as const
for (const [name, statements, told, words] of refusals)
  test(`a refusal is explained when ${name}`, async () => {
    const user = await newUser(iam, `refused-${name.replaceAll(' ', '-')}`, ...statements)
    const call = await why(await encrypt(user, key.id))
    const { Action, Resource, Asked, By, ...check } = call.Checks[0] ?? assert.fail()
    assert.deepEqual(check, { Allowed: false, ...told })
    assert.match(call.Words.join('\n'), words)
    assert.equal(call.ErrorCode, 'AccessDenied')
  })

test('a key policy that asks for a condition leaves the value in the trail', async () => {
  const tenant = { StringEquals: { 'kms:EncryptionContext:tenant': '42' } }
  const asking = await newKey({
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:Encrypt',
    Resource: '*',
    Condition: tenant,
  })
  const refused = await why(await encrypt(trent.credentials, asking.id, { tenant: '42' }))
  assert.equal(refused.Checks[0]?.DeniedBy?.Statement, 1)
  assert.deepEqual(refused.Checks[0]?.Asked, [{ Name: 'kms:encryptioncontext:tenant', Values: ['42'] }])
  const absent = await why(await encrypt(trent.credentials, asking.id))
  assert.deepEqual(absent.Checks[0]?.Asked, [{ Name: 'kms:encryptioncontext:tenant', Values: [] }])
})

test('a call that failed before any policy was asked says so', async () => {
  const call = await why(await encrypt(trent.credentials, '1234abcd-12ab-34cd-56ef-1234567890ab'))
  assert.deepEqual(call.Checks, [])
  assert.match(call.Words.join('\n'), /what it named does not exist, so that no policy was asked/)
})

test('a call that was allowed and failed afterwards says both', async () => {
  const clients = clientsOf(trent, trent.credentials)
  const cause = await clients.kms.send(new DecryptCommand({ KeyId: key.id, CiphertextBlob: Buffer.alloc(200) })).then(
    () => assert.fail(),
    (thrown) => thrown,
  )
  clients[Symbol.dispose]()
  const call = await why(requestIdOf(cause))
  assert.match(call.Words.join('\n'), /failed|does not exist/)
})

test('the explanation is itself recorded, with what decided it', async () => {
  const requestId = await encrypt(trent.credentials, key.id)
  const answer = await controlCall(trent, trent.credentials, 'ExplainDecision', { RequestId: requestId })
  const [event] = await eventsOf(trent.data ?? '', answer.requestId)
  assert.equal(event?.eventName, 'ExplainDecision')
  assert.equal(event?.eventSource, 'control.trent')
  assert.deepEqual(event?.trentDecision, [
    { action: 'trent:ExplainDecision', resource: '*', allowed: true, by: [{ root: true }] },
  ])
})

test('without the right nobody learns whether a request id exists', async () => {
  const stranger = await newUser(iam, 'stranger', allow('kms:*'))
  const existing = await encrypt(trent.credentials, key.id)
  const answers = await Promise.all(
    [existing, '00000000-0000-4000-8000-000000000000'].map((RequestId) =>
      controlCall(trent, stranger, 'ExplainDecision', { RequestId }),
    ),
  )
  for (const answer of answers) {
    assert.equal(answer.code, 'AccessDeniedException')
    assert.equal(
      answer.message,
      `User: ${stranger.arn} is not authorized to perform: trent:ExplainDecision on resource: * because no identity-based policy allows the trent:ExplainDecision action`,
    )
  }
})

test('a user may explain what its own call was refused for only with the right to it', async () => {
  const refused = await newUser(iam, 'curious')
  const RequestId = await encrypt(refused, key.id)
  assert.equal((await controlCall(trent, refused, 'ExplainDecision', { RequestId })).code, 'AccessDeniedException')
})

test('an explicit deny keeps the right from a user whom another statement gives it', async () => {
  const user = await newUser(iam, 'denied', allow('trent:*'), deny('trent:ExplainDecision'))
  const RequestId = await encrypt(trent.credentials, key.id)
  assert.equal((await controlCall(trent, user, 'ExplainDecision', { RequestId })).code, 'AccessDeniedException')
})

test('a user with the right may explain, and a key policy cannot give it', async () => {
  const auditor = await newUser(iam, 'auditor', allow('trent:ExplainDecision'))
  const outsider = await newUser(iam, 'outsider')
  const open = await newKey({ Effect: 'Allow', Principal: { AWS: outsider.arn }, Action: '*', Resource: '*' })
  const RequestId = await encrypt(trent.credentials, open.id)
  assert.equal((await why(RequestId, auditor)).Operation, 'Encrypt')
  assert.equal((await controlCall(trent, outsider, 'ExplainDecision', { RequestId })).code, 'AccessDeniedException')
})

test('an id that was never given is not found, and other texts are not valid', async () => {
  const unknown = { RequestId: '00000000-0000-4000-8000-000000000000' }
  assert.equal((await controlCall(trent, trent.credentials, 'ExplainDecision', unknown)).code, 'NotFoundException')
  for (const RequestId of ['', 'a"b', '..', 'x'.repeat(129)])
    assert.equal(
      (await controlCall(trent, trent.credentials, 'ExplainDecision', { RequestId })).code,
      'ValidationException',
      RequestId,
    )
})

test('an encryption context that looks like a request id is not taken for one', async () => {
  await encrypt(trent.credentials, key.id, { requestID: '11111111-1111-4111-8111-111111111111' })
  const RequestId = '11111111-1111-4111-8111-111111111111'
  assert.equal(
    (await controlCall(trent, trent.credentials, 'ExplainDecision', { RequestId })).code,
    'NotFoundException',
  )
})

test('credentials that are none are refused before anything is looked up', async () => {
  const forged = { ...trent.credentials, secretAccessKey: 'x'.repeat(40) }
  const answer = await controlCall(trent, forged, 'ExplainDecision', { RequestId: '1' })
  assert.equal(answer.code, 'InvalidSignatureException')
})
