import { aliasArn } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import type { Alias } from '../../domain/key.ts'
import { list, optional } from '../../protocol/shape.ts'
import { hiddenResource } from '../../request/denial.ts'
import { operation } from '../../request/operation.ts'
import { cutPage, PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * Aliases of the account and Region by name, or those of one key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
 */
export const ListAliases = operation({
  name: 'ListAliases',
  input: { KeyId: optional(shapes.KeyIdType), ...shapes.pageInput },
  output: { Aliases: optional(list(shapes.AliasListEntry)), ...shapes.pageOutput },
  errors: ['InvalidMarkerException', 'InvalidArnException', 'NotFoundException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: { kind: 'account', action: 'kms:ListAliases' } }),
  async run(input, _granted, call) {
    const wanted = pageOf(input, PAGES.ListAliases)
    if (isError(wanted)) return wanted
    const target =
      input.KeyId === undefined ? undefined : await call.find.key('kms:ListAliases', input.KeyId, 'refused')
    if (isError(target)) return target
    // The key only filters, so no decision about it hides it: one of another account must look as if it were not there.
    if (target && target.key.account !== call.caller.scope.account)
      return hiddenResource(call.caller.principal.arn, 'kms:ListAliases')
    const filter = target ? { targetKeyId: target.key.keyId } : {}
    const aliases = await call.store.listAliases(call.caller.scope, { ...wanted, ...filter, limit: wanted.limit + 1 })
    const { page, ...rest } = cutPage(aliases, wanted.limit, (alias) => alias.name)
    return { output: { Aliases: page.map(entryOf), ...rest } }
  },
})

function entryOf(alias: Alias) {
  return {
    AliasName: alias.name,
    AliasArn: aliasArn(alias, alias.name),
    TargetKeyId: alias.targetKeyId,
    CreationDate: alias.createdAt,
    LastUpdatedDate: alias.updatedAt,
  }
}
