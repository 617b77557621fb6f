import { type AliasName, aliasArn, type Scope } from '../domain/arn.ts'
import { isError, type ServiceError } from '../domain/error.ts'
import type { AccountTarget, AliasTarget, Target } from './operation.ts'

/** The targets of an operation on one key: that key, under the name `key`. */
export async function onlyKey<T extends Target>(
  found: Promise<T | ServiceError>,
): Promise<{ readonly key: T } | ServiceError> {
  const key = await found
  return isError(key) ? key : { key }
}

/** The target of an operation without a key. */
export function account<A extends string>(action: A): AccountTarget<A> {
  return { kind: 'account', action }
}

/** An alias as a target of its own. */
export function alias<A extends string>(action: A, scope: Scope, name: AliasName): AliasTarget<A> {
  return { kind: 'alias', action, account: scope.account, arn: aliasArn(scope, name) }
}
