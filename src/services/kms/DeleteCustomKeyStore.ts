import { refuseConnection } from '../../domain/custom-key-store.ts'
import { error, isError } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { findKeyStore, noted } from './custom-key-store.ts'
import * as shapes from './shapes.ts'

/**
 * Forgets a store. What is outside stays as it is; keys in the store, those that wait for deletion among them, keep it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteCustomKeyStore.html
 */
export const DeleteCustomKeyStore = operation({
  name: 'DeleteCustomKeyStore',
  input: { CustomKeyStoreId: shapes.CustomKeyStoreIdType },
  output: {},
  errors: ['CustomKeyStoreHasCMKsException', 'CustomKeyStoreInvalidStateException', 'CustomKeyStoreNotFoundException'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:DeleteCustomKeyStore') }),
  async run(input, _granted, { caller: { scope }, store }) {
    const keyStore = await findKeyStore(store, scope, input.CustomKeyStoreId)
    if (isError(keyStore)) return keyStore
    const refused = refuseConnection('delete', keyStore)
    if (refused) return refused
    if ((await store.countKeysInStore(scope, keyStore.id)) > 0)
      return error('CustomKeyStoreHasCMKsException', `The custom key store ${keyStore.id} contains KMS keys.`)
    return { output: {}, changes: [{ kind: 'delete-key-store', keyStore }], noted: noted(keyStore) }
  },
})
