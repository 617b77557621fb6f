import { CreateAliasCommand, CreateKeyCommand, type KeySpec, type KeyUsageType } from '@aws-sdk/client-kms'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import { type Failure, isFailure } from '../failure.ts'
import { parsePairs } from '../pair.ts'
import { type ShowOptions, showRecord } from '../show.ts'
import { METADATA_COLUMNS } from './metadata.ts'

type CreateOptions = ClientOptions &
  ShowOptions & {
    readonly alias?: string
    readonly description?: string
    // The service refuses the ones that it does not know, and names those that it does.
    readonly spec?: KeySpec
    readonly usage?: KeyUsageType
    readonly multiRegion?: boolean
    readonly tag?: readonly string[]
  }

/** Creates a key, then its alias. The key is shown before the alias is made: where that fails, the key exists nevertheless. */
export async function createKey(options: CreateOptions): Promise<Failure | undefined> {
  const tags = parsePairs('--tag', options.tag)
  if (isFailure(tags)) return tags
  return withClient(options, async (client) => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ ...inputOf(options), Tags: tagsOf(tags) }))
    if (KeyMetadata) showRecord(KeyMetadata, METADATA_COLUMNS, options)
    if (options.alias !== undefined)
      await client.send(new CreateAliasCommand({ AliasName: options.alias, TargetKeyId: KeyMetadata?.KeyId }))
    return undefined
  })
}

const inputOf = ({ description, spec, usage, multiRegion }: CreateOptions) => ({
  ...(description === undefined ? {} : { Description: description }),
  ...(spec === undefined ? {} : { KeySpec: spec }),
  ...(usage === undefined ? {} : { KeyUsage: usage }),
  ...(multiRegion === undefined ? {} : { MultiRegion: multiRegion }),
})

function tagsOf(tags: Readonly<Record<string, string>>) {
  return Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
}
