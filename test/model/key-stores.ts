import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { expects, type Refusal } from './expectation.ts'
import type { KeyStore, World } from './state.ts'
import { chosen, nth, step } from './step.ts'

/** Custom key stores are in one Region here; what they would be connected to is not there. */
const PLACE = { region: 'us-east-1' } as const
const NAMES = fc.constantFrom('one', 'two', 'three')
const CONNECTING_MAX_MS = 10_000

const living = ({ stores }: World): readonly KeyStore[] => stores.filter(({ isGone }) => !isGone)
const missing = ({ isGone }: KeyStore): Refusal | undefined =>
  isGone ? ['CustomKeyStoreNotFoundException'] : undefined
const taken = (world: World, name: string, own?: KeyStore): Refusal | undefined =>
  living(world).some((store) => store.name === name && store !== own) ? ['CustomKeyStoreNameInUseException'] : undefined

export const createsKeyStore = step('createCustomKeyStore', NAMES, async (world, name) => {
  const number = String(world.stores.length).padStart(17, '0')
  const input = {
    CustomKeyStoreName: name,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: `com.amazonaws.vpce.us-east-1.vpce-svc-${number}`,
    XksProxyUriEndpoint: `https://n${number}.example.com`,
    XksProxyUriPath: '/kms/xks/v1',
    XksProxyAuthenticationCredential: {
      AccessKeyId: 'ABCDEFGHIJKLMNOPQRSTUVWX',
      RawSecretAccessKey: 'RawSecret0RawSecret0RawSecret0RawSecret0RawSecret0',
    },
  }
  const answer = await expects(world, 'CreateCustomKeyStore', input, PLACE, taken(world, name))
  if (answer) world.stores.push({ id: answer.CustomKeyStoreId, name, isGone: false })
})

export const renamesKeyStore = step(
  'updateCustomKeyStore',
  fc.record({ nth, name: NAMES }),
  async (world, { nth, name }) => {
    const store = chosen(world.stores, nth)
    if (!store) return
    const refusal = missing(store) ?? taken(world, name, store)
    const input = { CustomKeyStoreId: store.id, NewCustomKeyStoreName: name }
    await expects(world, 'UpdateCustomKeyStore', input, PLACE, refusal)
    if (!refusal) store.name = name
  },
)

export const deletesKeyStore = step('deleteCustomKeyStore', nth, async (world, pick) => {
  const store = chosen(world.stores, pick)
  if (!store) return
  await expects(world, 'DeleteCustomKeyStore', { CustomKeyStoreId: store.id }, PLACE, missing(store))
  store.isGone = true
})

async function stateOf(world: World, { id }: KeyStore): Promise<string> {
  const { CustomKeyStores } = await expects(
    world,
    'DescribeCustomKeyStores',
    { CustomKeyStoreId: id },
    PLACE,
    undefined,
  )
  return CustomKeyStores[0].ConnectionState
}

/** Nobody answers at the endpoint, so that a connection fails; only after it was ended can another one be begun. */
export const connectsKeyStore = step('connectCustomKeyStore', nth, async (world, pick) => {
  const store = chosen(world.stores, pick)
  if (!store) return
  const id = { CustomKeyStoreId: store.id }
  const isDisconnected: Refusal = ['CustomKeyStoreInvalidStateException']
  await expects(world, 'DisconnectCustomKeyStore', id, PLACE, missing(store) ?? isDisconnected)
  await expects(world, 'ConnectCustomKeyStore', id, PLACE, missing(store))
  if (store.isGone) return
  for (const end = Date.now() + CONNECTING_MAX_MS; (await stateOf(world, store)) === 'CONNECTING'; await delay(5))
    assert.ok(Date.now() < end)
  assert.equal(await stateOf(world, store), 'FAILED')
  await expects(world, 'DeleteCustomKeyStore', id, PLACE, isDisconnected)
  await expects(world, 'DisconnectCustomKeyStore', id, PLACE, undefined)
  assert.equal(await stateOf(world, store), 'DISCONNECTED')
})

export const usesKeyStore = step('createKeyInStore', nth, async (world, pick) => {
  const store = chosen(world.stores, pick)
  if (!store) return
  const refusal = missing(store) ?? ['CustomKeyStoreInvalidStateException']
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: store.id, XksKeyId: 'key-1' }
  await expects(world, 'CreateKey', input, PLACE, refusal)
})

export async function compareKeyStores(world: World): Promise<void> {
  const { CustomKeyStores } = await expects(world, 'DescribeCustomKeyStores', {}, PLACE, undefined)
  const told = CustomKeyStores.map(
    (entry: { readonly CustomKeyStoreId: string; readonly CustomKeyStoreName: string }) =>
      `${entry.CustomKeyStoreId} ${entry.CustomKeyStoreName}`,
  )
  assert.deepEqual(
    told.toSorted(),
    living(world)
      .map(({ id, name }) => `${id} ${name}`)
      .toSorted(),
  )
}
