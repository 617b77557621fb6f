import { refuseConnection } from '../../domain/custom-key-store.ts'
import { isError } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { findKeyStore, nextOf, noted } from './custom-key-store.ts'
import * as shapes from './shapes.ts'

/**
 * Disconnects a store: from when the call returns, its keys are unavailable. A failed connection holds nothing, so it is
 * disconnected at once.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DisconnectCustomKeyStore.html
 */
export const DisconnectCustomKeyStore = operation({
  name: 'DisconnectCustomKeyStore',
  input: { CustomKeyStoreId: shapes.CustomKeyStoreIdType },
  output: {},
  errors: ['CustomKeyStoreInvalidStateException', 'CustomKeyStoreNotFoundException'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:DisconnectCustomKeyStore') }),
  async run(input, _granted, { caller: { scope }, store }) {
    const was = await findKeyStore(store, scope, input.CustomKeyStoreId)
    if (isError(was)) return was
    const refused = refuseConnection('disconnect', was)
    if (refused) return refused
    const name = was.connection.name === 'FAILED' ? 'DISCONNECTED' : 'DISCONNECTING'
    const keyStore = nextOf(was, { connection: { name } })
    return { output: {}, changes: [{ kind: 'update-key-store', keyStore }], noted: noted(was) }
  },
})
