import { type AliasName, aliasArn, type Scope } from '../../domain/arn.ts'
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
    const { scope } = call.caller
    const reserved = target ? [] : await call.managedKeys.listed()
    const listed = withReserved(
      scope,
      aliases,
      reserved.filter((name) => name > (wanted.after ?? '')),
    )
    const { page, ...rest } = cutPage(listed, wanted.limit, ({ AliasName }) => AliasName)
    return { output: { Aliases: page, ...rest } }
  },
})

type Entry = { readonly AliasName: AliasName; readonly AliasArn: string }

/**
 * The aliases of a page and what of the reserved ones is not among them, in order. What is read one longer than the page
 * reaches as far as the page does, so that of what comes after it none is cut in.
 */
function withReserved(scope: Scope, aliases: readonly Alias[], reserved: readonly AliasName[]): readonly Entry[] {
  if (reserved.length === 0) return aliases.map(entryOf)
  const made = new Set(aliases.map(({ name }) => name))
  const unmade = reserved.filter((name) => !made.has(name))
  const entries = [
    ...aliases.map(entryOf),
    ...unmade.map((name) => ({ AliasName: name, AliasArn: aliasArn(scope, name) })),
  ]
  return entries.toSorted((a, b) => (a.AliasName < b.AliasName ? -1 : 1))
}

function entryOf(alias: Alias) {
  return {
    AliasName: alias.name,
    AliasArn: aliasArn(alias, alias.name),
    TargetKeyId: alias.targetKeyId,
    CreationDate: alias.createdAt,
    LastUpdatedDate: alias.updatedAt,
  }
}
