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

/** Everything that a session token carries. */
export type SessionRecord = RoleSessionRecord | UserSessionRecord | FederatedSessionRecord

/** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`: the role's path is not in it. */
export function roleSessionArn(role: Pick<IamRole, 'account' | 'arn' | 'name'>, sessionName: string): PrincipalArn {
  const [, partition = 'aws'] = role.arn.split(':')
  return `arn:${partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}` as PrincipalArn
}

/** `arn:aws:sts::ACCOUNT:federated-user/NAME`. */
export function federatedUserArn(account: AccountId, region: Region, name: string): PrincipalArn {
  return `arn:${partitionOf(region)}:sts::${account}:federated-user/${name}` as PrincipalArn
}
