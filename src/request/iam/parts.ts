import type { AccountId } from '../../domain/arn.ts'
import type { ServiceError } from '../../domain/error.ts'
import type { Clock, KeyProcess } from '../ports.ts'
import { type CompiledPolicies, compiledPolicies } from './compiled-policies.ts'
import type { Directory } from './directory.ts'
import { type Binder, binderOf } from './documents.ts'
import { type Mfa, openMfa } from './mfa.ts'
import { type Principals, principalsFrom } from './principals.ts'
import { proveWebIdentity, type TokenVerifier, type WebIdentityProof } from './web-identity.ts'

/** What operations and decisions know of principals and their policies. */
export type Iam = {
  readonly principals: Principals
  readonly compiled: CompiledPolicies
  readonly binder: Binder
  readonly mfa: Mfa
  /** Verifies a token of an identity provider that the account knows. */
  readonly proveWebIdentity: (account: AccountId, token: string) => Promise<WebIdentityProof | ServiceError>
}

export type IamOptions = {
  readonly directory: Directory
  readonly hsm: KeyProcess
  readonly clock: Clock
  readonly tokens: TokenVerifier
  /** Whether policies may name principals that do not exist. */
  readonly admitsUnknown: boolean
}

export function iamParts({ directory, hsm, clock, tokens, admitsUnknown }: IamOptions): Iam {
  const compiled = compiledPolicies(directory)
  return {
    compiled,
    principals: principalsFrom(directory, compiled),
    binder: binderOf(directory, admitsUnknown),
    mfa: openMfa({ directory, hsm, clock }),
    proveWebIdentity: (account, token) => proveWebIdentity({ directory, tokens, clock }, account, token),
  }
}
