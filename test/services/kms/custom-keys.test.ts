import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { error } from '../../../src/domain/error.ts'
import type { KeyStoreBackend } from '../../../src/request/ports.ts'
import { refusedWith } from '../../support/answer.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

/** The world outside: a cluster that answers as the test says. */
const outside = {
  connects: async (): ReturnType<KeyStoreBackend['connect']> => 'connected',
  checks: async (): ReturnType<KeyStoreBackend['check']> => undefined,
  makes: async (): ReturnType<KeyStoreBackend['createKey']> => undefined,
  calls: [] as string[],
}
const backend: KeyStoreBackend = {
  check: () => outside.checks(),
  connect(keyStore) {
    outside.calls.push(`connect ${keyStore.id}`)
    return outside.connects()
  },
  async disconnect(keyStore) {
    outside.calls.push(`disconnect ${keyStore.id}`)
  },
  createKey: () => outside.makes(),
  generateRandom: async (_keyStore, bytes) => Buffer.alloc(bytes, 7),
}

const world = { keyStoreBackends: { AWS_CLOUDHSM: backend, EXTERNAL_KEY_STORE: backend } }
const trent = await startTrent('dev', { data: 'temporary' }, world)
after(() => trent[Symbol.asyncDispose]())

const CLUSTER = 'cluster-2abcdefghijk'
const CLOUD_HSM = {
  CustomKeyStoreName: 'one',
  CloudHsmClusterId: CLUSTER,
  TrustAnchorCertificate: 'certificate',
  KeyStorePassword: 'password',
}
const EXTERNAL = {
  CustomKeyStoreName: 'one',
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyUriEndpoint: 'https://proxy.example.com',
  XksProxyUriPath: '/kms/xks/v1',
  XksProxyAuthenticationCredential: { AccessKeyId: 'A'.repeat(20), RawSecretAccessKey: 'b'.repeat(43) },
}

async function connectedStore(input: object, running = trent) {
  const caller = { account: newAccount() }
  const call = (operation: string, given: object = {}) => running.kms(operation, given, caller)
  const ok = (operation: string, given: object = {}) => running.ok(operation, given, caller)
  const { CustomKeyStoreId } = JSON.parse((await call('CreateCustomKeyStore', input)).text)
  const state = async (): Promise<string> =>
    JSON.parse((await call('DescribeCustomKeyStores', { CustomKeyStoreId })).text).CustomKeyStores[0].ConnectionState
  const reaches = async (wanted: string) => {
    for (let i = 0; i < 200 && (await state()) !== wanted; i += 1) await delay(10)
    assert.equal(await state(), wanted)
  }
  await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
  await reaches('CONNECTED')
  const disconnect = async () => {
    await ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
    await reaches('DISCONNECTED')
  }
  const connect = async () => {
    await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
    await reaches('CONNECTED')
  }
  return { call, ok, CustomKeyStoreId, state, reaches, disconnect, connect }
}

const inCluster = (CustomKeyStoreId: string) => ({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })

test('a key made in a connected cluster says where it is, and has no material here', async () => {
  const { ok, CustomKeyStoreId } = await connectedStore(CLOUD_HSM)
  const { KeyMetadata: made } = await ok('CreateKey', inCluster(CustomKeyStoreId))
  const { KeyMetadata: seen } = await ok('DescribeKey', { KeyId: made.KeyId })
  assert.deepEqual(seen, made)
  assert.deepEqual(
    [seen.KeyState, seen.CurrentKeyMaterialId, JSON.stringify(seen).includes(`"CloudHsmClusterId":"${CLUSTER}"`)],
    ['Enabled', undefined, true],
  )
})

test('an external key is of one KMS key of its store only, also when two are made at once', async () => {
  const { call, ok, CustomKeyStoreId } = await connectedStore(EXTERNAL)
  const create = (XksKeyId: string) => call('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId })
  const answers = await Promise.all([create('k1'), create('k1')])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
  assert.ok(answers.some(({ code }) => code === 'XksKeyAlreadyInUseException'))
  const other = await create('k2')
  assert.deepEqual(JSON.parse(other.text).KeyMetadata.XksKeyConfiguration, { Id: 'k2' })
  await ok('DescribeKey', { KeyId: other.output.KeyMetadata.KeyId })
})

test('what the store outside refuses is not made', async () => {
  const { call, CustomKeyStoreId } = await connectedStore(EXTERNAL)
  outside.makes = async () => error('XksKeyNotFoundException', 'The external key does not exist.')
  const answer = await call('CreateKey', { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'k1' })
  outside.makes = async () => undefined
  refusedWith(answer, 'XksKeyNotFoundException')
  assert.deepEqual((await call('ListKeys')).output.Keys, [])
  outside.checks = async () => error('XksProxyUriUnreachableException', 'The proxy does not answer.')
  const other = { ...EXTERNAL, CustomKeyStoreName: 'two', XksProxyUriPath: '/two/kms/xks/v1' }
  const [created, updated] = [
    await call('CreateCustomKeyStore', other),
    await call('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'three' }),
  ]
  outside.checks = async () => undefined
  refusedWith(created, 'XksProxyUriUnreachableException')
  refusedWith(updated, 'XksProxyUriUnreachableException')
})

test('keys of a disconnected store are unavailable, but for those that wait for deletion', async () => {
  const { call, ok, CustomKeyStoreId, disconnect, connect } = await connectedStore(CLOUD_HSM)
  const { KeyId, Arn } = (await ok('CreateKey', inCluster(CustomKeyStoreId))).KeyMetadata
  const doomed = (await ok('CreateKey', inCluster(CustomKeyStoreId))).KeyMetadata.KeyId
  await ok('ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 })
  await disconnect()
  const stateOf = async (id: string) => (await ok('DescribeKey', { KeyId: id })).KeyMetadata.KeyState
  assert.deepEqual([await stateOf(KeyId), await stateOf(doomed)], ['Unavailable', 'PendingDeletion'])
  const encrypted = await call('Encrypt', { KeyId, Plaintext: 'YQ==' })
  refusedWith(encrypted, 'KMSInvalidStateException', `${Arn} is unavailable.`)
  refusedWith(await call('CreateKey', inCluster(CustomKeyStoreId)), 'CustomKeyStoreInvalidStateException')
  refusedWith(await call('DeleteCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreHasCMKsException')
  await ok('CancelKeyDeletion', { KeyId: doomed })
  assert.equal(await stateOf(doomed), 'Unavailable')
  await connect()
  assert.deepEqual([await stateOf(KeyId), await stateOf(doomed)], ['Enabled', 'Disabled'])
})

test('what is done to an unavailable key takes effect when its store is connected again', async () => {
  const { ok, CustomKeyStoreId, disconnect, connect } = await connectedStore(CLOUD_HSM)
  const { KeyId } = (await ok('CreateKey', inCluster(CustomKeyStoreId))).KeyMetadata
  const stateOf = async () => (await ok('DescribeKey', { KeyId })).KeyMetadata.KeyState
  await disconnect()
  await ok('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })
  await ok('UpdateKeyDescription', { KeyId, Description: 'other' })
  assert.equal(await stateOf(), 'Unavailable')
  await connect()
  assert.equal(await stateOf(), 'Enabled')
  await disconnect()
  await ok('DisableKey', { KeyId })
  assert.equal(await stateOf(), 'Unavailable')
  await connect()
  assert.equal(await stateOf(), 'Disabled')
})

test('a store can be deleted once its keys are', async () => {
  const { call, ok, CustomKeyStoreId, disconnect } = await connectedStore(CLOUD_HSM)
  const { KeyId } = (await ok('CreateKey', inCluster(CustomKeyStoreId))).KeyMetadata
  await ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  refusedWith(await call('DeleteCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException')
  await disconnect()
  refusedWith(await call('DeleteCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreHasCMKsException')
  assert.equal((await trent.control('POST', '/_trent/clock', { advance: 'P8D' })).status, 200)
  assert.equal((await call('DeleteCustomKeyStore', { CustomKeyStoreId })).text, '{}')
})

test('no key of a custom key store rotates or makes data key pairs, and none is used here in place of there', async () => {
  const { call, ok, CustomKeyStoreId } = await connectedStore(CLOUD_HSM)
  const { KeyId } = (await ok('CreateKey', inCluster(CustomKeyStoreId))).KeyMetadata
  const pair = { KeyId, KeyPairSpec: 'ECC_NIST_P256' }
  for (const [operation, input] of [
    ['EnableKeyRotation', { KeyId }],
    ['RotateKeyOnDemand', { KeyId }],
    ['GenerateDataKeyPair', pair],
    ['GenerateDataKeyPairWithoutPlaintext', pair],
  ] as const)
    refusedWith(await call(operation, input), 'UnsupportedOperationException')
  refusedWith(await call('Encrypt', { KeyId, Plaintext: 'YQ==' }), 'KMSInvalidStateException')
  refusedWith(await call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }), 'KMSInvalidStateException')
})

test('while connected, a store takes a new name, credential and path, and nothing else', async () => {
  const { call, ok, CustomKeyStoreId } = await connectedStore(EXTERNAL)
  await ok('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'two' })
  await ok('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyUriPath: '/new/kms/xks/v1' })
  const { XksProxyAuthenticationCredential } = EXTERNAL
  await ok('UpdateCustomKeyStore', { CustomKeyStoreId, XksProxyAuthenticationCredential })
  const endpoint = { CustomKeyStoreId, XksProxyUriEndpoint: 'https://else.example.com' }
  refusedWith(await call('UpdateCustomKeyStore', endpoint), 'CustomKeyStoreInvalidStateException')
  const cluster = await connectedStore(CLOUD_HSM)
  const password = { CustomKeyStoreId: cluster.CustomKeyStoreId, KeyStorePassword: 'new password' }
  refusedWith(await cluster.call('UpdateCustomKeyStore', password), 'CustomKeyStoreInvalidStateException')
})

test('connecting a connected store changes nothing, and random bytes come from its cluster', async () => {
  const { ok, CustomKeyStoreId, state } = await connectedStore(CLOUD_HSM)
  const before = outside.calls.length
  await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
  assert.deepEqual([await state(), outside.calls.length], ['CONNECTED', before])
  const { Plaintext } = await ok('GenerateRandom', { NumberOfBytes: 4, CustomKeyStoreId })
  assert.equal(Plaintext, Buffer.alloc(4, 7).toString('base64'))
})

test('a store that is disconnected while it is being connected ends disconnected', async () => {
  const { ok, CustomKeyStoreId, state, reaches, disconnect } = await connectedStore(CLOUD_HSM)
  await disconnect()
  const { promise, resolve } = Promise.withResolvers<'connected'>()
  outside.connects = () => promise
  await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
  assert.equal(await state(), 'CONNECTING')
  await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
  await ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
  assert.equal(await state(), 'DISCONNECTING')
  outside.connects = async () => 'connected'
  resolve('connected')
  await reaches('DISCONNECTED')
  assert.equal(outside.calls.at(-1), `disconnect ${CustomKeyStoreId}`)
})

test('a connection that a crash interrupted goes on after the restart', async () => {
  const first = await startTrent('serve', {}, world)
  const data = first.data ?? assert.fail()
  const { CustomKeyStoreId } = await connectedStore(CLOUD_HSM, first)
  await first.close()
  const db = new DatabaseSync(join(data, 'trent.db'))
  db.exec(`update custom_key_stores set connection = 'CONNECTING',
    record = json_set(record, '$.connection', json('{"name":"CONNECTING"}'))`)
  db.close()
  const before = outside.calls.length
  const second = await startTrent('serve', { data }, world)
  let text = ''
  for (let i = 0; i < 200 && !text.includes('"CONNECTED"'); i += 1) {
    text = (await second.kms('DescribeCustomKeyStores', { CustomKeyStoreId })).text
    await delay(10)
  }
  assert.match(text, /"ConnectionState":"CONNECTED"/)
  assert.deepEqual(outside.calls.slice(before), [`connect ${CustomKeyStoreId}`])
  await second.close()
  await first[Symbol.asyncDispose]()
})

test('a backend that throws leaves the store failed, and the service up', async () => {
  const { ok, CustomKeyStoreId, reaches, disconnect } = await connectedStore(CLOUD_HSM)
  await disconnect()
  outside.connects = () => Promise.reject(new Error('broken'))
  await ok('ConnectCustomKeyStore', { CustomKeyStoreId })
  await reaches('FAILED')
  outside.connects = async () => 'connected'
  await ok('DisconnectCustomKeyStore', { CustomKeyStoreId })
  await reaches('DISCONNECTED')
})
