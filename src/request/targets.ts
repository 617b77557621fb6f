import {
  type AccountId,
  type AliasArn,
  type AliasName,
  aliasArn,
  type KeyArn,
  type Region,
  type Scope,
} from '../domain/arn.ts'
import { isError, type ServiceError } from '../domain/error.ts'
import type { Grant } from '../domain/grant.ts'
import type { Key, KeyMaterial } from '../domain/key.ts'
import type { StateRule } from '../domain/key-state.ts'
import type { RequestedGrant } from '../policy/grant.ts'
import type { EntityTarget } from './iam/entity-target.ts'
import type { RoleTarget } from './iam/role-target.ts'

/** A key that a call needs, and the action it must be allowed on it. */
export type KeyTarget<Action extends string = string> = {
  readonly kind: 'key'
  readonly action: Action
  readonly key: Key
  /** The alias by which the request named the key. */
  readonly requestAlias?: AliasName
  /** For cryptographic operations: the material that will be used. */
  readonly material?: KeyMaterial
  /** The request named no key, so a refusal must not tell which it is. */
  readonly isNamedByCiphertext?: boolean
  /** For CreateGrant: what the new grant would allow. */
  readonly requestedGrant?: RequestedGrant
  /** For RetireGrant: the grant, if there is one. */
  readonly grant?: Grant
  /** Which states admit the call; the operation's own rule when absent. */
  readonly states?: StateRule
}

/** An alias, judged by its own ARN; or a key that its own policy has no say about. */
export type AliasTarget<Action extends string = string> = {
  readonly kind: 'alias'
  readonly action: Action
  readonly account: AccountId
  readonly arn: AliasArn | KeyArn
}

/** Operations without a key: decided on the account. */
export type AccountTarget<Action extends string = string> = {
  readonly kind: 'account'
  readonly action: Action
  /** Where the action is asked for, if not in the caller's Region. */
  readonly region?: Region
}

/** A resource of another service, judged by its ARN alone. */
export type ArnTarget<Action extends string = string> = {
  readonly kind: 'arn'
  readonly action: Action
  readonly account: AccountId
  readonly arn: string
}

export type Target = KeyTarget | ArnTarget | AliasTarget | AccountTarget | EntityTarget | RoleTarget
export type Targets = { readonly [name: string]: Target }

/** Condition keys by name; what is undefined is not there. */
export type ConditionValues = { readonly [key: string]: string | readonly string[] | undefined }

/** The targets of an operation on one key: that key, under the name `key`. */
export function onlyKey<T extends Target>(
  found: Promise<T | ServiceError>,
): Promise<{ readonly key: T } | ServiceError> {
  return found.then((key) => (isError(key) ? key : { key }))
}

/** The target of an operation without a key. */
export function account<A extends string>(action: A): AccountTarget<A> {
  return { kind: 'account', action }
}

/** The target of an operation for which its service knows no resources: only policies about `*` speak of it. */
export function anything<A extends string>(action: A, { account: owner }: Scope): ArnTarget<A> {
  return { kind: 'arn', action, account: owner, arn: '*' }
}

/** An alias as a target of its own. */
export function alias<A extends string>(action: A, scope: Scope, name: AliasName): AliasTarget<A> {
  return { kind: 'alias', action, account: scope.account, arn: aliasArn(scope, name) }
}

/** What a target is called in proofs and messages: its ARN, or `*` for the account. */
export function resourceArn(target: Target): string {
  switch (target.kind) {
    case 'account':
      return '*'
    case 'key':
      return target.key.arn
    case 'alias':
    case 'arn':
    case 'entity':
    case 'role':
      return target.arn
  }
}
