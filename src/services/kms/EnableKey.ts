import { isReplica } from '../../domain/multi-region.ts'
import { resumed } from '../../domain/rotation.ts'
import { rotationChanges } from '../../request/key-rotation.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Lets a disabled key be used again; succeeds on an enabled one. A rotation that it missed is made up for at once.
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
  async run(_input, { key: { key: was } }, call) {
    const enabled = nextRevision(was, { state: { name: 'Enabled' } })
    // A replica has missed nothing: its primary rotated for it.
    if (!was.rotation || isReplica(was)) return { output: {}, changes: [{ kind: 'update-key', key: enabled }] }
    const key = { ...enabled, rotation: resumed(was.rotation, call.clock.now()) }
    return { output: {}, changes: await rotationChanges(call.store, key) }
  },
})
