import { error, isError } from '../../domain/error.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Replaces a key's policy, in force when the call returns.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
 */
export const PutKeyPolicy = operation({
  name: 'PutKeyPolicy',
  input: {
    KeyId: shapes.KeyIdType,
    PolicyName: withDefault(shapes.PolicyNameType, 'default'),
    Policy: shapes.PolicyType,
    BypassPolicyLockoutSafetyCheck: optional(boolean()),
  },
  errors: [
    'NotFoundException',
    'InvalidArnException',
    'MalformedPolicyDocumentException',
    'UnsupportedOperationException',
    'LimitExceededException',
    'KMSInvalidStateException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'any',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:PutKeyPolicy', input.KeyId, 'refused')),
  conditions: (input) => ({ 'kms:BypassPolicyLockoutSafetyCheck': input.BypassPolicyLockoutSafetyCheck?.toString() }),
  async run(input, { key: { key } }, call) {
    if (input.PolicyName !== 'default')
      return error('UnsupportedOperationException', 'Only default policy is supported')
    const bypassesLockoutCheck = input.BypassPolicyLockoutSafetyCheck ?? false
    const checked = await call.policies.check({ text: input.Policy, bypassesLockoutCheck, caller: call.caller, key })
    return isError(checked)
      ? checked
      : { output: {}, changes: [{ kind: 'update-key', key: nextRevision(key, checked) }] }
  },
})
