import type { AccountId, PrincipalArn } from '../domain/arn.ts'

/** What a document may contain depends on what it is attached to. A permissions boundary is an identity policy. */
export type PolicyKind = 'key' | 'identity' | 'trust' | 'session'

/**
 * The condition keys of one request: name in lower case (`kms:encryptioncontext:tenant`) to values. A key that the request
 * does not carry is absent or has no values. Which keys hold several values is a matter of their names: context-keys.ts.
 */
export type RequestContext = Pick<ReadonlyMap<string, readonly string[]>, 'get'>

/**
 * How a principal is covered, weakest first: not at all; through its account, which only delegates to IAM; by an ARN that
 * boundary and session policies still limit (a role for its sessions, a user for its federated sessions); by itself.
 */
export type Reach = 'none' | 'account' | 'limited' | 'direct'

/** @param action - in lower case, with its service: `kms:decrypt`. */
export type ActionTest = (action: string) => boolean
export type PrincipalMatcher = (principal: Principal) => Reach
export type ResourceTest = (arn: string, context: RequestContext) => boolean
export type ConditionTest = (context: RequestContext) => boolean

/** `text` is the operator as the policy spells it; `key` is in lower case; `values` are the policy's, for explanations. */
export type CompiledCondition = {
  readonly text: string
  readonly key: string
  readonly values: readonly string[]
  readonly holds: ConditionTest
}

export type CompiledStatement = {
  /** Place in the document, from 0. */
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly coversAction: ActionTest
  readonly reaches: PrincipalMatcher
  readonly coversResource: ResourceTest
  readonly conditions: readonly CompiledCondition[]
}

/** A document made ready for many decisions. Inert statements are left out. */
export type CompiledPolicy = {
  readonly kind: PolicyKind
  readonly denies: readonly CompiledStatement[]
  readonly allows: readonly CompiledStatement[]
}

/** A policy with the name it is reported by: the ARN of a managed policy or the name of an inline one. */
export type AttachedPolicy = { readonly name: string; readonly policy: CompiledPolicy }

type Identity = {
  readonly arn: PrincipalArn
  readonly account: AccountId
  /** Inline and attached ones, for users those of their groups too. */
  readonly identityPolicies: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
}

/** The account's root user: every identity permission, no boundary, nothing implicit on a key. */
export type RootUser = { readonly type: 'root'; readonly arn: PrincipalArn; readonly account: AccountId }

/** An IAM user, with a long-term access key or a GetSessionToken session. */
export type User = Identity & {
  readonly type: 'user'
  /** `AIDA…`. Compared with what a policy was bound to when it was saved. */
  readonly uniqueId?: string
}

/** A session of a role. `arn` is the session's. */
export type RoleSession = Identity & {
  readonly type: 'role-session'
  /** With the role's path, which session ARNs do not carry. */
  readonly roleArn: PrincipalArn
  /** `AROA…` of the role. */
  readonly uniqueId?: string
  /** Several are one policy: what any of them allows. Absent when none was passed. */
  readonly sessionPolicies?: readonly AttachedPolicy[]
}

/** A GetFederationToken session. Without session policies it has no identity permissions. */
export type FederatedUser = Identity & {
  readonly type: 'federated-user'
  /** The user who asked for the session; absent when the root user did. */
  readonly userArn?: PrincipalArn
  /** `AIDA…` of that user. */
  readonly uniqueId?: string
  readonly sessionPolicies?: readonly AttachedPolicy[]
}

/** A service acting for itself. A service acting for a user is that user with `kms:ViaService`. */
export type ServicePrincipal = { readonly type: 'service'; readonly arn: string; readonly service: string }

/** The holder of a token of an OIDC or SAML provider; meets trust policies only. */
export type WebIdentity = { readonly type: 'web-identity'; readonly arn: string; readonly provider: string }

/** Who asks, with everything the rules need to know. */
export type Principal = RootUser | User | RoleSession | FederatedUser | ServicePrincipal | WebIdentity

export type PolicySource = 'key-policy' | 'trust-policy' | 'identity-policy' | 'permissions-boundary' | 'session-policy'

/** One statement of one policy, for traces. */
export type StatementRef = {
  readonly kind: 'statement'
  readonly source: PolicySource
  /** Name of the attached policy; absent for the resource's own policy. */
  readonly policy?: string
  /** Place among the document's statements, from 0. */
  readonly index: number
  readonly sid?: string
}

/** What an allowing decision rests on. All of them were needed. */
export type Ground =
  | StatementRef
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'root-user' }

/** What would have had to allow and did not. `other-account`: kept unsaid, because the caller may not learn it. */
export type Missing =
  | 'resource-policy'
  | 'identity-policy'
  | 'permissions-boundary'
  | 'session-policy'
  | 'grant-or-identity-policy'
  | 'other-account'

export type Denial =
  | { readonly allowed: false; readonly kind: 'explicit'; readonly by: StatementRef; readonly hidden: boolean }
  | { readonly allowed: false; readonly kind: 'implicit'; readonly missing: Missing; readonly hidden: boolean }

/** The outcome with its trace, as plain data. `hidden`: the resource is another account's, so the answer must not tell why. */
export type Decision = { readonly allowed: true; readonly by: readonly Ground[] } | Denial
