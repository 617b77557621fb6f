import type { Scope } from '../../domain/arn.ts'
import type { CustomKeyStore } from '../../domain/custom-key-store.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { list, optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Store } from '../../request/ports.ts'
import { account } from '../../request/targets.ts'
import { findKeyStore } from './custom-key-store.ts'
import * as stores from './custom-key-store-shapes.ts'
import { cutPage, PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

type Named = { readonly CustomKeyStoreId?: string; readonly CustomKeyStoreName?: string }

/**
 * All custom key stores of the account and Region by id, or the one that is named; never their secrets.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html
 */
export const DescribeCustomKeyStores = operation({
  name: 'DescribeCustomKeyStores',
  input: {
    CustomKeyStoreId: optional(shapes.CustomKeyStoreIdType),
    CustomKeyStoreName: optional(stores.CustomKeyStoreNameType),
    ...shapes.pageInput,
  },
  output: { CustomKeyStores: optional(list(stores.CustomKeyStoresListEntry)), ...shapes.pageOutput },
  errors: ['CustomKeyStoreNotFoundException', 'InvalidMarkerException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:DescribeCustomKeyStores') }),
  async run(input, _granted, { caller: { scope }, store }) {
    const wanted = pageOf(input, PAGES.DescribeCustomKeyStores)
    if (isError(wanted)) return wanted
    const { after = '', limit } = wanted
    const found = await named(store, scope, input)
    if (isError(found)) return found
    const rest = found.filter(({ id }) => id > after)
    const { page, ...more } = cutPage(rest, limit, ({ id }) => id)
    return { output: { CustomKeyStores: page.map(stores.keyStoreEntry), ...more } }
  },
})

async function named(
  store: Store,
  scope: Scope,
  { CustomKeyStoreId, CustomKeyStoreName }: Named,
): Promise<readonly CustomKeyStore[] | ServiceError> {
  if (CustomKeyStoreId !== undefined && CustomKeyStoreName !== undefined)
    return error('ValidationException', 'You can specify CustomKeyStoreId or CustomKeyStoreName, but not both.')
  if (CustomKeyStoreId !== undefined) {
    const found = await findKeyStore(store, scope, CustomKeyStoreId)
    return isError(found) ? found : [found]
  }
  const all = await store.listCustomKeyStores(scope)
  if (CustomKeyStoreName === undefined) return all
  const found = all.filter(({ name }) => name === CustomKeyStoreName)
  return found.length > 0
    ? found
    : error('CustomKeyStoreNotFoundException', `The custom key store ${CustomKeyStoreName} does not exist.`)
}
