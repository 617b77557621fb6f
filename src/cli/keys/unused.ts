import {
  GetKeyLastUsageCommand,
  type GetKeyLastUsageCommandOutput,
  type KeyMetadata,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, misuse } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'
import { describedKeys, unlessDenied } from './described.ts'

const DEFAULT_DAYS = 90
/** A hundred years. */
const DAYS_MAX = 36_500
const DAY_MS = 86_400_000

/** A key, and since when nothing was done with it. */
type Unused = {
  readonly KeyId: string
  readonly KeyState?: string
  readonly Aliases: readonly string[]
  readonly LastUsed?: string
  readonly UnusedSince: string
}

const COLUMNS: readonly Column<Unused>[] = [
  ['Key id', (key) => key.KeyId],
  ['State', (key) => key.KeyState],
  ['Aliases', (key) => key.Aliases.join(' ')],
  ['Last used', (key) => key.LastUsed ?? `never since ${key.UnusedSince}`],
]

/** Keys that wait for their deletion are on their way out, and those of services are not the account's to remove. */
const isOfInterest = ({ KeyManager, KeyState }: Partial<KeyMetadata>): boolean =>
  KeyManager !== 'AWS' && KeyState !== 'PendingDeletion' && KeyState !== 'PendingReplicaDeletion'

/** Since when it is known that nothing was done with the key: its last use, else the beginning of the record. */
function unusedSince({ KeyLastUsage, TrackingStartDate }: GetKeyLastUsageCommandOutput): Date | undefined {
  return KeyLastUsage?.Timestamp ?? TrackingStartDate
}

const lastUsage = (client: KMSClient, KeyId: string) =>
  unlessDenied(() => client.send(new GetKeyLastUsageCommand({ KeyId })))

/** Prints the keys of the account in the Region that were not used for so many days, as GetKeyLastUsage tells it. */
export function unusedKeys(
  options: ClientOptions & ShowOptions & { readonly days?: string },
): Promise<Failure | undefined> {
  const days = Number(options.days ?? DEFAULT_DAYS)
  if (!Number.isInteger(days) || days < 0 || days > DAYS_MAX)
    return Promise.resolve(misuse(`--days takes a number up to ${DAYS_MAX}, not '${options.days}'`))
  const before = Date.now() - days * DAY_MS
  return withClient(options, async (client) => {
    const unused: Unused[] = []
    let unknown = 0
    for await (const keys of describedKeys(client))
      for (const key of keys.filter(isOfInterest)) {
        const usage = await lastUsage(client, key.KeyId)
        const since = usage && unusedSince(usage)
        if (!since) unknown += 1
        else if (since.getTime() <= before)
          unused.push({
            KeyId: key.KeyId,
            ...(key.KeyState === undefined ? {} : { KeyState: key.KeyState }),
            Aliases: key.Aliases,
            ...(usage.KeyLastUsage?.Timestamp ? { LastUsed: usage.KeyLastUsage.Timestamp.toISOString() } : {}),
            UnusedSince: since.toISOString(),
          })
      }
    showRows(unused, COLUMNS, options)
    if (unknown > 0) process.stderr.write(`trent: the last use of ${unknown} keys may not be seen\n`)
    return undefined
  })
}
