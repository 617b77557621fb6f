import type { Clock, KeyProcess } from '../ports.ts'
import { type CompiledPolicies, compiledPolicies } from './compiled-policies.ts'
import type { Directory } from './directory.ts'
import { type Binder, binderOf } from './documents.ts'
import { type Mfa, openMfa } from './mfa.ts'
import { type Principals, principalsFrom } from './principals.ts'

/** What operations and decisions know of principals and their policies. */
export type Iam = {
  readonly principals: Principals
  readonly compiled: CompiledPolicies
  readonly binder: Binder
  readonly mfa: Mfa
}

export type IamOptions = {
  readonly directory: Directory
  readonly hsm: KeyProcess
  readonly clock: Clock
  /** Whether policies may name principals that do not exist. */
  readonly admitsUnknown: boolean
}

export function iamParts({ directory, hsm, clock, admitsUnknown }: IamOptions): Iam {
  const compiled = compiledPolicies(directory)
  return {
    compiled,
    principals: principalsFrom(directory, compiled),
    binder: binderOf(directory, admitsUnknown),
    mfa: openMfa({ directory, hsm, clock }),
  }
}
