import { refuseState } from '../../domain/key-state.ts'
import { ROTATION_PERIOD_DAYS } from '../../domain/limits.ts'
import { refuseReplica } from '../../domain/multi-region.ts'
import { NEVER_ROTATED, refuseUnrotatable, scheduleFrom } from '../../domain/rotation.ts'
import { optional } from '../../protocol/shape.ts'
import { rotationChanges } from '../../request/key-rotation.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Lets a symmetric key rotate by itself, every so many days from now on. On a key that rotates already it sets the period
 * and counts anew.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
 */
export const EnableKeyRotation = operation({
  name: 'EnableKeyRotation',
  input: { KeyId: shapes.KeyIdType, RotationPeriodInDays: optional(shapes.RotationPeriodInDaysType) },
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
  targets: (input, find) => onlyKey(find.key('kms:EnableKeyRotation', input.KeyId, 'refused')),
  conditions: (input) => ({
    'kms:RotationPeriodInDays': String(input.RotationPeriodInDays ?? ROTATION_PERIOD_DAYS.default),
  }),
  async run(input, { key: { key: was } }, call) {
    const refused = refuseUnrotatable(was) ?? refuseState('crypto', was) ?? refuseReplica(was)
    if (refused) return refused
    const schedule = scheduleFrom(call.clock.now(), input.RotationPeriodInDays ?? ROTATION_PERIOD_DAYS.default)
    const key = nextRevision(was, { rotation: { ...(was.rotation ?? NEVER_ROTATED), schedule } })
    return { output: {}, changes: await rotationChanges(call.store, key) }
  },
})
