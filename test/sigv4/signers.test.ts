import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Sha256 } from '@aws-crypto/sha256-js'
import { DecryptCommand, EncryptCommand, KMSClient, ListKeysCommand, TagResourceCommand } from '@aws-sdk/client-kms'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import AncientKms from 'aws-sdk/clients/kms.js'
import AncientSts from 'aws-sdk/clients/sts.js'
import { type ServiceError, statusOf } from '../../src/domain/error.ts'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import type { Signer } from '../../src/sigv4/sign.ts'
import { createJudge, NOW, SIGNER } from './requests.ts'

/** Signers that others wrote, against a listening server: what they send must verify as it arrives. */

const run = promisify(execFile)
const AWS_MISSING = 'no `aws` on PATH: install the AWS CLI (https://aws.amazon.com/cli/, or `pip install awscli`)'
const hasAws = await run('aws', ['--version']).then(
  () => true,
  () => false,
)

const TOKEN_SIGNER: Signer = { ...SIGNER, sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEa+/=' }
const arrived: { request: SignedRequest; refused: ServiceError | undefined }[] = []
let signer: Signer = SIGNER
let endpoint = ''

const server = createServer(async (incoming, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const { method = '', url = '', rawHeaders } = incoming
  const [path = '', ...rest] = url.split('?')
  const request = { method, path, rawQuery: rest.join('?'), rawHeaders, body: Buffer.concat(chunks) }
  const refused = createJudge(signer)(request, Date.now())
  arrived.push({ request, refused })
  const type = incoming.headers['x-amz-target'] ? 'application/x-amz-json-1.1' : 'text/xml'
  response.writeHead(refused ? statusOf(refused.code) : 200, { 'content-type': type })
  response.end(answerTo(type, refused))
})

function answerTo(type: string, refused: ServiceError | undefined): string {
  if (refused) return JSON.stringify({ __type: refused.code, message: refused.message })
  if (type === 'text/xml') return '<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>'
  return '{"Keys":[],"Truncated":false}'
}

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  endpoint = `http://127.0.0.1:${address.port}`
})
after(() => server.close())

const SIGNERS = [
  ['a long-term key', SIGNER],
  ['a session token', TOKEN_SIGNER],
] as const

/** What the last request was judged, with the count of requests: a retry would hide a refusal. */
async function lastVerdict(as: Signer, send: () => Promise<unknown>): Promise<ServiceError | undefined> {
  signer = as
  const count = arrived.length
  const failure = await send().catch((thrown: unknown) => thrown)
  assert.equal(arrived.length, count + 1, String(failure))
  return arrived.at(-1)?.refused
}

const credentialsOf = ({ accessKeyId, secret, sessionToken }: Signer) => ({
  accessKeyId,
  secretAccessKey: secret,
  ...(sessionToken === undefined ? {} : { sessionToken }),
})
const clientOf = (as: Signer) => ({ endpoint, region: as.region, credentials: credentialsOf(as), maxAttempts: 1 })

const CALLS: readonly ((kms: KMSClient) => Promise<unknown>)[] = [
  (kms) => kms.send(new ListKeysCommand({})),
  (kms) =>
    kms.send(new DecryptCommand({ CiphertextBlob: Buffer.alloc(184, 7), EncryptionContext: { purpose: 'käse' } })),
  (kms) => kms.send(new EncryptCommand({ KeyId: 'alias/a', Plaintext: Buffer.alloc(4096) })),
  (kms) => kms.send(new TagResourceCommand({ KeyId: 'k', Tags: [{ TagKey: '鍵', TagValue: ' a  b ' }] })),
]
for (const [what, as] of SIGNERS)
  test(`AWS SDK v3 for KMS with ${what} is verified, and refused under another secret`, async () => {
    const kms = new KMSClient(clientOf(as))
    for (const call of CALLS) {
      assert.equal(await lastVerdict(as, () => call(kms)), undefined)
      const refused = await lastVerdict({ ...as, secret: 'x' }, () => call(kms))
      assert.equal(refused?.code, 'InvalidSignatureException')
    }
    kms.destroy()
  })

test('AWS SDK v3 with an unknown key id, or without its token, is refused', async () => {
  const kms = new KMSClient(clientOf(SIGNER))
  const send = () => kms.send(new ListKeysCommand({}))
  const code = 'UnrecognizedClientException'
  assert.equal((await lastVerdict({ ...SIGNER, accessKeyId: 'AKIAI44QH8DHBEXAMPLE' }, send))?.code, code)
  assert.equal((await lastVerdict(TOKEN_SIGNER, send))?.code, code)
  kms.destroy()
})

test('AWS SDK v3 for STS, a form body, is verified', async () => {
  const sts = new STSClient(clientOf(TOKEN_SIGNER))
  assert.equal(await lastVerdict(TOKEN_SIGNER, () => sts.send(new GetCallerIdentityCommand({}))), undefined)
  assert.equal((arrived.at(-1)?.request.body.length ?? 0) > 0, true)
  sts.destroy()
})

for (const [what, as] of SIGNERS)
  test(`AWS SDK v2 with ${what} is verified, signed and presigned`, async () => {
    const options = { endpoint, region: as.region, credentials: credentialsOf(as), maxRetries: 0 }
    const kms = new AncientKms(options)
    assert.equal(await lastVerdict(as, () => kms.listKeys({ Limit: 5 }).promise()), undefined)
    const decrypt = () => kms.decrypt({ CiphertextBlob: Buffer.alloc(184), EncryptionContext: { ü: 'é' } }).promise()
    assert.equal(await lastVerdict(as, decrypt), undefined)
    assert.equal((await lastVerdict({ ...as, secret: 'x' }, decrypt))?.code, 'InvalidSignatureException')
    const sts = new AncientSts(options)
    assert.equal(await lastVerdict(as, () => sts.getCallerIdentity().promise()), undefined)
    const unsent = sts.getCallerIdentity()
    // Its types do not know the method.
    assert.ok('presign' in unsent && typeof unsent.presign === 'function')
    const url: unknown = unsent.presign(60)
    assert.ok(typeof url === 'string')
    assert.equal(await lastVerdict(as, () => fetch(url)), undefined)
    assert.notEqual(await lastVerdict(as, () => fetch(`${url}&a=1`)), undefined)
  })

const SMITHY_REQUEST = { protocol: 'http:', hostname: 'h' }
const smithyOptions = (as: Signer) => ({ credentials: credentialsOf(as), region: as.region, sha256: Sha256 })

const encode = (value: string) =>
  encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const rawQueryOf = (query: object) =>
  Object.entries(query)
    .flatMap(([name, values]) => [values].flat().map((value) => `${encode(name)}=${encode(String(value))}`))
    .join('&')

const PATHS = ['/', '/a%20b/c', '/%E1%88%B4/', '/a//b/./c/../d', '/a%2Fb', "/!'()*~"]
const QUERIES = [{}, { b: '2', a: ['2', '1', ''] }, { 'a b': 'c+d/e=f', 鍵: 'ü' }, { 'a-b': '1', a: '2', B: '3' }]
const HEADERS = [
  {},
  { 'X-Empty': '', 'x-spaces': '  a   b  ', 'x-tab': 'a\t\tb' },
  { __proto__x: 'p', 'x-amz-meta': '~' },
]
for (const path of PATHS)
  test(`the SDK's signer and ours agree on ${path} with any query and headers`, async () => {
    for (const query of QUERIES)
      for (const headers of HEADERS) {
        const unsigned = {
          ...SMITHY_REQUEST,
          method: 'POST',
          path,
          query,
          headers: { host: 'h', ...headers },
          body: 'body',
        }
        const signature = new SignatureV4({ ...smithyOptions(SIGNER), service: 'kms' })
        const sent = await signature.sign(unsigned, { signingDate: new Date(NOW) })
        const rawHeaders = Object.entries(sent.headers).flat()
        const request = { method: 'POST', path, rawQuery: rawQueryOf(query), rawHeaders, body: Buffer.from('body') }
        assert.equal(createJudge(SIGNER)(request, NOW), undefined)
        assert.notEqual(createJudge(SIGNER)({ ...request, body: Buffer.from('Body') }, NOW), undefined)
      }
  })

for (const [what, as] of SIGNERS)
  test(`what the SDK's signer presigns with ${what} is verified until it expires`, async () => {
    const signature = new SignatureV4({ ...smithyOptions(as), service: 'sts' })
    const query = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
    const request = { ...SMITHY_REQUEST, method: 'GET', path: '/', query, headers: { host: 'h' } }
    const sent = await signature.presign(request, { signingDate: new Date(NOW), expiresIn: 60 })
    const rawHeaders = Object.entries(sent.headers).flat()
    const judged = {
      method: 'GET',
      path: '/',
      rawQuery: rawQueryOf(sent.query ?? {}),
      rawHeaders,
      body: Buffer.alloc(0),
    }
    const judge = createJudge(as)
    assert.equal(judge(judged, NOW), undefined)
    assert.equal(judge(judged, NOW + 60_000), undefined)
    assert.match(judge(judged, NOW + 61_000)?.message ?? '', /^Signature expired: /)
    assert.notEqual(judge({ ...judged, rawQuery: `${judged.rawQuery}&a=1` }, NOW), undefined)
  })

for (const [what, as] of SIGNERS)
  test(`the AWS CLI with ${what} is verified`, { skip: hasAws ? false : AWS_MISSING }, async () => {
    const environment = {
      ...process.env,
      AWS_ACCESS_KEY_ID: as.accessKeyId,
      AWS_SECRET_ACCESS_KEY: as.secret,
      AWS_SESSION_TOKEN: as.sessionToken,
      AWS_DEFAULT_REGION: as.region,
      AWS_MAX_ATTEMPTS: '1',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }
    const aws = (...args: string[]) => run('aws', [...args, '--endpoint-url', endpoint], { env: environment })
    assert.equal(await lastVerdict(as, () => aws('kms', 'list-keys')), undefined)
    assert.equal(await lastVerdict(as, () => aws('sts', 'get-caller-identity')), undefined)
    const refused = await lastVerdict({ ...as, secret: 'x' }, () => aws('kms', 'list-keys'))
    assert.equal(refused?.code, 'InvalidSignatureException')
  })
