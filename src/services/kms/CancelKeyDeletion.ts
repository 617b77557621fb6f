import { hasMaterial } from '../../domain/key-import.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Keeps a key whose deletion is pending. It comes back disabled, even if it was enabled before; one whose imported material is
 * missing waits for it.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html
 */
export const CancelKeyDeletion = operation({
  name: 'CancelKeyDeletion',
  input: { KeyId: shapes.KeyIdType },
  output: { KeyId: optional(shapes.KeyIdType) },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'cancellable',
  event: { response: 'output' },
  targets: (input, find) => onlyKey(find.key('kms:CancelKeyDeletion', input.KeyId, 'refused')),
  run: async (_input, { key: { key } }) => ({
    output: { KeyId: key.arn },
    changes: [
      {
        kind: 'update-key',
        key: nextRevision(key, { state: { name: hasMaterial(key) ? 'Disabled' : 'PendingImport' } }),
      },
      { kind: 'delete-duty', duty: { scope: key, keyId: key.keyId, kind: 'delete-key' } },
    ],
  }),
})
