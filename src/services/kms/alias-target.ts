import { error, type ServiceError } from '../../domain/error.ts'
import type { Finder } from '../../request/finder.ts'
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
