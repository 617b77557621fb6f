import { error, type ServiceError } from './error.ts'
import type { Key, MaterialRotation, Rotation, Schedule } from './key.ts'
import { ON_DEMAND_ROTATIONS_MAX, ROTATION_QUIET_MS } from './limits.ts'

const DAY_MS = 86_400_000

export const NEVER_ROTATED: Rotation = { onDemandCount: 0 }

/** Automatic rotation from `now` on. Source: KMS developer guide, the first rotation is one period after enabling. */
export function scheduleFrom(now: number, periodDays: number): Schedule {
  return { periodDays, enabledAt: now, nextRotationAt: now + periodDays * DAY_MS }
}

/**
 * What a key rotates for next, and when. Nothing while its state suspends rotation or there is nothing to do.
 *
 * Source: KMS developer guide, disabled keys and keys pending deletion do not rotate.
 */
export function nextRotation(key: Pick<Key, 'state' | 'rotation'>): MaterialRotation | undefined {
  if (key.state.name !== 'Enabled' && key.state.name !== 'Updating') return undefined
  const { schedule, onDemandStartedAt } = key.rotation ?? NEVER_ROTATED
  if (onDemandStartedAt !== undefined) return { date: onDemandStartedAt, type: 'ON_DEMAND' }
  return schedule && { date: schedule.nextRotationAt, type: 'AUTOMATIC' }
}

/**
 * What remains after a rotation. One on demand does not move the schedule; an automatic one, done however late, leaves the
 * first date of the schedule that is still to come.
 */
export function afterRotation(rotation: Rotation, { date, type }: MaterialRotation): Rotation {
  const { onDemandStartedAt, schedule, ...rest } = rotation
  if (type === 'ON_DEMAND') return schedule ? { ...rest, schedule } : rest
  const running = onDemandStartedAt === undefined ? rest : { ...rest, onDemandStartedAt }
  return schedule ? { ...running, schedule: { ...schedule, nextRotationAt: nextDate(schedule, date) } } : running
}

function nextDate({ periodDays, nextRotationAt }: Schedule, now: number): number {
  const periodMs = periodDays * DAY_MS
  return nextRotationAt + periodMs * Math.max(1, Math.floor((now - nextRotationAt) / periodMs) + 1)
}

/** A key that missed a date while it was disabled rotates at once, and then every period. Source: KMS developer guide. */
export function resumed(rotation: Rotation, now: number): Rotation {
  const { schedule } = rotation
  if (!schedule || schedule.nextRotationAt > now) return rotation
  return { ...rotation, schedule: { ...schedule, nextRotationAt: now } }
}

/**
 * Whether the key is of a kind that rotates: symmetric, with material that is made here.
 *
 * @returns `UnsupportedOperationException`; without a message for a key of another spec. Source: recorded answers.
 */
export function refuseUnrotatable(key: Pick<Key, 'arn' | 'keySpec' | 'origin'>): ServiceError | undefined {
  if (key.keySpec !== 'SYMMETRIC_DEFAULT') return error('UnsupportedOperationException')
  if (key.origin === 'AWS_KMS') return undefined
  return error(
    'UnsupportedOperationException',
    `${key.arn} origin is ${key.origin} which is not valid for this operation.`,
  )
}

/** Whether the key is of a kind that rotates on demand: symmetric, with material that is made here or imported. */
export function refuseUnrotatableOnDemand(key: Pick<Key, 'arn' | 'keySpec' | 'origin'>): ServiceError | undefined {
  return key.keySpec === 'SYMMETRIC_DEFAULT' && key.origin === 'EXTERNAL' ? undefined : refuseUnrotatable(key)
}

/** There is nothing to rotate a key with imported material to. Text: recorded answer. */
export function nothingToRotateTo({ arn }: Pick<Key, 'arn'>): ServiceError {
  return error('KMSInvalidStateException', `No available key material pending rotation for the key: ${arn}.`)
}

/**
 * Whether a rotation may be begun on demand at `now`.
 *
 * @returns `ConflictException` while one runs and shortly before an automatic one; `LimitExceededException` when the key has
 *   had as many as a key may have. Source: RotateKeyOnDemand; text of the limit from recorded answers.
 */
export function refuseOnDemand({ arn, rotation = NEVER_ROTATED }: Key, now: number): ServiceError | undefined {
  if (rotation.onDemandStartedAt !== undefined)
    return error('ConflictException', `${arn} is already being rotated on demand.`)
  if (rotation.schedule && rotation.schedule.nextRotationAt - now <= ROTATION_QUIET_MS)
    return error('ConflictException', `An automatic rotation of ${arn} is due within 20 minutes.`)
  if (rotation.onDemandCount < ON_DEMAND_ROTATIONS_MAX) return undefined
  return error(
    'LimitExceededException',
    `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${arn}`,
  )
}
