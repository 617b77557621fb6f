import { parseAliasName } from '../../domain/alias.ts'
import { aliasArn } from '../../domain/arn.ts'
import { error, isError } from '../../domain/error.ts'
import { operation } from '../../request/operation.ts'
import { alias } from '../../request/targets.ts'
import { refuseFullKey, targetKey } from './alias-target.ts'
import * as shapes from './shapes.ts'

/**
 * Gives a key of the caller's account and Region a second name.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
 */
export const CreateAlias = operation({
  name: 'CreateAlias',
  input: { AliasName: shapes.AliasNameType, TargetKeyId: shapes.KeyIdType },
  errors: [
    'AlreadyExistsException',
    'NotFoundException',
    'InvalidAliasNameException',
    'LimitExceededException',
    'KMSInvalidStateException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'live',
  event: { response: 'arn' },

  async targets(input, find) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const key = await targetKey(find, 'kms:CreateAlias', input.TargetKeyId)
    if (isError(key)) return key
    return { key, alias: alias('kms:CreateAlias', find.scope, name) }
  },

  async run(input, { key: { key } }, call) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const { scope } = call.caller
    if (await call.store.findAlias(scope, name))
      return error('AlreadyExistsException', `An alias with the name ${aliasArn(scope, name)} already exists`)
    const aliasesMax = await call.quotas.resource(key, 'aliasesPerKey')
    const full = await refuseFullKey(call.store, key, aliasesMax)
    if (full) return full
    const now = call.clock.now()
    const made = { ...scope, name, targetKeyId: key.keyId, createdAt: now, updatedAt: now }
    return { output: {}, changes: [{ kind: 'insert-alias', alias: made, aliasesMax }] }
  },
})
