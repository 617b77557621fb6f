import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'
import { type DescribedKey, describedKeys } from './described.ts'

const COLUMNS: readonly Column<DescribedKey>[] = [
  ['Key id', (key) => key.KeyId],
  ['State', (key) => key.KeyState],
  ['Spec', (key) => key.KeySpec],
  ['Usage', (key) => key.KeyUsage],
  ['Aliases', (key) => key.Aliases.join(' ')],
  ['Description', (key) => key.Description],
]

/** Prints every key of the account in the Region, with what DescribeKey says about those that the caller may describe. */
export function listKeys(options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return withClient(options, async (client) => {
    const listed: DescribedKey[] = []
    for await (const keys of describedKeys(client)) listed.push(...keys)
    showRows(listed, COLUMNS, options)
    return undefined
  })
}
