import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Replaces a key's description; empty text clears it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html
 */
export const UpdateKeyDescription = operation({
  name: 'UpdateKeyDescription',
  input: { KeyId: shapes.KeyIdType, Description: shapes.DescriptionType },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'live',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:UpdateKeyDescription', input.KeyId, 'refused')),
  run: async (input, { key }) => ({
    output: {},
    changes: [{ kind: 'update-key', key: nextRevision(key.key, { description: input.Description }) }],
  }),
})
