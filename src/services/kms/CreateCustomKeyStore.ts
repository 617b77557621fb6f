import {
  type CustomKeyStore,
  parseCustomKeyStoreId,
  refuseAnother,
  refuseTaken,
} from '../../domain/custom-key-store.ts'
import { error, isError } from '../../domain/error.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { noted } from './custom-key-store.ts'
import { settingsOf } from './custom-key-store-settings.ts'
import * as stores from './custom-key-store-shapes.ts'
import * as shapes from './shapes.ts'

/**
 * A place for keys outside of Trent, not connected yet. Its secret is wrapped before anything keeps it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateCustomKeyStore.html
 */
export const CreateCustomKeyStore = operation({
  name: 'CreateCustomKeyStore',
  input: {
    CustomKeyStoreName: stores.CustomKeyStoreNameType,
    TrustAnchorCertificate: optional(stores.TrustAnchorCertificateType),
    CustomKeyStoreType: withDefault(stores.CustomKeyStoreTypeType, 'AWS_CLOUDHSM'),
    ...stores.settingsInput,
  },
  output: { CustomKeyStoreId: optional(shapes.CustomKeyStoreIdType) },
  errors: [
    'CloudHsmClusterInUseException',
    'CustomKeyStoreNameInUseException',
    'CloudHsmClusterNotFoundException',
    'CloudHsmClusterNotActiveException',
    'IncorrectTrustAnchorException',
    'CloudHsmClusterInvalidConfigurationException',
    'LimitExceededException',
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
  event: { response: 'output', renamed: { cloudHsmClusterId: 'clusterId' } },
  targets: async () => ({ account: account('kms:CreateCustomKeyStore') }),

  async run(input, granted, { caller: { scope }, store, hsm, clock, ids, keyStoreBackends }) {
    const wanted = settingsOf(input, input.CustomKeyStoreType)
    if (isError(wanted)) return wanted
    const { settings, secret } = wanted
    const among = await store.listCustomKeyStores(scope)
    const refused = refuseTaken({ name: input.CustomKeyStoreName, settings }, among) ?? refuseAnother(among)
    if (refused) return refused
    const id = parseCustomKeyStoreId(`cks-${ids.hex(9).slice(0, 17)}`)
    if (!id) return error('KMSInternalException', undefined, 'an id of a custom key store is malformed')
    const wrappedSecret = await hsm.wrapKeyStoreSecret(granted.account.proof, { ...scope, id }, Buffer.from(secret))
    if (isError(wrappedSecret)) return wrappedSecret
    const keyStore: CustomKeyStore = {
      ...scope,
      id,
      revision: 1,
      name: input.CustomKeyStoreName,
      createdAt: clock.now(),
      settings,
      connection: { name: 'DISCONNECTED' },
      wrappedSecret,
    }
    const impossible = await keyStoreBackends[settings.type]?.check(keyStore)
    if (impossible) return impossible
    return {
      output: { CustomKeyStoreId: id },
      changes: [{ kind: 'insert-key-store', keyStore, among }],
      noted: noted(keyStore),
    }
  },
})
