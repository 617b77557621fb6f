import { DisableKeyCommand } from '@aws-sdk/client-kms'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import type { ShowOptions } from '../show.ts'
import { changeKey } from './changed.ts'

/** Keeps a key from being used until it is enabled again. */
export function disableKey(key: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return changeKey(key, options, async (client, KeyId) => {
    await client.send(new DisableKeyCommand({ KeyId }))
    return { KeyState: 'Disabled' }
  })
}
