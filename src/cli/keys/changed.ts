import type { KMSClient } from '@aws-sdk/client-kms'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import { type Column, type ShowOptions, showRecord } from '../show.ts'
import { keyIdOf } from './key-id.ts'

/** How a key stands after a command has changed it. */
export type Changed = { readonly KeyId: string; readonly KeyState: string; readonly DeletionDate?: Date | undefined }

const COLUMNS: readonly Column<Changed>[] = [
  ['Key id', (key) => key.KeyId],
  ['State', (key) => key.KeyState],
  ['Deletion', (key) => key.DeletionDate?.toISOString()],
]

/** Changes a key named in any way, and prints how it stands then. */
export function changeKey(
  key: string,
  options: ClientOptions & ShowOptions,
  change: (client: KMSClient, keyId: string) => Promise<Omit<Changed, 'KeyId'>>,
): Promise<Failure | undefined> {
  return withClient(options, async (client) => {
    const KeyId = await keyIdOf(client, key)
    showRecord({ KeyId, ...(await change(client, KeyId)) }, COLUMNS, options)
    return undefined
  })
}
