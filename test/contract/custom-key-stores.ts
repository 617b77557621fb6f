import assert from 'node:assert/strict'
import type { Scope } from '../../src/domain/arn.ts'
import { type CustomKeyStore, parseCustomKeyStoreId } from '../../src/domain/custom-key-store.ts'
import type { WrappedKey } from '../../src/domain/key.ts'
import type { Change, Store } from '../../src/request/ports.ts'
import { anEvent, HOME, keyOf, OTHER_ACCOUNT, OTHER_REGION, parseKeyIdOf } from '../store/records.ts'

type Holds = (sentence: string, body: (store: Store) => Promise<void>) => void

const idOf = (n: number) => parseCustomKeyStoreId(`cks-${n.toString(16).padStart(17, '0')}`) ?? assert.fail()
const parseSecretOf = (n: number) => Uint8Array.of(1, n, 255) as Uint8Array as WrappedKey

function storeOf(n: number, over: Partial<CustomKeyStore> = {}, scope: Scope = HOME): CustomKeyStore {
  return {
    ...scope,
    id: idOf(n),
    revision: 1,
    name: `store "${n}" \u{1F511}`,
    createdAt: 1_700_000_000_000,
    settings: { type: 'AWS_CLOUDHSM', cloudHsmClusterId: 'cluster-2abcdefghijk', trustAnchorCertificate: 'PEM' },
    connection: { name: 'DISCONNECTED' },
    wrappedSecret: parseSecretOf(n),
    ...over,
  }
}

const put = async (store: Store, ...changes: readonly Change[]) =>
  assert.equal(await store.commit(changes, anEvent()), 'committed')
const refuse = async (store: Store, ...changes: readonly Change[]) => {
  const before = [await store.epoch(), await store.outbox(100)]
  assert.equal(await store.commit(changes, anEvent()), 'conflict')
  assert.deepEqual([await store.epoch(), await store.outbox(100)], before)
}

const inserted = (keyStore: CustomKeyStore, among: readonly CustomKeyStore[] = []): Change => ({
  kind: 'insert-key-store',
  keyStore,
  among,
})
const ONE = storeOf(1)
const KEY = parseKeyIdOf(0xa)
const keyIn = (keyStore: CustomKeyStore, xksKeyId?: string, keyId = KEY): Change => ({
  kind: 'insert-key',
  key: keyOf(keyId, { custody: { keyStoreId: keyStore.id, ...(xksKeyId === undefined ? {} : { xksKeyId }) } }),
  keyStore,
})

/** What a store promises about custom key stores. */
export function customKeyStores(holds: Holds): void {
  holds('custom key stores are read as they were written, in order of id, of one scope each', async (store) => {
    const failed = storeOf(2, {
      revision: 3,
      settings: {
        type: 'EXTERNAL_KEY_STORE',
        connectivity: 'VPC_ENDPOINT_SERVICE',
        uriEndpoint: 'https://proxy.example.com',
        uriPath: '/kms/xks/v1',
        accessKeyId: 'A'.repeat(20),
        vpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-0',
        vpcEndpointServiceOwner: '111122223333',
      },
      connection: { name: 'FAILED', errorCode: 'XKS_PROXY_TIMED_OUT' },
    })
    await put(store, inserted(failed))
    await put(store, inserted(ONE, [failed]), inserted(storeOf(1, {}, OTHER_REGION)))
    await put(store, inserted(storeOf(1, {}, OTHER_ACCOUNT)))
    assert.deepEqual(await store.listCustomKeyStores(HOME), [ONE, failed])
    assert.deepEqual(await store.listCustomKeyStores(OTHER_REGION), [storeOf(1, {}, OTHER_REGION)])
    assert.deepEqual(await store.findCustomKeyStore(HOME, failed.id), failed)
    assert.equal(await store.findCustomKeyStore(OTHER_REGION, failed.id), undefined)
    assert.deepEqual(await store.customKeyStoresUnderWay(), [])
  })

  holds('a custom key store of a taken id or name, or beside others than expected, is a conflict', async (store) => {
    await put(store, inserted(ONE))
    await refuse(store, inserted(storeOf(1, { name: 'other' }), [ONE]))
    await refuse(store, inserted(storeOf(2, { name: ONE.name }), [ONE]))
    await refuse(store, inserted(storeOf(2)))
    await refuse(store, inserted(storeOf(2), [{ ...ONE, revision: 2 }]))
    await refuse(store, inserted(storeOf(2), [ONE, storeOf(3)]))
    await put(store, inserted(storeOf(2), [ONE]))
  })

  holds('a custom key store changes from the revision that it has, and only so', async (store) => {
    await put(store, inserted(ONE))
    const changed = storeOf(1, {
      revision: 2,
      name: 'renamed',
      connection: { name: 'CONNECTING' },
      wrappedSecret: parseSecretOf(9),
    })
    await refuse(store, { kind: 'update-key-store', keyStore: storeOf(1, { revision: 3 }) })
    await refuse(store, { kind: 'update-key-store', keyStore: storeOf(2, { revision: 2 }) })
    await refuse(store, { kind: 'update-key-store', keyStore: changed, among: [] })
    await put(store, { kind: 'update-key-store', keyStore: changed, among: [ONE] })
    assert.deepEqual(await store.findCustomKeyStore(HOME, ONE.id), changed)
    assert.deepEqual(await store.customKeyStoresUnderWay(), [changed])
    await refuse(store, { kind: 'delete-key-store', keyStore: ONE })
    await put(store, { kind: 'delete-key-store', keyStore: changed })
    assert.equal(await store.findCustomKeyStore(HOME, ONE.id), undefined)
    await refuse(store, { kind: 'delete-key-store', keyStore: changed })
  })
}

/** What a store promises about the keys in custom key stores. */
export function keysInStores(holds: Holds): void {
  holds('a store holds its keys until they are deleted, and is not deleted before', async (store) => {
    await put(store, inserted(ONE))
    await put(store, keyIn(ONE, 'k1'))
    await put(store, keyIn(ONE, undefined, parseKeyIdOf(0xb)), keyIn(ONE, undefined, parseKeyIdOf(0xc)))
    const found = await store.findKey(HOME, KEY)
    assert.deepEqual(found?.custody, { keyStoreId: ONE.id, xksKeyId: 'k1' })
    assert.deepEqual(
      [await store.countKeysInStore(HOME, ONE.id), await store.countKeysInStore(HOME, ONE.id, 'k1')],
      [3, 1],
    )
    assert.equal(await store.countKeysInStore(OTHER_REGION, ONE.id), 0)
    await refuse(store, { kind: 'delete-key-store', keyStore: ONE })
    for (const n of [0xa, 0xb, 0xc]) {
      const key = (await store.findKey(HOME, parseKeyIdOf(n))) ?? assert.fail()
      await put(store, { kind: 'delete-key', key })
    }
    await put(store, { kind: 'delete-key-store', keyStore: ONE })
  })

  holds('a key in a store that is gone or has changed, or of an external key in use, is a conflict', async (store) => {
    await put(store, inserted(ONE))
    await refuse(store, keyIn(storeOf(2)))
    await refuse(store, keyIn(storeOf(1, { revision: 2 })))
    await put(store, keyIn(ONE, 'k1'))
    await refuse(store, keyIn(ONE, 'k1', parseKeyIdOf(0xb)))
    assert.equal(await store.findKey(HOME, parseKeyIdOf(0xb)), undefined)
  })
}
