import { DescribeKeyCommand } from '@aws-sdk/client-kms'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import { type ShowOptions, showRecord } from '../show.ts'
import { METADATA_COLUMNS } from './metadata.ts'

/** Prints what DescribeKey answers. */
export function describeKey(key: string, options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return withClient(options, async (client) => {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }))
    if (KeyMetadata) showRecord(KeyMetadata, METADATA_COLUMNS, options)
    return undefined
  })
}
