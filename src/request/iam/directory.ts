import type { AccountId, PrincipalArn } from '../../domain/arn.ts'
import type { Entity, EntityKind, EntityOf, ReferenceUsage } from '../../domain/iam.ts'
import type { WrappedKey } from '../../domain/key.ts'
import type { Page } from '../page.ts'

/** A long-term access key. Its secret exists only wrapped; the key process derives signing keys from it. */
export type AccessKey = {
  readonly accessKeyId: string
  readonly account: AccountId
  /** The unique id of its user; absent for the root user. */
  readonly userId?: string
  /** ARN of its owner when it was made, for people who read the store. */
  readonly principal: PrincipalArn
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: number
  readonly wrappedSecret: WrappedKey
}

/** An entity that refers to another. */
export type Referrer = { readonly usage: ReferenceUsage; readonly entity: Entity }

/** Which references are asked for: to one target, of one usage, from entities of one kind. */
export type ReferrersWanted = {
  readonly account: AccountId
  readonly target: string
  readonly usage: ReferenceUsage
  readonly kind: 'user' | 'group' | 'role'
}

/** What the store knows of principals and their policies. Names are compared without regard to case. */
export interface Directory {
  findEntity<Kind extends EntityKind>(account: AccountId, kind: Kind, name: string): Promise<EntityOf<Kind> | undefined>
  /** By unique id; for policies, devices and providers by ARN. */
  findEntityById<Kind extends EntityKind>(
    account: AccountId,
    kind: Kind,
    id: string,
  ): Promise<EntityOf<Kind> | undefined>
  /** In order of name, ignoring case; `after` is a name. */
  listEntities<Kind extends EntityKind>(
    account: AccountId,
    kind: Kind,
    page: Page<string>,
  ): Promise<readonly EntityOf<Kind>[]>
  countEntities(account: AccountId, kind: EntityKind): Promise<number>
  /** In order of the referring entities' names. */
  listReferrers(wanted: ReferrersWanted, page: Page<string>): Promise<readonly Entity[]>
  /** References of that usage to `target`, from entities of every kind. */
  countReferrers(account: AccountId, target: string, usage: ReferenceUsage): Promise<number>
  findAccessKey(accessKeyId: string): Promise<AccessKey | undefined>
  /** Of a user, or of the root user when `userId` is absent; in order of id. */
  listAccessKeys(account: AccountId, userId: string | undefined): Promise<readonly AccessKey[]>
  /** Another number after every commit that touched the account's principals or policies; what was derived before is stale. */
  iamVersion(account: AccountId): number
}

/** Changes of principals and policies. */
export type IamChange =
  | { readonly kind: 'insert-entity'; readonly entity: Entity }
  /** `was`: the name before, when it changes. */
  | { readonly kind: 'update-entity'; readonly entity: Entity; readonly was?: string }
  | { readonly kind: 'delete-entity'; readonly entity: Entity }
  | { readonly kind: 'insert-access-key'; readonly accessKey: AccessKey }
  | { readonly kind: 'update-access-key'; readonly accessKey: AccessKey; readonly was: AccessKey['status'] }
  | { readonly kind: 'delete-access-key'; readonly accessKey: AccessKey }
