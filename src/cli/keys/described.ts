import {
  DescribeKeyCommand,
  type KeyMetadata,
  type KMSClient,
  KMSServiceException,
  paginateListAliases,
  paginateListKeys,
} from '@aws-sdk/client-kms'
import { KEYS_DESCRIBED_AT_ONCE } from '../../domain/limits.ts'

/** A key with what the caller may know about it. */
export type DescribedKey = Partial<KeyMetadata> & { readonly KeyId: string; readonly Aliases: readonly string[] }

/** The largest that ListKeys gives. ListAliases gives at most 100. Source: their API pages, Limit. */
const PAGE = { pageSize: 1_000 } as const
const ALIAS_PAGE = { pageSize: 100 } as const

async function aliasesByKey(client: KMSClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const byKey = new Map<string, string[]>()
  for await (const { Aliases = [] } of paginateListAliases({ client, ...ALIAS_PAGE }, {}))
    for (const { AliasName = '', TargetKeyId } of Aliases) {
      if (TargetKeyId === undefined) continue
      byKey.set(TargetKeyId, [...(byKey.get(TargetKeyId) ?? []), AliasName])
    }
  return byKey
}

/** What a call answers, nothing where the key's policy does not let the caller ask. */
export async function unlessDenied<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (cause) {
    if (cause instanceof KMSServiceException && cause.name === 'AccessDeniedException') return undefined
    throw cause
  }
}

/** A key whose policy does not let the caller describe it is listed by its id. */
async function describe(client: KMSClient, KeyId: string): Promise<Partial<KeyMetadata>> {
  const described = await unlessDenied(() => client.send(new DescribeKeyCommand({ KeyId })))
  return { ...described?.KeyMetadata, KeyId }
}

/** Every key of the account in the Region, some at a time. */
export async function* describedKeys(client: KMSClient): AsyncGenerator<readonly DescribedKey[]> {
  const aliases = await aliasesByKey(client)
  for await (const { Keys = [] } of paginateListKeys({ client, ...PAGE }, {})) {
    const ids = Keys.map((key) => key.KeyId ?? '')
    for (let from = 0; from < ids.length; from += KEYS_DESCRIBED_AT_ONCE) {
      const some = ids.slice(from, from + KEYS_DESCRIBED_AT_ONCE)
      const described = await Promise.all(some.map(async (id) => ({ ...(await describe(client, id)), KeyId: id })))
      yield described.map((key) => ({ ...key, Aliases: aliases.get(key.KeyId) ?? [] }))
    }
  }
}
