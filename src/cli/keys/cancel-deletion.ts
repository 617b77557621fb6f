import { CancelKeyDeletionCommand } from '@aws-sdk/client-kms'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import type { ShowOptions } from '../show.ts'
import { changeKey } from './changed.ts'

/** Keeps a key that is waiting for its deletion. KMS leaves it disabled. */
export function cancelDeletion(key: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return changeKey(key, options, async (client, KeyId) => {
    await client.send(new CancelKeyDeletionCommand({ KeyId }))
    return { KeyState: 'Disabled' }
  })
}
