import { type CustomKeyStore, refuseTaken, refuseUpdate, type Updated } from '../../domain/custom-key-store.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import type { WrappedKey } from '../../domain/key.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { findKeyStore, nextOf, noted } from './custom-key-store.ts'
import { updatedBy, updatedSettings } from './custom-key-store-settings.ts'
import * as stores from './custom-key-store-shapes.ts'
import * as shapes from './shapes.ts'

/**
 * Changes the properties that the request names. All but few may change only while the store is disconnected.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateCustomKeyStore.html
 */
export const UpdateCustomKeyStore = operation({
  name: 'UpdateCustomKeyStore',
  input: {
    CustomKeyStoreId: shapes.CustomKeyStoreIdType,
    NewCustomKeyStoreName: optional(stores.CustomKeyStoreNameType),
    ...stores.settingsInput,
  },
  output: {},
  errors: [
    'CustomKeyStoreNotFoundException',
    'CustomKeyStoreNameInUseException',
    'CloudHsmClusterNotFoundException',
    'CloudHsmClusterNotRelatedException',
    'CustomKeyStoreInvalidStateException',
    'CloudHsmClusterNotActiveException',
    'CloudHsmClusterInvalidConfigurationException',
    'XksProxyUriInUseException',
    'XksProxyUriEndpointInUseException',
    'XksProxyUriUnreachableException',
    'XksProxyIncorrectAuthenticationCredentialException',
    'XksProxyVpcEndpointServiceInUseException',
    'XksProxyVpcEndpointServiceNotFoundException',
    'XksProxyVpcEndpointServiceInvalidConfigurationException',
    'XksProxyInvalidResponseException',
    'XksProxyInvalidConfigurationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { renamed: { cloudHsmClusterId: 'clusterId' } },
  targets: async () => ({ account: account('kms:UpdateCustomKeyStore') }),

  async run(input, granted, { caller: { scope }, store, hsm, keyStoreBackends }) {
    const was = await findKeyStore(store, scope, input.CustomKeyStoreId)
    if (isError(was)) return was
    const renamed: readonly Updated[] = input.NewCustomKeyStoreName === undefined ? [] : ['name']
    const updated = [...renamed, ...updatedBy(input)]
    const wanted = updatedSettings(input, was.settings)
    if (isError(wanted)) return wanted
    if (updated.length === 0) return { output: {}, noted: noted(was) }
    const { settings, secret } = wanted
    const name = input.NewCustomKeyStoreName ?? was.name
    const among = await store.listCustomKeyStores(scope)
    const others = among.filter(({ id }) => id !== was.id)
    const refused = refuseUpdate(was, updated) ?? refuseTaken({ name, settings }, others)
    if (refused) return refused
    const wrappedSecret: WrappedKey | ServiceError =
      secret === undefined
        ? was.wrappedSecret
        : await hsm.wrapKeyStoreSecret(granted.account.proof, was, Buffer.from(secret))
    if (isError(wrappedSecret)) return wrappedSecret
    const keyStore: CustomKeyStore = nextOf(was, { name, settings, wrappedSecret })
    const impossible = await keyStoreBackends[settings.type]?.check(keyStore, was)
    if (impossible) return impossible
    return { output: {}, changes: [{ kind: 'update-key-store', keyStore, among }], noted: noted(keyStore) }
  },
})
