import type { Key } from '../../domain/key.ts'
import { NEVER_ROTATED } from '../../domain/rotation.ts'
import { boolean, optional, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

/**
 * Whether a key rotates by itself, how often and when next. Keys that cannot rotate answer that they do not.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
 */
export const GetKeyRotationStatus = operation({
  name: 'GetKeyRotationStatus',
  input: { KeyId: shapes.KeyIdType },
  output: {
    KeyRotationEnabled: optional(boolean()),
    KeyId: optional(shapes.KeyIdType),
    RotationPeriodInDays: optional(shapes.RotationPeriodInDaysType),
    NextRotationDate: optional(timestamp()),
    OnDemandRotationStartDate: optional(timestamp()),
  },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException', 'UnsupportedOperationException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:GetKeyRotationStatus', input.KeyId, 'refused')),
  run: async (_input, { key: { key } }) => ({ output: { KeyId: key.arn, ...statusOf(key) } }),
})

function statusOf({ state, rotation = NEVER_ROTATED }: Key) {
  const { onDemandStartedAt } = rotation
  // A key on its way out does not rotate; the schedule is there again when the deletion is cancelled.
  const isLeaving = state.name === 'PendingDeletion' || state.name === 'PendingReplicaDeletion'
  const schedule = isLeaving ? undefined : rotation.schedule
  return {
    KeyRotationEnabled: schedule !== undefined,
    ...(schedule ? { RotationPeriodInDays: schedule.periodDays, NextRotationDate: schedule.nextRotationAt } : {}),
    ...(onDemandStartedAt === undefined ? {} : { OnDemandRotationStartDate: onDemandStartedAt }),
  }
}
