import type { Scope } from '../../domain/arn.ts'
import { type CustomKeyStore, parseCustomKeyStoreId } from '../../domain/custom-key-store.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import type { Store } from '../../request/ports.ts'

/** @returns the account's store of that id in the Region; `CustomKeyStoreNotFoundException`. */
export async function findKeyStore(store: Store, scope: Scope, named: string): Promise<CustomKeyStore | ServiceError> {
  const id = parseCustomKeyStoreId(named)
  const keyStore = id && (await store.findCustomKeyStore(scope, id))
  return keyStore ?? error('CustomKeyStoreNotFoundException', `The custom key store ${named} does not exist.`)
}

/** What the event of a call about a store tells of it beside the request. Source: CloudTrail events of custom key stores. */
export function noted({ name, settings }: CustomKeyStore) {
  return {
    customKeyStoreName: name,
    ...(settings.type === 'AWS_CLOUDHSM' ? { clusterId: settings.cloudHsmClusterId } : {}),
  }
}

/** `keyStore` with `changed` put over it, one revision on. */
export function nextOf(keyStore: CustomKeyStore, changed: Partial<CustomKeyStore>): CustomKeyStore {
  return { ...keyStore, ...changed, revision: keyStore.revision + 1 }
}

/** Source: GenerateDataKeyPair, keys in custom key stores are not supported. */
export function refuseInKeyStore({ arn, origin, custody }: Key): ServiceError | undefined {
  return custody === undefined
    ? undefined
    : error('UnsupportedOperationException', `${arn} origin is ${origin} which is not valid for this operation.`)
}
