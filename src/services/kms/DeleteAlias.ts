import { parseAliasName } from '../../domain/alias.ts'
import { isError } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import { alias } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * Deletes an alias; its key stays as it is.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html
 */
export const DeleteAlias = operation({
  name: 'DeleteAlias',
  input: { AliasName: shapes.AliasNameType },
  errors: ['NotFoundException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { response: 'arn' },

  async targets(input, find) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const found = await find.alias(name)
    if (isError(found)) return found
    const key = await find.key('kms:DeleteAlias', found.targetKeyId, 'refused')
    if (isError(key)) return key
    return { key, alias: alias('kms:DeleteAlias', find.scope, name) }
  },

  async run(input, _granted, call) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const found = await call.find.alias(name)
    return isError(found) ? found : { output: {}, changes: [{ kind: 'delete-alias', alias: found }] }
  },
})
