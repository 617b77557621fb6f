import { ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { PENDING_WINDOW_DAYS } from '../../domain/limits.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, misuse } from '../failure.ts'
import type { ShowOptions } from '../show.ts'
import { changeKey } from './changed.ts'

/** Lets a key be deleted after a waiting period of whole days. */
export async function scheduleDeletion(
  key: string,
  options: ClientOptions & ShowOptions & { readonly days?: string },
): Promise<Failure | undefined> {
  const { min, max } = PENDING_WINDOW_DAYS
  const days = Number(options.days ?? PENDING_WINDOW_DAYS.default)
  if (!Number.isInteger(days) || days < min || days > max)
    return misuse(`--days takes a number from ${min} to ${max}, not '${options.days}'`)
  return changeKey(key, options, async (client, KeyId) => {
    const { KeyState = 'PendingDeletion', DeletionDate } = await client.send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: days }),
    )
    return { KeyState, DeletionDate }
  })
}
