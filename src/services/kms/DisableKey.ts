import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Stops every use of a key, in force when the call returns; succeeds on a disabled one.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html
 */
export const DisableKey = operation({
  name: 'DisableKey',
  input: { KeyId: shapes.KeyIdType },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'switchable',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:DisableKey', input.KeyId, 'refused')),
  run: async (_input, { key }) => ({
    output: {},
    changes: [{ kind: 'update-key', key: nextRevision(key.key, { state: { name: 'Disabled' } }) }],
  }),
})
