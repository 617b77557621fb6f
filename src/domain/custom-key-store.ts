import type { Scope } from './arn.ts'
import type { CustomKeyStoreId } from './custody.ts'
import { error, type ServiceError } from './error.ts'
import type { Key, WrappedKey } from './key.ts'
import { CUSTOM_KEY_STORES_MAX } from './limits.ts'

/** Why a store could not be connected. Source: ConnectionErrorCodeType of the service model. */
export const CONNECTION_ERROR_CODES = [
  'INVALID_CREDENTIALS',
  'CLUSTER_NOT_FOUND',
  'NETWORK_ERRORS',
  'INTERNAL_ERROR',
  'INSUFFICIENT_CLOUDHSM_HSMS',
  'USER_LOCKED_OUT',
  'USER_NOT_FOUND',
  'USER_LOGGED_IN',
  'SUBNET_NOT_FOUND',
  'INSUFFICIENT_FREE_ADDRESSES_IN_SUBNET',
  'XKS_PROXY_ACCESS_DENIED',
  'XKS_PROXY_NOT_REACHABLE',
  'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND',
  'XKS_PROXY_INVALID_RESPONSE',
  'XKS_PROXY_INVALID_CONFIGURATION',
  'XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION',
  'XKS_PROXY_TIMED_OUT',
  'XKS_PROXY_INVALID_TLS_CONFIGURATION',
] as const
export type ConnectionErrorCode = (typeof CONNECTION_ERROR_CODES)[number]

/** Source: ConnectionStateType of the service model. */
export type Connection =
  | { readonly name: 'CONNECTED' }
  | { readonly name: 'CONNECTING' }
  | { readonly name: 'FAILED'; readonly errorCode: ConnectionErrorCode }
  | { readonly name: 'DISCONNECTED' }
  | { readonly name: 'DISCONNECTING' }

export type CloudHsmSettings = {
  readonly type: 'AWS_CLOUDHSM'
  readonly cloudHsmClusterId: string
  readonly trustAnchorCertificate: string
}

export type XksSettings = {
  readonly type: 'EXTERNAL_KEY_STORE'
  readonly connectivity: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE'
  readonly uriEndpoint: string
  readonly uriPath: string
  /** Names the credential at the proxy; its secret is the store's. */
  readonly accessKeyId: string
  /** Of stores behind a VPC endpoint service only. */
  readonly vpcEndpointServiceName?: string
  /** 12 digits; the store's own account when absent. */
  readonly vpcEndpointServiceOwner?: string
}

export type CustomKeyStoreType = CustomKeyStoreSettings['type']
export type CustomKeyStoreSettings = CloudHsmSettings | XksSettings

/** A store of keys outside: a CloudHSM cluster, or a key manager behind an external key store proxy. */
export type CustomKeyStore = Scope & {
  readonly id: CustomKeyStoreId
  /** Grows by one with every change; a change names the revision that it was computed from. */
  readonly revision: number
  /** Unique in its account and Region. */
  readonly name: string
  /** Milliseconds since the epoch, UTC. */
  readonly createdAt: number
  readonly settings: CustomKeyStoreSettings
  readonly connection: Connection
  /** The password of a cluster's user, or the secret of the credential at a proxy; only the key process opens it. */
  readonly wrappedSecret: WrappedKey
}

const CUSTOM_KEY_STORE_ID = /^cks-[0-9a-f]{17}$/

export function parseCustomKeyStoreId(text: string): CustomKeyStoreId | undefined {
  return CUSTOM_KEY_STORE_ID.test(text) ? (text as CustomKeyStoreId) : undefined
}

const invalidState = ({ id, connection }: CustomKeyStore, what: string) =>
  error('CustomKeyStoreInvalidStateException', `The custom key store ${id} is ${connection.name}: ${what}`)

/**
 * In which states of its connection a store may be connected, disconnected, deleted, and hold new keys.
 * Source: KMS developer guide, connection states of custom key stores.
 */
const ADMITTED = {
  connect: ['CONNECTED', 'CONNECTING', 'DISCONNECTED'],
  disconnect: ['CONNECTED', 'CONNECTING', 'FAILED'],
  delete: ['DISCONNECTED'],
  use: ['CONNECTED'],
} as const satisfies Record<string, readonly Connection['name'][]>

const REFUSALS = {
  connect: 'disconnect it before it is connected again.',
  disconnect: 'it is not connected.',
  delete: 'disconnect it before it is deleted.',
  use: 'it must be connected for this operation.',
} as const satisfies Record<keyof typeof ADMITTED, string>

/** @returns `CustomKeyStoreInvalidStateException` unless the store's connection admits `what`. */
export function refuseConnection(what: keyof typeof ADMITTED, keyStore: CustomKeyStore): ServiceError | undefined {
  const admitted: readonly Connection['name'][] = ADMITTED[what]
  return admitted.includes(keyStore.connection.name) ? undefined : invalidState(keyStore, REFUSALS[what])
}

/** Properties that an update names. */
export type Updated = 'name' | 'password' | 'cluster' | 'credential' | 'uriPath' | 'uriEndpoint' | 'connectivity'

/** What may change while a store is connected. Source: KMS developer guide, editing custom key stores. */
const CONNECTED_UPDATES: ReadonlySet<Updated> = new Set(['name', 'credential', 'uriPath'])

/** @returns `CustomKeyStoreInvalidStateException` when the store must be disconnected before such an update. */
export function refuseUpdate(keyStore: CustomKeyStore, updated: readonly Updated[]): ServiceError | undefined {
  const { name } = keyStore.connection
  if (name === 'DISCONNECTED') return undefined
  if (name === 'CONNECTED' && updated.every((property) => CONNECTED_UPDATES.has(property))) return undefined
  return invalidState(keyStore, 'disconnect it before it is changed.')
}

/** A proxy is reached in one way only, and one behind a VPC endpoint service by one store only. */
function sharesEndpoint(one: XksSettings, other: XksSettings): boolean {
  const isPublic = one.connectivity === 'PUBLIC_ENDPOINT' && other.connectivity === 'PUBLIC_ENDPOINT'
  return one.uriEndpoint === other.uriEndpoint && !isPublic
}

function refuseSettingsTaken(wanted: CustomKeyStoreSettings, taken: CustomKeyStoreSettings): ServiceError | undefined {
  if (wanted.type === 'AWS_CLOUDHSM')
    return taken.type === 'AWS_CLOUDHSM' && taken.cloudHsmClusterId === wanted.cloudHsmClusterId
      ? error('CloudHsmClusterInUseException', `The cluster ${wanted.cloudHsmClusterId} belongs to a custom key store.`)
      : undefined
  if (taken.type === 'AWS_CLOUDHSM') return undefined
  if (taken.uriEndpoint === wanted.uriEndpoint && taken.uriPath === wanted.uriPath)
    return error('XksProxyUriInUseException', 'Another external key store has this proxy URI endpoint and path.')
  if (sharesEndpoint(wanted, taken))
    return error('XksProxyUriEndpointInUseException', 'Another external key store has this proxy URI endpoint.')
  return wanted.vpcEndpointServiceName !== undefined && wanted.vpcEndpointServiceName === taken.vpcEndpointServiceName
    ? error('XksProxyVpcEndpointServiceInUseException', 'Another external key store has this VPC endpoint service.')
    : undefined
}

/**
 * Whether a store may have this name and these settings beside the others of its account and Region.
 *
 * @returns the code of the first that is taken, the name first. Source: CreateCustomKeyStore, errors.
 */
export function refuseTaken(
  wanted: Pick<CustomKeyStore, 'name' | 'settings'>,
  others: readonly CustomKeyStore[],
): ServiceError | undefined {
  if (others.some(({ name }) => name === wanted.name))
    return error('CustomKeyStoreNameInUseException', `A custom key store named ${wanted.name} exists.`)
  for (const other of others) {
    const refused = refuseSettingsTaken(wanted.settings, other.settings)
    if (refused) return refused
  }
  return undefined
}

/** @returns `LimitExceededException` when the account's Region has as many stores as it may have. */
export function refuseAnother(present: readonly CustomKeyStore[]): ServiceError | undefined {
  if (present.length < CUSTOM_KEY_STORES_MAX) return undefined
  return error('LimitExceededException', `The limit of ${CUSTOM_KEY_STORES_MAX} custom key stores has been reached.`)
}

/**
 * A key as it can be used now: one whose store is not connected is unavailable, whether it is enabled or not. A key that
 * waits for its deletion goes on waiting. Source: KMS developer guide, key states.
 */
export function seenThrough(keyStore: CustomKeyStore | undefined, key: Key): Key {
  const { name } = key.state
  if (keyStore?.connection.name === 'CONNECTED' || (name !== 'Enabled' && name !== 'Disabled')) return key
  return { ...key, state: { name: 'Unavailable', otherwise: name } }
}
