import { aliasArn, keyArn } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Key } from '../../domain/key.ts'
import { parseKeyReference } from '../../domain/key-id.ts'
import type { Finder } from '../../request/finder.ts'
import type { AliasTarget } from '../../request/targets.ts'

type KeyTargets<A extends string> = { readonly named?: AliasTarget<A>; readonly key?: AliasTarget<A> }

/**
 * The key of a request as something that identity policies alone decide about. What an alias names is looked up, but the
 * alias is decided about first: who may not ask about it does not learn whether it exists.
 */
export async function keyByIdentity<A extends string>(
  action: A,
  named: string,
  find: Finder,
): Promise<KeyTargets<A> | ServiceError> {
  const reference = parseKeyReference(named, find.scope)
  if (isError(reference)) return reference
  const { scope } = reference
  const target = (arn: AliasTarget['arn']): AliasTarget<A> => ({ kind: 'alias', action, account: scope.account, arn })
  if (reference.kind === 'key') return { key: target(keyArn(scope, reference.keyId)) }
  const alias = target(aliasArn(scope, reference.aliasName))
  if (scope.account !== find.scope.account) return { named: alias }
  const found = await find.alias(reference.aliasName)
  return isError(found) ? { named: alias } : { named: alias, key: target(keyArn(scope, found.targetKeyId)) }
}

/** The key itself, once it was decided that the caller may ask about it. `NotFoundException` when there is none. */
export async function keyAskedAbout(named: string, find: Finder): Promise<Key | ServiceError> {
  const reference = parseKeyReference(named, find.scope)
  if (isError(reference)) return reference
  const { scope } = reference
  const alias = reference.kind === 'alias' ? await find.alias(reference.aliasName) : undefined
  if (isError(alias)) return alias
  const keyId = reference.kind === 'key' ? reference.keyId : alias?.targetKeyId
  const key = keyId && (await find.keyOf({ ...scope, keyId }))
  return key ?? error('NotFoundException', `Key '${keyId && keyArn(scope, keyId)}' does not exist`)
}
