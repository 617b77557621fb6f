import { keyArn } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import { list, optional, structure } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { cutPage, PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

const KeyListEntry = structure({ KeyId: optional(shapes.KeyIdType), KeyArn: optional(shapes.ArnType) })

/**
 * All keys of the account and Region in any state, by key id.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
 */
export const ListKeys = operation({
  name: 'ListKeys',
  input: { ...shapes.pageInput },
  output: { Keys: optional(list(KeyListEntry)), ...shapes.pageOutput },
  errors: ['InvalidMarkerException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:ListKeys') }),
  async run(input, _granted, call) {
    const wanted = pageOf(input, PAGES.ListKeys)
    if (isError(wanted)) return wanted
    const { scope } = call.caller
    const keyIds = await call.store.listKeys(scope, { ...wanted, limit: wanted.limit + 1 })
    const { page, ...rest } = cutPage(keyIds, wanted.limit, (keyId) => keyId)
    return { output: { Keys: page.map((keyId) => ({ KeyId: keyId, KeyArn: keyArn(scope, keyId) })), ...rest } }
  },
})
