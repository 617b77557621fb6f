import { EnableKeyCommand } from '@aws-sdk/client-kms'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import type { ShowOptions } from '../show.ts'
import { changeKey } from './changed.ts'

/** Lets a disabled key be used again. */
export function enableKey(key: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return changeKey(key, options, async (client, KeyId) => {
    await client.send(new EnableKeyCommand({ KeyId }))
    return { KeyState: 'Enabled' }
  })
}
