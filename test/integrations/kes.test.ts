import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand, RotateKeyOnDemandCommand } from '@aws-sdk/client-kms'
import { parseConfig } from '../../src/integrations/kes/config.ts'
import { trent as start, temporaryDirectory } from '../cli/trent.ts'
import { allow, clientsOf, deny, newUser, policyText } from '../support/principals.ts'
import { startTrent } from '../support/trent.ts'

/** A client of KES's public API, as MinIO is one: mutual TLS, JSON, base64. */
const home = temporaryDirectory()
const trent = await startTrent('serve', { data: 'temporary' })
const root = clientsOf(trent, trent.credentials)
const operator = await newUser(root.iam, 'kes', allow('kms:*'))
const reader = await newUser(root.iam, 'reader', allow('kms:*'))

function certificate(name: string) {
  const [key, cert] = [join(home.path, `${name}.key`), join(home.path, `${name}.crt`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    ...subject,
  ]
  execFileSync('openssl', [...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const pem = readFileSync(cert)
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return { key: readFileSync(key), cert: pem, identity: createHash('sha256').update(spki).digest('hex') }
}
const server = certificate('server')
const [admin, minio, limited, stranger] = ['admin', 'minio', 'limited', 'stranger'].map(certificate)
assert.ok(admin && minio && limited && stranger)
type Client = typeof server

mkdirSync(join(home.path, '.aws'))
const profile = (name: string, by: typeof operator) =>
  `[${name}]\naws_access_key_id = ${by.accessKeyId}\naws_secret_access_key = ${by.secretAccessKey}\n`
writeFileSync(join(home.path, '.aws', 'credentials'), profile('default', operator) + profile('reader', reader))
writeFileSync(
  join(home.path, 'config.yml'),
  `version: v1
address: 127.0.0.1:0
admin:
  identity: \${KES_ADMIN}
tls:
  key: server.key
  cert: server.crt
policy:
  minio:
    allow:
      - /v1/key/create/*
      - /v1/key/generate/*
      - /v1/key/decrypt/*
      - /v1/key/bulk/decrypt
      - /v1/key/list/*
      - /v1/status
    deny:
      - /v1/key/create/secret-*
    identities: [${minio.identity}]
  decryption:
    allow: [/v1/key/decrypt/mine]
    identities: [${limited.identity}]
keystore:
  fs:
    path: /tmp/unused
keys:
  - name: at-start
trent:
  profiles:
    ${limited.identity}: reader
`,
)
const env = { AWS_ENDPOINT_URL: trent.url, AWS_REGION: 'us-east-1', KES_ADMIN: admin.identity }
const kes = start(['kes', '--config', 'config.yml'], { home: home.path, env })
const { port } = new URL(await kes.url)
after(async () => {
  await kes[Symbol.asyncDispose]()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

type Answer = { readonly status: number; readonly body: Record<string, unknown> }
function call(by: Client | undefined, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, ca: server.cert, agent: false, ...(by ? { key: by.key, cert: by.cert } : {}) } as const
    request(`https://127.0.0.1:${port}${path}`, options, (response) => {
      text(response).then((answer) => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer || '{}') })
      }, reject)
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body))
  })
}
const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64')
const context = base64('{"bucket":"photos"}')
const NOT_AUTHORIZED = { status: 403, body: { message: 'not authorized: insufficient permissions' } }

test('a configuration of KES is understood, and what is wrong with one is told', () => {
  const config = parseConfig('tls: {key: a, cert: b}\nadmin: {identity: disabled}', {})
  assert.ok(!('kind' in config))
  assert.deepEqual([config.host, config.port, config.admin], ['0.0.0.0', 7373, undefined])
  for (const wrong of [
    'tls: {key: a}',
    '- 1',
    'tls: {key: a, cert: b}\naddress: nowhere',
    `tls: {key: a, cert: b}\npolicy: {p: {identities: [x]}}`,
  ])
    assert.ok('kind' in parseConfig(wrong, {}), wrong)
})

test('version is for everybody, status for whom the policy allows it', async () => {
  assert.equal((await call(undefined, 'GET', '/version')).status, 200)
  assert.deepEqual(await call(undefined, 'GET', '/v1/status'), NOT_AUTHORIZED)
  assert.equal((await call(minio, 'GET', '/v1/status')).status, 200)
  assert.equal((await call(admin, 'GET', '/v1/ready')).status, 200)
})

test('what MinIO does: create a key, generate data keys with a context, decrypt them', async () => {
  assert.deepEqual(await call(minio, 'POST', '/v1/key/create/mine'), { status: 200, body: {} })
  const { body } = await call(minio, 'POST', '/v1/key/generate/mine', { context })
  assert.equal(Buffer.from(String(body.plaintext), 'base64').length, 32)
  const { ciphertext, plaintext } = body
  assert.deepEqual(await call(minio, 'POST', '/v1/key/decrypt/mine', { ciphertext, context }), {
    status: 200,
    body: { plaintext },
  })
  const wrong = await call(minio, 'POST', '/v1/key/decrypt/mine', { ciphertext, context: base64('other') })
  assert.deepEqual(wrong, { status: 400, body: { message: 'decryption failed: ciphertext is not authentic' } })
  await root.kms.send(new RotateKeyOnDemandCommand({ KeyId: await keyId('mine') }))
  assert.equal((await call(minio, 'POST', '/v1/key/decrypt/mine', { ciphertext, context })).body.plaintext, plaintext)
})

async function keyId(name: string): Promise<string> {
  return (await root.kms.send(new DescribeKeyCommand({ KeyId: `alias/kes/${name}` }))).KeyMetadata?.KeyId ?? ''
}

test('the administrator encrypts, describes, lists, imports and deletes', async () => {
  await call(admin, 'POST', '/v1/key/create/admins')
  const { ciphertext } = (await call(admin, 'PUT', '/v1/key/encrypt/admins', { plaintext: base64('x') })).body
  assert.equal((await call(admin, 'POST', '/v1/key/decrypt/admins', { ciphertext })).body.plaintext, base64('x'))
  const described = (await call(admin, 'GET', '/v1/key/describe/admins')).body
  assert.deepEqual([described.name, described.algorithm], ['admins', 'AES256-GCM_SHA256'])
  assert.equal((await call(admin, 'POST', '/v1/key/import/brought', { bytes: base64(randomBytes(32)) })).status, 200)
  assert.equal((await call(admin, 'POST', '/v1/key/generate/brought', {})).status, 200)
  const listed = (await call(admin, 'GET', '/v1/key/list/')).body.names
  assert.deepEqual((await call(admin, 'GET', '/v1/key/list/ad*')).body.names, ['admins'])
  assert.ok(Array.isArray(listed) && listed.includes('brought') && listed.includes('at-start'))
  assert.equal((await call(admin, 'DELETE', '/v1/key/delete/admins')).status, 200)
  const gone = { status: 404, body: { message: 'key does not exist' } }
  assert.deepEqual(await call(admin, 'POST', '/v1/key/decrypt/admins', { ciphertext }), gone)
  assert.deepEqual(await call(admin, 'DELETE', '/v1/key/delete/admins'), gone)
})

test('an identity does what its policy allows, a denial wins, and nobody else does anything', async () => {
  assert.deepEqual(await call(minio, 'POST', '/v1/key/create/secret-one'), NOT_AUTHORIZED)
  assert.deepEqual(await call(minio, 'DELETE', '/v1/key/delete/mine'), NOT_AUTHORIZED)
  assert.deepEqual(await call(minio, 'POST', '/v1/key/generate/mine/more'), NOT_AUTHORIZED)
  assert.deepEqual(await call(limited, 'POST', '/v1/key/generate/mine', {}), NOT_AUTHORIZED)
  for (const nobody of [stranger, undefined])
    assert.deepEqual(await call(nobody, 'POST', '/v1/key/generate/mine', {}), NOT_AUTHORIZED)
})

test('an identity with a profile of its own calls KMS as that principal', async () => {
  const { ciphertext } = (await call(minio, 'POST', '/v1/key/generate/mine', {})).body
  const decrypt = () => call(limited, 'POST', '/v1/key/decrypt/mine', { ciphertext })
  const put = (...statements: readonly object[]) =>
    root.iam.send(
      new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'inline', PolicyDocument: policyText(...statements) }),
    )
  assert.equal((await decrypt()).status, 200)
  await put(deny('kms:Decrypt'))
  assert.deepEqual(await decrypt(), NOT_AUTHORIZED)
  assert.equal((await call(minio, 'POST', '/v1/key/decrypt/mine', { ciphertext })).status, 200)
  await put(allow('kms:*'))
  assert.equal((await decrypt()).status, 200)
})

const WRONG = [
  ['POST', '/v1/key/create/mine', undefined, 400, 'key already exists'],
  ['POST', '/v1/key/create/', undefined, 400, /key name/],
  ['POST', '/v1/key/create/a.b', undefined, 400, /key name/],
  ['POST', `/v1/key/create/${'a'.repeat(81)}`, undefined, 400, /key name/],
  ['POST', '/v1/key/generate/none', {}, 404, 'key does not exist'],
  ['POST', '/v1/key/generate/mine', { context: 7 }, 400, /bad request/],
  ['POST', '/v1/key/generate/mine', { context: '*' }, 400, /bad request/],
  ['POST', '/v1/key/decrypt/mine', {}, 400, /bad request/],
  ['POST', '/v1/key/import/short', { bytes: 'AAAA' }, 400, 'invalid key size'],
  ['GET', '/v1/key/create/mine', undefined, 405, 'method not allowed'],
  ['GET', '/v2/key', undefined, 404, 'not found'],
] as const
for (const [method, path, body, status, message] of WRONG)
  test(`${method} ${path.slice(0, 40)} ${JSON.stringify(body)} is refused: ${message}`, async () => {
    const answer = await call(admin, method, path, body)
    assert.equal(answer.status, status, JSON.stringify(answer))
    if (message instanceof RegExp) assert.match(String(answer.body.message), message)
    else assert.equal(answer.body.message, message)
  })

test('a disabled key and an absent Trent are told, and once they are back everything goes on', async () => {
  const { ciphertext } = (await call(minio, 'POST', '/v1/key/generate/mine', {})).body
  const decrypt = () => call(minio, 'POST', '/v1/key/decrypt/mine', { ciphertext })
  const KeyId = await keyId('mine')
  await root.kms.send(new DisableKeyCommand({ KeyId }))
  const disabled = await decrypt()
  assert.deepEqual([disabled.status, String(disabled.body.message).slice(0, 17)], [400, 'DisabledException'])
  await root.kms.send(new EnableKeyCommand({ KeyId }))
  assert.equal((await decrypt()).status, 200)
  await trent.close()
  const away = await decrypt()
  assert.equal(away.status, 502)
  assert.match(String(away.body.message), /failed to access key store: ECONNREFUSED/)
  await using back = await startTrent('serve', { data: trent.data ?? '', port: new URL(trent.url).port })
  assert.ok(back.url)
  assert.equal((await decrypt()).status, 200)
})
