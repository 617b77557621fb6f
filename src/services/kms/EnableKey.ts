import { resumed } from '../../domain/rotation.ts'
import { rotationDuty } from '../../request/key-rotation.ts'
import { operation } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
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
    const rotation = was.rotation && resumed(was.rotation, call.clock.now())
    const key = nextRevision(was, { state: { name: 'Enabled' }, ...(rotation ? { rotation } : {}) })
    const rotating: readonly Change[] = rotation ? [rotationDuty(key)] : []
    return { output: {}, changes: [{ kind: 'update-key', key }, ...rotating] }
  },
})
