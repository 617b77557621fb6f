import { type AccountId, type PrincipalArn, partitionOf, type Region } from './arn.ts'
import type { IamRole, IamTag } from './iam.ts'

type SessionFacts = {
  readonly account: AccountId
  /** Milliseconds since the epoch, UTC. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** When the caller proved to have an MFA device; absent when it did not. */
  readonly mfaAt?: number
  /** Session policies as they were passed, and ARNs of managed ones. */
  readonly policies: readonly string[]
  readonly policyArns: readonly string[]
  readonly tags: readonly IamTag[]
}

/** A session of a role. */
export type RoleSessionRecord = SessionFacts & {
  readonly kind: 'role'
  readonly roleId: string
  readonly sessionName: string
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity?: string
  /** ARN of the identity provider whose token opened the session. */
  readonly provider?: string
}

/** A session of a user, from GetSessionToken; of the root user when there is no id. */
export type UserSessionRecord = SessionFacts & { readonly kind: 'user'; readonly userId?: string }

/** A session from GetFederationToken, made by that user or, without an id, by the root user. */
export type FederatedSessionRecord = SessionFacts & {
  readonly kind: 'federated'
  readonly name: string
  readonly userId?: string
}

/** A session that credentials give by themselves. */
export type SessionRecord = RoleSessionRecord | UserSessionRecord | FederatedSessionRecord

/**
 * What a service may do for a user who called it. It has no secret: the service signs with its own, and the token is bound to
 * that.
 */
export type ForwardedSessionRecord = {
  readonly kind: 'forwarded'
  readonly account: AccountId
  /** Unique id and name of the service. */
  readonly serviceId: string
  readonly service: string
  /** That the user's request was signed for; the session is good for no other. */
  readonly region: Region
  /** Milliseconds since the epoch, UTC. */
  readonly expiresAt: number
  /** The credentials that the user's request was signed with: of a user, of the root user, or of a session. */
  readonly of: { readonly accessKeyId: string; readonly userId?: string; readonly session?: SessionRecord }
}

/** Everything that a session token carries. */
export type SealedSession = SessionRecord | ForwardedSessionRecord

/** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`: the role's path is not in it. */
export function roleSessionArn(role: Pick<IamRole, 'account' | 'arn' | 'name'>, sessionName: string): PrincipalArn {
  const [, partition = 'aws'] = role.arn.split(':')
  return `arn:${partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}` as PrincipalArn
}

/** `arn:aws:sts::ACCOUNT:federated-user/NAME`. */
export function federatedUserArn(account: AccountId, region: Region, name: string): PrincipalArn {
  return `arn:${partitionOf(region)}:sts::${account}:federated-user/${name}` as PrincipalArn
}
