import { refuseState } from '../../domain/key-state.ts'
import { refuseReplica } from '../../domain/multi-region.ts'
import { NEVER_ROTATED, refuseUnrotatable } from '../../domain/rotation.ts'
import { rotationChanges } from '../../request/key-rotation.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Ends the automatic rotation of a key; succeeds when there is none. Its materials stay, and a rotation on demand goes on.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html
 */
export const DisableKeyRotation = operation({
  name: 'DisableKeyRotation',
  input: { KeyId: shapes.KeyIdType },
  errors: [
    'NotFoundException',
    'DisabledException',
    'InvalidArnException',
    'KMSInvalidStateException',
    'UnsupportedOperationException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'schedulable',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:DisableKeyRotation', input.KeyId, 'refused')),
  async run(_input, { key: { key: was } }, call) {
    const refused = refuseUnrotatable(was) ?? refuseState('crypto', was) ?? refuseReplica(was)
    if (refused) return refused
    const { schedule: _, ...rotation } = was.rotation ?? NEVER_ROTATED
    const key = nextRevision(was, { rotation })
    return { output: {}, changes: await rotationChanges(call.store, key) }
  },
})
