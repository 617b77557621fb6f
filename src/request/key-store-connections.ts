import type { Connection, CustomKeyStore } from '../domain/custom-key-store.ts'
import { isError, type ServiceError } from '../domain/error.ts'
import { COMMIT_ATTEMPTS_MAX, KEY_STORE_RETRY_MS } from '../domain/limits.ts'
import type { Log } from './log.ts'
import type { KeyStoreBackends, Store } from './ports.ts'

/** Connects and disconnects custom key stores beside the calls that asked for it. */
export type KeyStoreConnections = {
  /** Does what the store's committed state asks for; the caller need not wait. */
  attend(keyStore: CustomKeyStore): void
  /** Goes on where an earlier process stopped. */
  resume(): Promise<void>
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

type Parts = { readonly store: Store; readonly backends: KeyStoreBackends; readonly log: Log }

/** Nobody configured a way to where this store's keys are. */
function unreachable({ settings }: CustomKeyStore): Connection {
  if (settings.type === 'AWS_CLOUDHSM') return { name: 'FAILED', errorCode: 'CLUSTER_NOT_FOUND' }
  return settings.connectivity === 'VPC_ENDPOINT_SERVICE'
    ? { name: 'FAILED', errorCode: 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND' }
    : { name: 'FAILED', errorCode: 'XKS_PROXY_NOT_REACHABLE' }
}

async function connected(backends: KeyStoreBackends, keyStore: CustomKeyStore): Promise<Connection> {
  const backend = backends[keyStore.settings.type]
  if (!backend) return unreachable(keyStore)
  const answer = await backend.connect(keyStore)
  return answer === 'connected' ? { name: 'CONNECTED' } : { name: 'FAILED', errorCode: answer }
}

/** What the connection becomes; nothing when the store rests. */
async function next({ backends, log }: Parts, keyStore: CustomKeyStore): Promise<Connection | undefined> {
  if (keyStore.connection.name === 'DISCONNECTING') {
    await backends[keyStore.settings.type]?.disconnect(keyStore).catch((cause) => {
      log.error('a custom key store was not disconnected in order', { cause })
    })
    return { name: 'DISCONNECTED' }
  }
  if (keyStore.connection.name !== 'CONNECTING') return undefined
  return connected(backends, keyStore).catch((cause) => {
    log.error('connecting a custom key store failed unexpectedly', { cause })
    return { name: 'FAILED', errorCode: 'INTERNAL_ERROR' } as const
  })
}

/** What a call changed meanwhile, such as a disconnection during a connection, is looked at anew. */
async function settle(parts: Parts, { account, region, id }: CustomKeyStore): Promise<ServiceError | undefined> {
  for (let attempt = 1; attempt <= COMMIT_ATTEMPTS_MAX; attempt += 1) {
    const keyStore = await parts.store.findCustomKeyStore({ account, region }, id)
    const connection = keyStore && (await next(parts, keyStore))
    if (!keyStore || !connection) return undefined
    const changed = { ...keyStore, revision: keyStore.revision + 1, connection }
    const committed = await parts.store.commit([{ kind: 'update-key-store', keyStore: changed }])
    if (isError(committed)) return committed
  }
  return undefined
}

export function openKeyStoreConnections(parts: Parts): KeyStoreConnections {
  const { store, log } = parts
  const running = new Map<string, Promise<void>>()
  let isStopped = false
  const run = async (keyStore: CustomKeyStore, before: Promise<void> | undefined) => {
    await before
    const failed = await settle(parts, keyStore)
    if (!failed) return
    log.error('the connection of a custom key store was not stored and will be tried again', { code: failed.code })
    setTimeout(() => isStopped || attend(keyStore), KEY_STORE_RETRY_MS).unref()
  }
  // One after the other for each store, so that a backend never connects and disconnects the same at once.
  const attend = (keyStore: CustomKeyStore) => {
    const name = `${keyStore.region} ${keyStore.account} ${keyStore.id}`
    const done = run(keyStore, running.get(name))
      .catch((cause) => log.error('attending to a custom key store failed', { cause }))
      .finally(() => {
        if (running.get(name) === done) running.delete(name)
      })
    running.set(name, done)
  }
  return {
    attend,
    async resume() {
      for (const keyStore of await store.customKeyStoresUnderWay()) attend(keyStore)
    },
    async stop() {
      isStopped = true
      await Promise.all(running.values())
    },
  }
}
