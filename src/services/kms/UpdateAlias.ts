import { parseAliasName } from '../../domain/alias.ts'
import { aliasArn } from '../../domain/arn.ts'
import { error, isError } from '../../domain/error.ts'
import { classOf } from '../../domain/key-spec.ts'
import { operation } from '../../request/operation.ts'
import { alias } from '../../request/targets.ts'
import { refuseFullKey, targetKey } from './alias-target.ts'
import * as shapes from './shapes.ts'

/**
 * Moves an alias to another key of the same class and usage.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html
 */
export const UpdateAlias = operation({
  name: 'UpdateAlias',
  input: { AliasName: shapes.AliasNameType, TargetKeyId: shapes.KeyIdType },
  errors: ['NotFoundException', 'LimitExceededException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'live',
  event: { response: 'arn' },

  async targets(input, find) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const next = await targetKey(find, 'kms:UpdateAlias', input.TargetKeyId)
    if (isError(next)) return next
    const found = await find.alias(name)
    if (isError(found)) return found
    const current = await find.key('kms:UpdateAlias', found.targetKeyId, 'refused')
    if (isError(current)) return current
    return {
      key: next,
      current: { ...current, states: 'any' } as const,
      alias: alias('kms:UpdateAlias', find.scope, name),
    }
  },

  async run(input, { key: { key }, current }, call) {
    const name = parseAliasName(input.AliasName)
    if (isError(name)) return name
    const was = await call.find.alias(name)
    if (isError(was)) return was
    if (classOf(key.keySpec) !== classOf(current.key.keySpec) || key.keyUsage !== current.key.keyUsage)
      return error(
        'ValidationException',
        `Alias ${aliasArn(call.caller.scope, name)} cannot be changed to a key of another type or usage.`,
      )
    const isMoving = was.targetKeyId !== key.keyId
    const aliasesMax = await call.quotas.resource(key, 'aliasesPerKey')
    const full = isMoving ? await refuseFullKey(call.store, key, aliasesMax) : undefined
    if (full) return full
    const moved = { ...was, targetKeyId: key.keyId, updatedAt: call.clock.now() }
    return {
      output: {},
      changes: [{ kind: 'update-alias', alias: moved, was, ...(isMoving ? { aliasesMax } : {}) }],
    }
  },
})
