import { type CompiledPolicies, compiledPolicies } from './compiled-policies.ts'
import type { Directory } from './directory.ts'
import { type Binder, binderOf } from './documents.ts'
import { type Principals, principalsFrom } from './principals.ts'

/** What operations and decisions know of principals and their policies. */
export type Iam = {
  readonly principals: Principals
  readonly compiled: CompiledPolicies
  readonly binder: Binder
}

export function iamParts(directory: Directory, { admitsUnknown }: { readonly admitsUnknown: boolean }): Iam {
  const compiled = compiledPolicies(directory)
  return { compiled, principals: principalsFrom(directory, compiled), binder: binderOf(directory, admitsUnknown) }
}
