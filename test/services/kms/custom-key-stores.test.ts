import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { refusedWith } from '../../support/answer.ts'
import { eventsOf } from '../../support/trail.ts'
import { newAccount, startTrent } from '../../support/trent.ts'

const trent = await startTrent('dev', { data: 'temporary' })
after(() => trent[Symbol.asyncDispose]())

const PASSWORD = 'kmsuser-pw-Zq81'
const SECRET = 'RawSecret0RawSecret0RawSecret0RawSecret0RawSecret0'
const ACCESS_KEY_ID = 'ABCDEFGHIJKLMNOPQRSTUVWX'
const CLUSTER = 'cluster-2abcdefghijk'

const cloudHsm = (name: string, over: object = {}) => ({
  CustomKeyStoreName: name,
  CloudHsmClusterId: CLUSTER,
  TrustAnchorCertificate: '-----BEGIN CERTIFICATE-----',
  KeyStorePassword: PASSWORD,
  ...over,
})
const external = (name: string, over: object = {}) => ({
  CustomKeyStoreName: name,
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
  XksProxyConnectivity: 'PUBLIC_ENDPOINT',
  XksProxyUriEndpoint: 'https://proxy.example.com',
  XksProxyUriPath: '/one/kms/xks/v1',
  XksProxyAuthenticationCredential: { AccessKeyId: ACCESS_KEY_ID, RawSecretAccessKey: SECRET },
  ...over,
})
const SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0'
const behindVpc = (name: string, over: object = {}) =>
  external(name, {
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: SERVICE,
    XksProxyUriEndpoint: 'https://private.example.com',
    ...over,
  })

type Entry = {
  readonly CustomKeyStoreId: string
  readonly CustomKeyStoreName: string
  readonly ConnectionState: string
  readonly ConnectionErrorCode?: string
  readonly [member: string]: unknown
}

/** An account of its own, and what is done in it. */
function home() {
  const caller = { account: newAccount() }
  const call = (operation: string, input: object = {}) => trent.kms(operation, input, caller)
  const created = async (input: object): Promise<string> => {
    const answer = await call('CreateCustomKeyStore', input)
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text).CustomKeyStoreId
  }
  const described = async (input: object = {}): Promise<readonly Entry[]> => {
    const answer = await call('DescribeCustomKeyStores', input)
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text).CustomKeyStores
  }
  const settled = async (CustomKeyStoreId: string): Promise<Entry> => {
    for (const end = Date.now() + 3_000; ; await delay(10)) {
      const [entry = assert.fail()] = await described({ CustomKeyStoreId })
      if (!entry.ConnectionState.endsWith('ING') || Date.now() > end) return entry
    }
  }
  return { caller, call, created, described, settled }
}

test('a CloudHSM store is described as it was created, disconnected, without its password', async () => {
  const { created, described } = home()
  const id = await created(cloudHsm('one'))
  assert.match(id, /^cks-[0-9a-f]{17}$/)
  const [{ CreationDate, ...entry } = assert.fail()] = await described()
  assert.ok(Math.abs(Number(CreationDate) * 1000 - Date.now()) < 60_000)
  assert.deepEqual(entry, {
    CustomKeyStoreId: id,
    CustomKeyStoreName: 'one',
    CloudHsmClusterId: CLUSTER,
    TrustAnchorCertificate: '-----BEGIN CERTIFICATE-----',
    ConnectionState: 'DISCONNECTED',
    CustomKeyStoreType: 'AWS_CLOUDHSM',
  })
})

test('an external key store is described with the id of its credential and never with the secret', async () => {
  const { caller, created, described } = home()
  await created(behindVpc('one'))
  const [entry = assert.fail()] = await described({ CustomKeyStoreName: 'one' })
  assert.equal(entry.CustomKeyStoreType, 'EXTERNAL_KEY_STORE')
  assert.deepEqual(entry.XksProxyConfiguration, {
    Connectivity: 'VPC_ENDPOINT_SERVICE',
    AccessKeyId: ACCESS_KEY_ID,
    UriEndpoint: 'https://private.example.com',
    UriPath: '/one/kms/xks/v1',
    VpcEndpointServiceName: SERVICE,
    VpcEndpointServiceOwner: caller.account,
  })
  assert.equal(JSON.stringify(entry).includes(SECRET), false)
})

const without = (input: object, ...members: readonly string[]) =>
  Object.fromEntries(Object.entries(input).filter(([name]) => !members.includes(name)))

const INCOMPLETE: ReadonlyArray<readonly [string, object]> = [
  ['a CloudHSM store without its cluster', without(cloudHsm('x'), 'CloudHsmClusterId')],
  ['a CloudHSM store without its trust anchor', without(cloudHsm('x'), 'TrustAnchorCertificate')],
  ['a CloudHSM store without its password', without(cloudHsm('x'), 'KeyStorePassword')],
  ['a CloudHSM store with a proxy', cloudHsm('x', { XksProxyUriPath: '/kms/xks/v1' })],
  ['an external key store without its connectivity', without(external('x'), 'XksProxyConnectivity')],
  ['an external key store without its endpoint', without(external('x'), 'XksProxyUriEndpoint')],
  ['an external key store without its path', without(external('x'), 'XksProxyUriPath')],
  ['an external key store without its credential', without(external('x'), 'XksProxyAuthenticationCredential')],
  ['an external key store with a password', external('x', { KeyStorePassword: PASSWORD })],
  ['a public external key store with a VPC service', external('x', { XksProxyVpcEndpointServiceName: SERVICE })],
  ['a private external key store without a VPC service', without(behindVpc('x'), 'XksProxyVpcEndpointServiceName')],
]
for (const [what, input] of INCOMPLETE)
  test(`${what} is refused with ValidationException, and its secret is not repeated`, async () => {
    const { call, described } = home()
    const answer = await call('CreateCustomKeyStore', input)
    refusedWith(answer, 'ValidationException')
    assert.equal(answer.text.includes(PASSWORD) || answer.text.includes(SECRET), false)
    assert.deepEqual(await described(), [])
  })

const TAKEN: ReadonlyArray<readonly [string, object, object, string]> = [
  ['a name', cloudHsm('n'), external('n'), 'CustomKeyStoreNameInUseException'],
  ['a cluster', cloudHsm('a'), cloudHsm('b'), 'CloudHsmClusterInUseException'],
  ['a proxy URI', external('a'), external('b'), 'XksProxyUriInUseException'],
  [
    'the endpoint of a public store for one behind a VPC service',
    external('a'),
    behindVpc('b', { XksProxyUriEndpoint: 'https://proxy.example.com', XksProxyUriPath: '/two/kms/xks/v1' }),
    'XksProxyUriEndpointInUseException',
  ],
  [
    'the endpoint of another store behind a VPC service',
    behindVpc('a'),
    behindVpc('b', {
      XksProxyUriPath: '/two/kms/xks/v1',
      XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-9',
    }),
    'XksProxyUriEndpointInUseException',
  ],
  [
    'a VPC service',
    behindVpc('a'),
    behindVpc('b', { XksProxyUriEndpoint: 'https://other.example.com' }),
    'XksProxyVpcEndpointServiceInUseException',
  ],
]
for (const [what, first, second, code] of TAKEN) {
  test(`${what} that is taken is refused with ${code}`, async () => {
    const { call, created, described } = home()
    await created(first)
    refusedWith(await call('CreateCustomKeyStore', second), code)
    assert.equal((await described()).length, 1)
  })
  test(`of two stores made at once with ${what} in common, one is made`, async () => {
    const { call, described } = home()
    const answers = await Promise.all([call('CreateCustomKeyStore', first), call('CreateCustomKeyStore', second)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400])
    assert.ok(answers.some((answer) => answer.code === code))
    assert.equal((await described()).length, 1)
  })
}

test('public stores may share an endpoint, and another account may have the same name and URI', async () => {
  const { created, described } = home()
  await created(external('a'))
  await created(external('b', { XksProxyUriPath: '/two/kms/xks/v1' }))
  assert.equal((await described()).length, 2)
  await home().created(external('a'))
})

test('an eleventh store is refused with LimitExceededException, and pages join to all ten', async () => {
  const { call, created, described } = home()
  const numbered = (n: number) => external(`s${n}`, { XksProxyUriPath: `/p${n}/kms/xks/v1` })
  const ids: string[] = []
  for (let n = 0; n < 10; n += 1) ids.push(await created(numbered(n)))
  refusedWith(await call('CreateCustomKeyStore', numbered(10)), 'LimitExceededException')
  const seen: string[] = []
  for (let Marker: string | undefined, page = 0; page < 4; page += 1) {
    const answer = JSON.parse((await call('DescribeCustomKeyStores', { Limit: 3, ...(Marker ? { Marker } : {}) })).text)
    seen.push(...answer.CustomKeyStores.map((entry: Entry) => entry.CustomKeyStoreId))
    assert.equal(answer.Truncated, page < 3)
    Marker = answer.NextMarker
  }
  assert.deepEqual(seen, ids.toSorted())
  assert.equal((await described()).length, 10)
})

test('DescribeCustomKeyStores refuses what it cannot find or page', async () => {
  const { call, created } = home()
  const CustomKeyStoreId = await created(cloudHsm('one'))
  const describe = (input: object) => call('DescribeCustomKeyStores', input)
  refusedWith(await describe({ CustomKeyStoreId, CustomKeyStoreName: 'one' }), 'ValidationException')
  refusedWith(await describe({ CustomKeyStoreId: 'cks-00000000000000000' }), 'CustomKeyStoreNotFoundException')
  refusedWith(await describe({ CustomKeyStoreId: "x' or 1=1" }), 'CustomKeyStoreNotFoundException')
  refusedWith(await describe({ CustomKeyStoreName: 'two' }), 'CustomKeyStoreNotFoundException')
  refusedWith(await describe({ Marker: 'no marker' }), 'InvalidMarkerException')
  refusedWith(await home().call('DescribeCustomKeyStores', { CustomKeyStoreId }), 'CustomKeyStoreNotFoundException')
})

const FAILURES: ReadonlyArray<readonly [object, string]> = [
  [cloudHsm('one'), 'CLUSTER_NOT_FOUND'],
  [external('one'), 'XKS_PROXY_NOT_REACHABLE'],
  [behindVpc('one'), 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND'],
]
for (const [input, errorCode] of FAILURES)
  test(`a store that nothing reaches fails to connect with ${errorCode}, until it is disconnected`, async () => {
    const { call, created, settled } = home()
    const CustomKeyStoreId = await created(input)
    const connect = await call('ConnectCustomKeyStore', { CustomKeyStoreId })
    assert.deepEqual([connect.status, connect.text], [200, '{}'])
    const failed = await settled(CustomKeyStoreId)
    assert.deepEqual([failed.ConnectionState, failed.ConnectionErrorCode], ['FAILED', errorCode])
    refusedWith(await call('ConnectCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException')
    refusedWith(await call('DeleteCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException')
    refusedWith(
      await call('UpdateCustomKeyStore', { CustomKeyStoreId, NewCustomKeyStoreName: 'two' }),
      'CustomKeyStoreInvalidStateException',
    )
    assert.equal((await call('DisconnectCustomKeyStore', { CustomKeyStoreId })).text, '{}')
    const rest = await settled(CustomKeyStoreId)
    assert.deepEqual([rest.ConnectionState, rest.ConnectionErrorCode], ['DISCONNECTED', undefined])
    refusedWith(await call('DisconnectCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException')
    assert.equal((await call('DeleteCustomKeyStore', { CustomKeyStoreId })).text, '{}')
    refusedWith(await call('DescribeCustomKeyStores', { CustomKeyStoreId }), 'CustomKeyStoreNotFoundException')
    refusedWith(await call('DeleteCustomKeyStore', { CustomKeyStoreId }), 'CustomKeyStoreNotFoundException')
  })

test('an update changes what it names and keeps the rest', async () => {
  const { call, created, described } = home()
  const CustomKeyStoreId = await created(external('one'))
  const update = (input: object) => call('UpdateCustomKeyStore', { CustomKeyStoreId, ...input })
  assert.equal((await update({ NewCustomKeyStoreName: 'two', XksProxyUriPath: '/new/kms/xks/v2' })).text, '{}')
  const [entry = assert.fail()] = await described()
  assert.equal(entry.CustomKeyStoreName, 'two')
  assert.deepEqual(entry.XksProxyConfiguration, {
    Connectivity: 'PUBLIC_ENDPOINT',
    AccessKeyId: ACCESS_KEY_ID,
    UriEndpoint: 'https://proxy.example.com',
    UriPath: '/new/kms/xks/v2',
  })
  refusedWith(await update({ KeyStorePassword: PASSWORD }), 'ValidationException')
  refusedWith(await update({ XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }), 'ValidationException')
  refusedWith(
    await update({ XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE', XksProxyUriEndpoint: 'https://p.example.com' }),
    'ValidationException',
  )
  refusedWith(await update({ XksProxyVpcEndpointServiceName: SERVICE }), 'ValidationException')
  assert.equal((await update({})).text, '{}')
})

test('an update to another connectivity takes its endpoint and leaves the VPC service behind', async () => {
  const { call, created, described } = home()
  const CustomKeyStoreId = await created(behindVpc('one', { XksProxyVpcEndpointServiceOwner: '123456789012' }))
  const XksProxyUriEndpoint = 'https://public.example.com'
  const change = { CustomKeyStoreId, XksProxyConnectivity: 'PUBLIC_ENDPOINT', XksProxyUriEndpoint }
  assert.equal((await call('UpdateCustomKeyStore', change)).text, '{}')
  const [entry = assert.fail()] = await described()
  assert.deepEqual(entry.XksProxyConfiguration, {
    Connectivity: 'PUBLIC_ENDPOINT',
    AccessKeyId: ACCESS_KEY_ID,
    UriEndpoint: XksProxyUriEndpoint,
    UriPath: '/one/kms/xks/v1',
  })
})

test('an update to what another store has is refused, to what the store itself has is not', async () => {
  const { call, created } = home()
  await created(external('a'))
  const CustomKeyStoreId = await created(external('b', { XksProxyUriPath: '/two/kms/xks/v1' }))
  const update = (input: object) => call('UpdateCustomKeyStore', { CustomKeyStoreId, ...input })
  refusedWith(await update({ NewCustomKeyStoreName: 'a' }), 'CustomKeyStoreNameInUseException')
  refusedWith(await update({ XksProxyUriPath: '/one/kms/xks/v1' }), 'XksProxyUriInUseException')
  assert.equal((await update({ NewCustomKeyStoreName: 'b', XksProxyUriPath: '/two/kms/xks/v1' })).text, '{}')
  const nowhere = { CustomKeyStoreId: 'cks-0', NewCustomKeyStoreName: 'c' }
  refusedWith(await call('UpdateCustomKeyStore', nowhere), 'CustomKeyStoreNotFoundException')
})

for (const [input, code] of [
  [{ Origin: 'AWS_CLOUDHSM' }, 'ValidationException'],
  [{ Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'k' }, 'ValidationException'],
  [{ CustomKeyStoreId: 'cks-00000000000000000' }, 'ValidationException'],
  [{ XksKeyId: 'k' }, 'ValidationException'],
  [{ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1', XksKeyId: 'k' }, 'ValidationException'],
  [{ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-1' }, 'ValidationException'],
  [{ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-00000000000000000' }, 'CustomKeyStoreNotFoundException'],
  [
    { Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1', KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    'UnsupportedOperationException',
  ],
  [{ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1', MultiRegion: true }, 'UnsupportedOperationException'],
] as const)
  test(`CreateKey with ${JSON.stringify(input)} is refused with ${code}`, async () => {
    refusedWith(await home().call('CreateKey', input), code)
  })

test('CreateKey is refused in a store that is not connected, and in one of the other type', async () => {
  const { call, created } = home()
  const CustomKeyStoreId = await created(cloudHsm('one'))
  const create = (input: object) => call('CreateKey', { CustomKeyStoreId, ...input })
  refusedWith(await create({ Origin: 'AWS_CLOUDHSM' }), 'CustomKeyStoreInvalidStateException')
  refusedWith(await create({ Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'k' }), 'UnsupportedOperationException')
})

test('GenerateRandom asks a cluster that is connected, and no external key store', async () => {
  const { call, created } = home()
  const cluster = await created(cloudHsm('one'))
  const proxy = await created(external('two'))
  const random = (CustomKeyStoreId: string) => call('GenerateRandom', { NumberOfBytes: 8, CustomKeyStoreId })
  refusedWith(await random(cluster), 'CustomKeyStoreInvalidStateException')
  refusedWith(await random(proxy), 'UnsupportedOperationException')
  refusedWith(await random('cks-00000000000000000'), 'CustomKeyStoreNotFoundException')
})

test('events tell the store, and no event, file or answer holds a secret', async () => {
  const { call } = home()
  const data = trent.data ?? assert.fail()
  const made = await call('CreateCustomKeyStore', cloudHsm('seen'))
  const { CustomKeyStoreId } = JSON.parse(made.text)
  const [event = assert.fail()] = await eventsOf(data, made.requestId)
  assert.deepEqual(event.requestParameters, {
    customKeyStoreName: 'seen',
    customKeyStoreType: 'AWS_CLOUDHSM',
    clusterId: CLUSTER,
  })
  assert.deepEqual(event.responseElements, { customKeyStoreId: CustomKeyStoreId })
  assert.deepEqual(event.additionalEventData, { customKeyStoreName: 'seen', clusterId: CLUSTER })
  const proxy = await call('CreateCustomKeyStore', external('proxy'))
  const [second = assert.fail()] = await eventsOf(data, proxy.requestId)
  assert.deepEqual(second.requestParameters, {
    customKeyStoreName: 'proxy',
    customKeyStoreType: 'EXTERNAL_KEY_STORE',
    xksProxyConnectivity: 'PUBLIC_ENDPOINT',
    xksProxyUriEndpoint: 'https://proxy.example.com',
    xksProxyUriPath: '/one/kms/xks/v1',
  })
  const refused = await call('CreateCustomKeyStore', cloudHsm('x', { KeyStorePassword: `${'y'.repeat(33)}${SECRET}` }))
  refusedWith(refused, 'ValidationException')
  await eventsOf(data, refused.requestId)
  for (const name of filesBelow(data))
    for (const secret of [PASSWORD, SECRET]) assert.equal(readFileSync(name).includes(secret), false, name)
})

const filesBelow = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
