import {
  DescribeKeyCommand,
  type KeyMetadata,
  type KMSClient,
  KMSServiceException,
  paginateListAliases,
  paginateListKeys,
} from '@aws-sdk/client-kms'
import { KEYS_DESCRIBED_AT_ONCE } from '../../domain/limits.ts'
import { withClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Failure } from '../failure.ts'
import { type Column, type ShowOptions, showRows } from '../show.ts'

type Listed = Partial<KeyMetadata> & { readonly KeyId: string; readonly Aliases: readonly string[] }

const COLUMNS: readonly Column<Listed>[] = [
  ['Key id', (key) => key.KeyId],
  ['State', (key) => key.KeyState],
  ['Spec', (key) => key.KeySpec],
  ['Usage', (key) => key.KeyUsage],
  ['Aliases', (key) => key.Aliases.join(' ')],
  ['Description', (key) => key.Description],
]
/** The largest that ListKeys gives. ListAliases gives at most 100. Source: their API pages, Limit. */
const PAGE = { pageSize: 1_000 } as const
const ALIAS_PAGE = { pageSize: 100 } as const

/** Prints every key of the account in the Region, with what DescribeKey says about those that the caller may describe. */
export function listKeys(options: ClientOptions & ShowOptions): Promise<Failure | undefined> {
  return withClient(options, async (client) => {
    const aliases = await aliasesByKey(client)
    const listed: Listed[] = []
    for await (const { Keys = [] } of paginateListKeys({ client, ...PAGE }, {})) {
      const ids = Keys.map((key) => key.KeyId ?? '')
      for (let from = 0; from < ids.length; from += KEYS_DESCRIBED_AT_ONCE) {
        const some = ids.slice(from, from + KEYS_DESCRIBED_AT_ONCE)
        const described = await Promise.all(some.map((id) => describe(client, id)))
        listed.push(...described.map((key) => ({ ...key, Aliases: aliases.get(key.KeyId) ?? [] })))
      }
    }
    showRows(listed, COLUMNS, options)
    return undefined
  })
}

async function aliasesByKey(client: KMSClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const byKey = new Map<string, string[]>()
  for await (const { Aliases = [] } of paginateListAliases({ client, ...ALIAS_PAGE }, {}))
    for (const { AliasName = '', TargetKeyId } of Aliases) {
      if (TargetKeyId === undefined) continue
      byKey.set(TargetKeyId, [...(byKey.get(TargetKeyId) ?? []), AliasName])
    }
  return byKey
}

/** A key whose policy does not let the caller describe it is listed by its id. */
async function describe(client: KMSClient, KeyId: string): Promise<Partial<KeyMetadata> & { readonly KeyId: string }> {
  try {
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }))
    return { ...KeyMetadata, KeyId }
  } catch (cause) {
    if (cause instanceof KMSServiceException && cause.name === 'AccessDeniedException') return { KeyId }
    throw cause
  }
}
