import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { type Client, credentials, loadPackageDefinition, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { trent as start, temporaryDirectory } from '../cli/trent.ts'
import { clientsOf, newUser, policyText } from '../support/principals.ts'
import { startTrent } from '../support/trent.ts'

/** A stock gRPC client that does what an API server does. */
const home = temporaryDirectory()
const trent = await startTrent('serve', { data: 'temporary' })
const { port } = new URL(trent.url)
const root = clientsOf(trent, trent.credentials)
const node = await newUser(root.iam, 'control-plane')
const { KeyMetadata } = await root.kms.send(new CreateKeyCommand({}))
const { KeyId = '', Arn = '' } = KeyMetadata ?? {}
const policy = (...actions: readonly string[]) =>
  policyText(
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${trent.account}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: node.arn }, Action: actions, Resource: '*' },
  )
const allowPlugin = () =>
  root.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policy('kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey') }))
await allowPlugin()
await root.kms.send(new CreateAliasCommand({ AliasName: 'alias/k8s', TargetKeyId: KeyId }))

const socket = join(home.path, 'kms.sock')
const env = {
  AWS_ENDPOINT_URL: trent.url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: node.accessKeyId,
  AWS_SECRET_ACCESS_KEY: node.secretAccessKey,
}
const ARGS = ['k8s', '--key', Arn, '--context', 'cluster=blue', '--socket', socket]
const plugin = start(ARGS, { home: home.path, env })
plugin.url.catch(() => undefined)

type Answer = { readonly [member: string]: unknown }
type Stub = Client & {
  readonly [method in 'Status' | 'Encrypt' | 'Decrypt']: (
    request: object,
    answer: (cause: { readonly code: number; readonly details: string } | null, value: Answer) => void,
  ) => void
}
const definition = loadSync(join(import.meta.dirname, 'api.proto'), { defaults: true, keepCase: true })
const stub = stubAt(socket)
after(async () => {
  stub.close()
  await plugin[Symbol.asyncDispose]()
  root[Symbol.dispose]()
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})

function stubAt(path: string): Stub {
  const { v2 } = parsePackage(loadPackageDefinition(definition))
  return new v2.KeyManagementService(`unix:${path}`, credentials.createInsecure())
}

function parsePackage(value: unknown) {
  return value as { readonly v2: { readonly KeyManagementService: new (...args: readonly unknown[]) => Stub } }
}

function call(method: 'Status' | 'Encrypt' | 'Decrypt', request: object = {}, by = stub): Promise<Answer> {
  return new Promise((resolve, reject) =>
    by[method](request, (cause, value) => (cause ? reject(cause) : resolve(value))),
  )
}

async function until<T>(what: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await what().catch(() => undefined)
    if (found !== undefined) return found
    await delay(50)
  }
  return assert.fail('it never came about')
}
const healthy = () => until(async () => ((await call('Status')).healthz === 'ok' ? await call('Status') : undefined))
const seed = Buffer.from('a data encryption key seed of 32')
const encrypted = async () => {
  const { ciphertext, key_id } = await call('Encrypt', { plaintext: seed, uid: 'uid-1' })
  return { ciphertext, key_id }
}
const decrypted = async (request: object) =>
  Buffer.from((await call('Decrypt', { uid: 'uid-2', ...request })).plaintext as Uint8Array)

test('the status is well, and tells version and key id', async () => {
  const { version, key_id } = await healthy()
  assert.equal(version, 'v2')
  assert.match(String(key_id), new RegExp(`^${Arn}/[0-9a-f]{64}$`))
})

test('the socket is for its owner alone', () => {
  assert.equal(statSync(socket).mode & 0o777, 0o600)
})

test('what is encrypted has the key id of the status, and decrypts', async () => {
  const { key_id } = await healthy()
  const made = await encrypted()
  assert.equal(made.key_id, key_id)
  assert.deepEqual(await decrypted(made), seed)
})

test('after a rotation the status has another key id, and what was encrypted before still decrypts', async () => {
  const before = await encrypted()
  await root.kms.send(new RotateKeyOnDemandCommand({ KeyId }))
  const { key_id } = await until(async () => {
    const now = await call('Status')
    return now.key_id === before.key_id ? undefined : now
  })
  const made = await encrypted()
  assert.equal(made.key_id, key_id)
  assert.deepEqual(await decrypted(before), seed)
  assert.deepEqual(await decrypted(made), seed)
})

test('a key id that the plugin never gave, and a ciphertext that was changed, are refused', async () => {
  const { ciphertext, key_id } = await encrypted()
  for (const foreign of ['', 'key', Arn, `${key_id}x`])
    await assert.rejects(call('Decrypt', { ciphertext, key_id: foreign }), { code: status.INVALID_ARGUMENT })
  const changed = Buffer.from(ciphertext as Uint8Array)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  await assert.rejects(call('Decrypt', { ciphertext: changed, key_id }), {
    code: status.FAILED_PRECONDITION,
    details: /InvalidCiphertextException/,
  })
})

test('a disabled key makes the status unwell and says why; enabled, everything goes on', async () => {
  const made = await encrypted()
  await root.kms.send(new DisableKeyCommand({ KeyId }))
  const unwell = await call('Status')
  assert.match(String(unwell.healthz), /DisabledException: .* is disabled/)
  assert.equal(unwell.key_id, made.key_id)
  await assert.rejects(call('Decrypt', made), { code: status.FAILED_PRECONDITION, details: /DisabledException/ })
  await assert.rejects(call('Encrypt', { plaintext: seed }), { code: status.FAILED_PRECONDITION })
  await root.kms.send(new EnableKeyCommand({ KeyId }))
  await healthy()
  assert.deepEqual(await decrypted(made), seed)
})

test('a permission that is taken away makes the status unwell; given back, everything goes on', async () => {
  const made = await encrypted()
  await root.kms.send(new PutKeyPolicyCommand({ KeyId, Policy: policy('kms:DescribeKey') }))
  assert.match(String((await call('Status')).healthz), /AccessDeniedException/)
  await assert.rejects(call('Decrypt', made), { code: status.FAILED_PRECONDITION, details: /AccessDeniedException/ })
  await allowPlugin()
  await healthy()
  assert.deepEqual(await decrypted(made), seed)
})

test('while Trent is away the plugin answers, and says so; when it is back, everything goes on', async () => {
  const made = await encrypted()
  await trent.close()
  const away = await call('Status')
  assert.match(String(away.healthz), /KMS does not answer/)
  assert.equal(away.key_id, made.key_id)
  await assert.rejects(call('Decrypt', made), { code: status.UNAVAILABLE })
  const later = join(home.path, 'later.sock')
  // A control plane that boots before Trent does: the plugin listens, and waits.
  const early = start([...ARGS.slice(0, -1), later], { home: home.path, env })
  early.url.catch(() => undefined)
  const earlyStub = stubAt(later)
  await until(async () => ((await call('Status', {}, earlyStub)).healthz === 'ok' ? undefined : true))
  await using back = await startTrent('serve', { data: trent.data ?? '', port })
  assert.ok(back.url)
  await healthy()
  assert.deepEqual(await decrypted(made), seed)
  await until(async () => ((await call('Status', {}, earlyStub)).healthz === 'ok' ? true : undefined))
  earlyStub.close()
  early.kill('SIGTERM')
  assert.equal((await early.ended).code, 0)
})

test('a second plugin on one socket does not start; the socket of one that was killed is taken over', async () => {
  const second = start(ARGS, { home: home.path, env })
  second.url.catch(() => undefined)
  const ended = await second.ended
  assert.deepEqual([ended.code, ended.stderr], [1, `trent: another plugin listens on ${socket}\n`])
  plugin.kill('SIGKILL')
  await plugin.ended
  const next = start(ARGS, { home: home.path, env })
  next.url.catch(() => undefined)
  await until(async () => ((await call('Status')).version === 'v2' ? true : undefined))
  next.kill('SIGTERM')
  assert.equal((await next.ended).code, 0)
})
