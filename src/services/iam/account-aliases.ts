import { error } from '../../domain/error.ts'
import { list, text } from '../../protocol/shape.ts'
import type { Call, Operation } from '../../request/operation.ts'
import { onAccount } from './entity-operation.ts'
import { ACCOUNT, accountChange } from './owner.ts'
import * as shapes from './shapes.ts'

const input = { AccountAlias: text(3, 63, '^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$') }

const recordOf = ({ store, caller }: Call) => store.findEntity(caller.scope.account, 'account', ACCOUNT)

/** The one name that an account may have beside its number; a new one takes the place of the old. Source: IAM API reference. */
export const ACCOUNT_ALIAS_OPERATIONS: readonly Operation[] = [
  onAccount({
    name: 'CreateAccountAlias',
    input,
    async run({ AccountAlias }, call) {
      const record = await recordOf(call)
      if (record?.alias === AccountAlias)
        return error('EntityAlreadyExists', `The account alias ${AccountAlias} already exists.`)
      const { account } = call.caller.scope
      return { output: {}, changes: [accountChange(account, record, { alias: AccountAlias }, call.clock.now())] }
    },
  }),
  onAccount({
    name: 'DeleteAccountAlias',
    input,
    async run({ AccountAlias }, call) {
      const record = await recordOf(call)
      if (!record || record.alias !== AccountAlias)
        return error('NoSuchEntity', `The account alias ${AccountAlias} cannot be found.`)
      const { alias: _, ...rest } = record
      return { output: {}, changes: [{ kind: 'update-entity', entity: { ...rest, revision: record.revision + 1 } }] }
    },
  }),
  onAccount({
    name: 'ListAccountAliases',
    input: shapes.pageInput,
    output: { AccountAliases: list(text()), ...shapes.pageOutput },
    async run(_input, call) {
      const record = await recordOf(call)
      return { output: { AccountAliases: record?.alias === undefined ? [] : [record.alias], IsTruncated: false } }
    },
  }),
]
