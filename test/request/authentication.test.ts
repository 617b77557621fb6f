import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Answer, parseAnswer, refusedWith, succeeded } from '../support/answer.ts'
import { createKey } from '../support/key.ts'
import { eventsOf } from '../support/trail.ts'
import { KMS_HEADERS, sign, startTrent } from '../support/trent.ts'

const trent = await startTrent('serve')
const data = trent.data ?? ''
after(() => trent[Symbol.asyncDispose]())

const OUTGOING = { headers: { ...KMS_HEADERS, 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' }
const MINUTE_MS = 60_000

type Signing = Parameters<typeof sign>
const signed = (changed: { credentials?: Signing[2]; scope?: Signing[3]; outgoing?: Signing[1] } = {}) =>
  sign(trent.url, changed.outgoing ?? OUTGOING, changed.credentials ?? trent.credentials, changed.scope)
const send = async (outgoing: Signing[1]): Promise<Answer> => parseAnswer(await trent.send(outgoing))
const withHeaders = (headers: { readonly [name: string]: string }) => {
  const request = signed()
  return { ...request, headers: { ...request.headers, ...headers } }
}

const INVALID_TOKEN = 'The security token included in the request is invalid.'
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

test('a signed call is answered', async () => {
  assert.deepEqual(succeeded(await send(signed())).Keys, [])
})

const { accessKeyId, secretAccessKey } = trent.credentials
const REFUSED = [
  [
    'an unknown access key',
    () => signed({ credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey } }),
    'UnrecognizedClientException',
    INVALID_TOKEN,
  ],
  [
    'an account id as access key',
    () => signed({ credentials: { accessKeyId: trent.account, secretAccessKey } }),
    'UnrecognizedClientException',
    INVALID_TOKEN,
  ],
  [
    'another secret',
    () => signed({ credentials: { accessKeyId, secretAccessKey: `${secretAccessKey}x` } }),
    'InvalidSignatureException',
    MISMATCH,
  ],
  [
    'an empty secret',
    () => signed({ credentials: { accessKeyId, secretAccessKey: '' } }),
    'InvalidSignatureException',
    MISMATCH,
  ],
  ['another body', () => ({ ...signed(), body: '{ }' }), 'InvalidSignatureException', MISMATCH],
  [
    'another target',
    () => withHeaders({ 'x-amz-target': 'TrentService.CreateKey' }),
    'InvalidSignatureException',
    MISMATCH,
  ],
  ['another path', () => ({ ...signed(), path: '/other' }), 'InvalidSignatureException', MISMATCH],
  ['another query', () => ({ ...signed(), path: '/?a=b' }), 'InvalidSignatureException', MISMATCH],
  [
    'a session token that nobody issued',
    () => withHeaders({ 'x-amz-security-token': 'token' }),
    'UnrecognizedClientException',
    INVALID_TOKEN,
  ],
  [
    'a date 6 minutes past',
    () => signed({ scope: { time: Date.now() - 6 * MINUTE_MS } }),
    'InvalidSignatureException',
    /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
  ],
  [
    'a date 6 minutes ahead',
    () => signed({ scope: { time: Date.now() + 6 * MINUTE_MS } }),
    'InvalidSignatureException',
    /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/,
  ],
  [
    'a Region that is not served',
    () => signed({ scope: { region: 'eu-west-1' } }),
    'InvalidSignatureException',
    "Credential should be scoped to a valid region, not 'eu-west-1'.",
  ],
  [
    'another service',
    () => signed({ scope: { service: 's3' } }),
    'InvalidSignatureException',
    "Credential should be scoped to correct service: 'kms'.",
  ],
  ['no authorization', () => OUTGOING, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  ['another scheme', () => withHeaders({ authorization: 'Bearer abc' }), 'IncompleteSignatureException', undefined],
  [
    'no signature',
    () =>
      withHeaders({
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host`,
      }),
    'IncompleteSignatureException',
    /'Signature' parameter/,
  ],
] as const
for (const [name, make, code, message] of REFUSED)
  test(`a call with ${name} is refused with ${code}, and recorded without an identity`, async () => {
    const answer = await send(make())
    refusedWith(answer, code, message)
    assert.equal(answer.status, 400)
    const [event] = await eventsOf(data, answer.requestId)
    assert.deepEqual(
      [event?.errorCode, event?.userIdentity, event?.requestParameters],
      [code, { type: 'Unknown' }, null],
    )
  })

test('a signature may be 4 minutes early or late', async () => {
  for (const minutes of [-4, 4]) succeeded(await send(signed({ scope: { time: Date.now() + minutes * MINUTE_MS } })))
})

test('an answer to a refused call tells nothing that an answer to another does not', async () => {
  const { KeyId } = await createKey(trent)
  const outgoing = (id: string) => ({
    headers: { ...OUTGOING.headers, 'x-amz-target': 'TrentService.DescribeKey' },
    body: JSON.stringify({ KeyId: id }),
  })
  const credentials = { accessKeyId, secretAccessKey: 'wrong' }
  const [known, unknown] = await Promise.all(
    [KeyId, 'none'].map((id) => send(signed({ credentials, outgoing: outgoing(id) }))),
  )
  assert.equal(known?.text, unknown?.text)
})

test('an event tells who called, and never a secret', async () => {
  const answer = await send(signed())
  const [event] = await eventsOf(data, answer.requestId)
  assert.deepEqual(event?.userIdentity, {
    type: 'Root',
    principalId: trent.account,
    arn: `arn:aws:iam::${trent.account}:root`,
    accountId: trent.account,
    accessKeyId,
  })
  assert.ok(!JSON.stringify(event).includes(secretAccessKey))
})

test('files of the data directory are for their owner alone', () => {
  const mode = (path: string) => (statSync(join(data, path)).mode & 0o777).toString(8)
  assert.deepEqual([mode('.'), mode('credentials'), mode('root.key')], ['700', '600', '600'])
})

test('a policy that names users is refused while there are none', async () => {
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${trent.account}:user/alice` }, Action: 'kms:*', Resource: '*' },
  ]
  refusedWith(
    await trent.kms('CreateKey', { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    'MalformedPolicyDocumentException',
    'Policy contains a statement with one or more invalid principals.',
  )
})

test('the tags that fix id and material are ordinary tags of a service', async () => {
  const Tags = [
    { TagKey: '_custom_id_', TagValue: '11111111-2222-4333-8444-555555555555' },
    { TagKey: '_custom_key_material_', TagValue: Buffer.alloc(32).toString('base64') },
  ]
  const { KeyId } = await createKey(trent, {}, { Tags })
  assert.notEqual(KeyId, '11111111-2222-4333-8444-555555555555')
  assert.deepEqual((await trent.ok('ListResourceTags', { KeyId })).Tags, Tags)
})

test('a service started anew knows its credentials, keys and ciphertexts', async () => {
  const first = await startTrent('serve', { data: 'temporary' })
  try {
    const { KeyId } = await createKey(first)
    const { CiphertextBlob } = await first.ok('Encrypt', { KeyId, Plaintext: 'YQ==' })
    await first.close()
    const second = await startTrent('serve', first.data === undefined ? {} : { data: first.data })
    assert.deepEqual(second.credentials, first.credentials)
    assert.equal((await second.ok('Decrypt', { CiphertextBlob })).Plaintext, 'YQ==')
    await second.close()
  } finally {
    await first[Symbol.asyncDispose]()
  }
})
