import { error } from '../../domain/error.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * A key's policy, laid out as AWS lays it out.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
 */
export const GetKeyPolicy = operation({
  name: 'GetKeyPolicy',
  input: { KeyId: shapes.KeyIdType, PolicyName: withDefault(shapes.PolicyNameType, 'default') },
  output: { Policy: optional(shapes.PolicyType), PolicyName: optional(shapes.PolicyNameType) },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:GetKeyPolicy', input.KeyId, 'refused')),
  async run(input, { key: { key } }, call) {
    if (input.PolicyName !== 'default') return error('NotFoundException', 'No such policy exists')
    return { output: { Policy: await call.policies.shown(key), PolicyName: 'default' } }
  },
})
