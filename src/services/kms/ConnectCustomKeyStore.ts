import { refuseConnection } from '../../domain/custom-key-store.ts'
import { isError } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { findKeyStore, nextOf, noted } from './custom-key-store.ts'
import * as shapes from './shapes.ts'

/**
 * Begins to connect a store; DescribeCustomKeyStores tells when and how that ended. One that is connected stays so.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ConnectCustomKeyStore.html
 */
export const ConnectCustomKeyStore = operation({
  name: 'ConnectCustomKeyStore',
  input: { CustomKeyStoreId: shapes.CustomKeyStoreIdType },
  output: {},
  errors: [
    'CloudHsmClusterNotActiveException',
    'CustomKeyStoreInvalidStateException',
    'CustomKeyStoreNotFoundException',
    'CloudHsmClusterInvalidConfigurationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:ConnectCustomKeyStore') }),
  async run(input, _granted, { caller: { scope }, store }) {
    const was = await findKeyStore(store, scope, input.CustomKeyStoreId)
    if (isError(was)) return was
    const refused = refuseConnection('connect', was)
    if (refused) return refused
    if (was.connection.name !== 'DISCONNECTED') return { output: {}, noted: noted(was) }
    const keyStore = nextOf(was, { connection: { name: 'CONNECTING' } })
    return { output: {}, changes: [{ kind: 'update-key-store', keyStore }], noted: noted(was) }
  },
})
