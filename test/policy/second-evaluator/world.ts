/** What both evaluators are asked about, as plain JSON, so that a case on which they disagreed can be kept in a file. */

export type Texts = string | readonly string[]
export type Scalar = string | number | boolean
export type ConditionElement = {
  readonly [operator: string]: { readonly [key: string]: Scalar | readonly Scalar[] }
}
export type PrincipalElement = '*' | { readonly [type: string]: Texts }

/** Elements with the names and meanings of the IAM policy language. */
export type Statement = {
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: PrincipalElement
  readonly NotPrincipal?: PrincipalElement
  readonly Action?: Texts
  readonly NotAction?: Texts
  readonly Resource?: Texts
  readonly NotResource?: Texts
  readonly Condition?: ConditionElement
}

export type Document = { readonly Version?: string; readonly Statement: readonly Statement[] }

export type Pairs = Readonly<Record<string, string>>
export type Constraint = { readonly kind: 'EncryptionContextEquals' | 'EncryptionContextSubset'; readonly pairs: Pairs }

export type Grant = {
  readonly grantee: string
  readonly retiring?: string
  readonly issuer?: string
  readonly operations: readonly string[]
  readonly constraint?: Constraint
}

/** ARN to the unique id it stood for when policy or grant was saved. */
export type Ids = Readonly<Record<string, string>>

/** All that is written down anywhere. Every caller has the same policies of his own. */
export type World = {
  readonly key: Document
  readonly keyIds: Ids
  readonly trust: Document
  readonly identity: readonly Document[]
  readonly boundary?: Document
  readonly session?: readonly Document[]
  readonly grants: readonly Grant[]
  readonly grantIds: Ids
}

export type CallerType = 'root' | 'user' | 'role-session' | 'federated-user' | 'service' | 'web-identity'

export type Caller = {
  readonly type: CallerType
  /** A service's name, a provider's ARN, or the caller's own ARN. */
  readonly arn: string
  readonly account?: string
  /** ARN of the role or the user whose session this is. */
  readonly behind?: string
  readonly id?: string
}

export type Context = Readonly<Record<string, Texts>>

export type Request = {
  /** On a key, on a resource without a policy of its own, or on a role. */
  readonly on: 'key' | 'account' | 'role'
  readonly caller: Caller
  /** Without its service; for roles it is always AssumeRole. */
  readonly operation: string
  readonly resource: string
  readonly context: Context
  readonly encryptionContext: Pairs
  readonly wanted?: Pick<Grant, 'operations' | 'constraint'>
  /** For RetireGrant: place among the grants of the world. */
  readonly retire: number
}

export type Verdict = 'allow' | 'explicit' | 'implicit'

export const OWN = '111122223333'
export const OTHER = '444455556666'
export const KEY = `arn:aws:kms:us-east-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ROLE = `arn:aws:iam::${OWN}:role/jobs/Batch`

export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return []
  return isList(value) ? value : [value]
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
