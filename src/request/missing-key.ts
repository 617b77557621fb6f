import { type AliasName, aliasArn, type KeyId, keyArn, type Scope } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import { denialMessage } from '../policy/denial.ts'
import { decideMissingKey } from '../policy/key-access.ts'
import type { VerifiedCaller } from './caller.ts'
import { requestContext } from './context.ts'
import type { Clock } from './ports.ts'

/** A name under which another account has no key. */
export type MissingKey = { readonly scope: Scope } & (
  | { readonly kind: 'key'; readonly keyId: KeyId }
  | { readonly kind: 'alias'; readonly aliasName: AliasName }
)

/**
 * The answer about a key of another account that does not exist, which is not the caller's to learn: it is decided about like
 * one that does and allows nothing, so that a denial of the caller's own shows for both.
 */
export function refuseMissingKey(
  clock: Clock,
  caller: VerifiedCaller,
  action: string,
  missing: MissingKey,
): ServiceError {
  const isAlias = missing.kind === 'alias'
  const resource = isAlias ? aliasArn(missing.scope, missing.aliasName) : keyArn(missing.scope, missing.keyId)
  const context = requestContext(caller, isAlias ? { requestAlias: missing.aliasName } : {}, () => ({}), clock.now())
  const { principal } = caller
  const decision = decideMissingKey({ principal, action, context }, resource)
  if (decision.allowed) throw new TypeError('a key that does not exist was allowed')
  return error('AccessDeniedException', denialMessage(decision, { principal, action, resource }))
}
