import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Lets a disabled key be used again; succeeds on an enabled one.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
 */
export const EnableKey = operation({
  name: 'EnableKey',
  input: { KeyId: shapes.KeyIdType },
  errors: ['NotFoundException', 'InvalidArnException', 'LimitExceededException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'switchable',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:EnableKey', input.KeyId, 'refused')),
  run: async (_input, { key }) => ({
    output: {},
    changes: [{ kind: 'update-key', key: nextRevision(key.key, { state: { name: 'Enabled' } }) }],
  }),
})
