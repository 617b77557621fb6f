import type { Custody } from '../../domain/custody.ts'
import { type CustomKeyStore, refuseConnection } from '../../domain/custom-key-store.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import type { Call } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
import { findKeyStore } from './custom-key-store.ts'
import { keyMetadata } from './key-metadata.ts'

type Wanted = {
  readonly Origin: string
  readonly CustomKeyStoreId?: string
  readonly XksKeyId?: string
  readonly MultiRegion?: boolean
}

const invalid = (message: string) => error('ValidationException', message)

/**
 * Whether origin, store and external key of a new key go together.
 *
 * @returns `ValidationException` when they do not; `UnsupportedOperationException` for what no custom key store holds.
 */
export function refuseOutside(wanted: Wanted, keySpec: string): ServiceError | undefined {
  const { Origin, CustomKeyStoreId, XksKeyId, MultiRegion } = wanted
  const isOutside = Origin === 'AWS_CLOUDHSM' || Origin === 'EXTERNAL_KEY_STORE'
  if (!isOutside && CustomKeyStoreId !== undefined)
    return invalid('CustomKeyStoreId is valid only with Origin AWS_CLOUDHSM or EXTERNAL_KEY_STORE.')
  if (Origin !== 'EXTERNAL_KEY_STORE' && XksKeyId !== undefined)
    return invalid('XksKeyId is valid only with Origin EXTERNAL_KEY_STORE.')
  if (!isOutside) return undefined
  if (CustomKeyStoreId === undefined) return invalid(`Origin ${Origin} needs CustomKeyStoreId.`)
  if (Origin === 'EXTERNAL_KEY_STORE' && XksKeyId === undefined) return invalid(`Origin ${Origin} needs XksKeyId.`)
  if (keySpec !== 'SYMMETRIC_DEFAULT')
    return error('UnsupportedOperationException', `KeySpec ${keySpec} is not supported in a custom key store.`)
  return MultiRegion
    ? error('UnsupportedOperationException', 'Multi-Region keys are not supported in a custom key store.')
    : undefined
}

/** Where a new key goes. */
export type Place = { readonly keyStore: CustomKeyStore; readonly custody: Custody }

/**
 * The connected store in which a new key is to be made; nothing for a key of Trent's own.
 *
 * @returns `CustomKeyStoreNotFoundException`, `CustomKeyStoreInvalidStateException`, `XksKeyAlreadyInUseException`.
 */
export async function placeOf(wanted: Wanted, call: Call): Promise<Place | undefined | ServiceError> {
  if (wanted.CustomKeyStoreId === undefined) return undefined
  const { caller, store } = call
  const keyStore = await findKeyStore(store, caller.scope, wanted.CustomKeyStoreId)
  if (isError(keyStore)) return keyStore
  const refused = refuseOrigin(wanted.Origin, keyStore) ?? refuseConnection('use', keyStore)
  if (refused) return refused
  const { XksKeyId: xksKeyId } = wanted
  if (xksKeyId === undefined) return { keyStore, custody: { keyStoreId: keyStore.id } }
  if ((await store.countKeysInStore(caller.scope, keyStore.id, xksKeyId)) > 0)
    return error('XksKeyAlreadyInUseException', `A KMS key of this custom key store has the external key ${xksKeyId}.`)
  return { keyStore, custody: { keyStoreId: keyStore.id, xksKeyId } }
}

function refuseOrigin(origin: string, { id, settings }: CustomKeyStore): ServiceError | undefined {
  return origin === settings.type
    ? undefined
    : error('UnsupportedOperationException', `Origin ${origin} is not valid for the custom key store ${id}.`)
}

/** A new key whose material is made outside: its store is told before the key is kept. */
export async function madeOutside(
  { key, keysMax }: { readonly key: Key; readonly keysMax: number },
  { keyStore }: Place,
  call: Call,
) {
  const backend = call.keyStoreBackends[keyStore.settings.type]
  const refused = backend
    ? await backend.createKey(keyStore, key)
    : error('CustomKeyStoreInvalidStateException', `The custom key store ${keyStore.id} cannot be reached.`)
  if (refused) return refused
  const changes: readonly Change[] = [{ kind: 'insert-key', key, keyStore, keysMax }]
  return { output: { KeyMetadata: { ...keyMetadata(key), ...custodyMetadata(key, keyStore) } }, changes }
}

/** What the description of a key tells of the store that holds it. */
export function custodyMetadata({ custody }: Key, keyStore: CustomKeyStore | undefined) {
  if (!custody) return {}
  return {
    CustomKeyStoreId: custody.keyStoreId,
    ...(keyStore?.settings.type === 'AWS_CLOUDHSM' ? { CloudHsmClusterId: keyStore.settings.cloudHsmClusterId } : {}),
    ...(custody.xksKeyId === undefined ? {} : { XksKeyConfiguration: { Id: custody.xksKeyId } }),
  }
}

/**
 * Random bytes from the cluster behind a store.
 *
 * @returns `UnsupportedOperationException` for an external key store, which has no such operation.
 */
export async function randomFrom(named: string, bytes: number, call: Call): Promise<Uint8Array | ServiceError> {
  const keyStore = await findKeyStore(call.store, call.caller.scope, named)
  if (isError(keyStore)) return keyStore
  const { id, settings } = keyStore
  if (settings.type === 'EXTERNAL_KEY_STORE')
    return error('UnsupportedOperationException', `The external key store ${id} generates no random bytes.`)
  const refused = refuseConnection('use', keyStore)
  if (refused) return refused
  const unreachable = error('CustomKeyStoreInvalidStateException', `The custom key store ${id} cannot be reached.`)
  return (await call.keyStoreBackends.AWS_CLOUDHSM?.generateRandom(keyStore, bytes)) ?? unreachable
}
