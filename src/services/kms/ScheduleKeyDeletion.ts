import { error } from '../../domain/error.ts'
import type { Key, KeyState } from '../../domain/key.ts'
import { PENDING_WINDOW_DAYS } from '../../domain/limits.ts'
import { hasReplicas } from '../../domain/multi-region.ts'
import { optional, timestamp, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Change } from '../../request/ports.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

const DAY_MS = 86_400_000

/**
 * Takes a key out of use and deletes it, material included, when the waiting period is over.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
 */
export const ScheduleKeyDeletion = operation({
  name: 'ScheduleKeyDeletion',
  input: {
    KeyId: shapes.KeyIdType,
    PendingWindowInDays: withDefault(shapes.PendingWindowInDaysType, PENDING_WINDOW_DAYS.default),
  },
  output: {
    KeyId: optional(shapes.KeyIdType),
    DeletionDate: optional(timestamp()),
    KeyState: optional(shapes.KeyStateType),
    PendingWindowInDays: optional(shapes.PendingWindowInDaysType),
  },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException'],
  readOnly: false,
  quota: 'management',
  states: 'deletable',
  event: { response: 'output' },
  targets: (input, find) => onlyKey(find.key('kms:ScheduleKeyDeletion', input.KeyId, 'refused')),
  conditions: (input) => ({ 'kms:ScheduleKeyDeletionPendingWindowInDays': String(input.PendingWindowInDays) }),
  async run(input, { key: { key } }, call) {
    const { min, max } = PENDING_WINDOW_DAYS
    if (input.PendingWindowInDays < min || input.PendingWindowInDays > max)
      return error('ValidationException', `PendingWindowInDays must be between ${min} and ${max}`)
    if (hasReplicas(key)) return afterReplicas(key, input.PendingWindowInDays)
    const deletionDate = call.clock.now() + input.PendingWindowInDays * DAY_MS
    const state: KeyState = { name: 'PendingDeletion', deletionDate }
    return {
      output: {
        KeyId: key.arn,
        DeletionDate: deletionDate,
        KeyState: state.name,
        PendingWindowInDays: input.PendingWindowInDays,
      },
      changes: [
        { kind: 'update-key', key: nextRevision(key, { state }) },
        { kind: 'put-duty', duty: { scope: key, keyId: key.keyId, kind: 'delete-key', dueAt: deletionDate } },
      ],
    }
  },
})

/** The waiting period of a primary begins when its last replica is deleted. Source: KMS developer guide, multi-Region keys. */
function afterReplicas(key: Key, pendingWindowDays: number) {
  const state: KeyState = { name: 'PendingReplicaDeletion', pendingWindowDays }
  const changes: readonly Change[] = [{ kind: 'update-key', key: nextRevision(key, { state }) }]
  return { output: { KeyId: key.arn, KeyState: state.name, PendingWindowInDays: pendingWindowDays }, changes }
}
