import { error, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import type { Finder } from '../../request/finder.ts'
import type { Store } from '../../request/ports.ts'
import type { KeyTarget } from '../../request/targets.ts'

/** The key that an alias shall name: by key id or key ARN, never by another alias. */
export async function targetKey<A extends string>(
  find: Finder,
  action: A,
  named: string,
): Promise<KeyTarget<A> | ServiceError> {
  const isAlias = named.startsWith('alias/') || named.includes(':alias/')
  return isAlias
    ? error('ValidationException', 'Aliases must refer to keys. Not aliases')
    : find.key(action, named, 'refused')
}

/** Refuses one more alias for a key that has as many as a key may have. */
export async function refuseFullKey(
  store: Pick<Store, 'countAliases'>,
  key: Key,
  aliasesMax: number,
): Promise<ServiceError | undefined> {
  const count = await store.countAliases(key, key.keyId)
  return count < aliasesMax
    ? undefined
    : error('LimitExceededException', `The limit of ${aliasesMax} aliases for ${key.arn} has been reached.`)
}
