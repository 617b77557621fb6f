import type { AccountId } from '../../domain/arn.ts'
import { error, type ServiceError } from '../../domain/error.ts'
import { type AccountRecord, entityArn, type IamUser } from '../../domain/iam.ts'
import type { Finder } from '../../request/finder.ts'
import type { IamChange } from '../../request/iam/directory.ts'
import { type EntityTarget, entityTarget, namedEntity } from '../../request/iam/entity-target.ts'
import { touched } from './change.ts'
import { noSuchEntity } from './refusal.ts'

/** Whose access keys and MFA devices a request is about: a user's, or the root user's. */
export type Owner =
  | { readonly kind: 'user'; readonly user: IamUser }
  /** The root user's are kept with the account, which has no record before it needs one. */
  | { readonly kind: 'root'; readonly account: AccountId; readonly record?: AccountRecord }

/**
 * The user that a request names, or the caller when it names none.
 *
 * @returns `ValidationException` for callers that are no users. Source: IAM API reference, GetUser.
 */
export async function ownerTarget<A extends string>(
  find: Finder,
  action: A,
  userName: string | undefined,
): Promise<{ readonly owner: EntityTarget<A, IamUser | AccountRecord> } | ServiceError> {
  if (userName !== undefined) return { owner: await namedEntity(find, action, 'user', userName) }
  const { principal, scope } = find.caller
  if (principal.type === 'root') {
    const record = await find.directory.findEntity(scope.account, 'account', ACCOUNT)
    const { entity: _, ...target } = entityTarget(action, scope.account, principal.arn)
    return { owner: { ...target, ...(record ? { entity: record } : {}) } }
  }
  const user =
    principal.type === 'user' && principal.uniqueId !== undefined
      ? await find.directory.findEntityById(scope.account, 'user', principal.uniqueId)
      : undefined
  return user
    ? { owner: entityTarget(action, scope.account, user) }
    : error('ValidationException', 'Must specify userName when calling with non-User credentials')
}

/** @returns `NoSuchEntity` when the named user does not exist. */
export function ownerOf(
  { arn, entity }: { readonly arn: string; readonly entity?: IamUser | AccountRecord },
  account: AccountId,
): Owner | ServiceError {
  if (entity?.kind === 'user') return { kind: 'user', user: entity }
  if (arn.endsWith(':root')) return { kind: 'root', account, ...(entity ? { record: entity } : {}) }
  return noSuchEntity('user', arn.slice(arn.lastIndexOf('/') + 1))
}

/** The id of a user; nothing for the root user. */
export function ownerId(owner: Owner): string | undefined {
  return owner.kind === 'user' ? owner.user.id : undefined
}

export function ownerName(owner: Owner): { readonly UserName?: string } {
  return owner.kind === 'user' ? { UserName: owner.user.name } : {}
}

/** The one account record of an account. */
export const ACCOUNT = 'account'

/** The account's record with other members, made when there is none yet. */
export function accountChange(
  account: AccountId,
  record: AccountRecord | undefined,
  over: Partial<AccountRecord>,
  createdAt: number,
): IamChange {
  if (record) return { kind: 'update-entity', entity: { ...record, ...over, revision: record.revision + 1 } }
  const arn = entityArn('account', { partition: 'aws', account }, '/', ACCOUNT)
  const made = { kind: 'account', account, id: account, name: ACCOUNT, path: '/', arn, tags: [] } as const
  return { kind: 'insert-entity', entity: { ...made, revision: 1, createdAt, ...over } }
}

/** A change of the owner itself, so that concurrent calls about what it owns meet each other. */
export function ownerTouched(owner: Owner, now: number): IamChange {
  return owner.kind === 'user' ? touched(owner.user) : accountChange(owner.account, owner.record, {}, now)
}
