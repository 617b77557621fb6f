import { error, type ServiceError } from '../domain/error.ts'
import type { PolicyKind } from './types.ts'

/** Why a document is refused, in AWS's words. Source: reported answers of KMS and IAM, KMS developer guide. */
export const PROBLEMS = {
  notJson: 'This policy contains invalid Json',
  syntax: 'Syntax errors in policy.',
  version: 'Policy document must be version 2012-10-17 or greater.',
  legacyParsing: 'The policy failed legacy parsing',
  missingEffect: 'Missing required field Effect',
  noPrincipal: 'Policy contains a statement with no principal.',
  invalidPrincipals: 'Policy contains a statement with one or more invalid principals.',
  lockout: 'The new key policy will not allow you to update the key policy in the future.',
  overlyPermissive:
    'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified [encryption context or tag] or with an unspecified [encryption context or tag]. To fix, remove ForAllValues.',
  hasPrincipal: 'Policy document should not specify a principal.',
  missingPrincipal: 'Missing required field Principal',
  hasResource: 'Has prohibited field Resource',
  notAssumeRole: 'AssumeRole policy may only specify STS AssumeRole actions.',
  sidCharacters:
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [A-Za-z0-9]*',
  sidRepeated: 'Statement IDs (SID) in a single policy must be unique.',
  noActions: 'Policy statement must contain actions.',
  noResources: 'Policy statement must contain resources.',
  noVendor: 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  manyColons: 'Actions/Condition can contain only one colon.',
  resourceVendor: 'Resource vendor must be fully qualified and cannot contain regexes.',
} as const

/** The refusal of a document: each service has its own code for it. */
export function problem(kind: PolicyKind, message: string): ServiceError {
  return error(kind === 'key' ? 'MalformedPolicyDocumentException' : 'MalformedPolicyDocument', message)
}

/**
 * The refusal of a principal, malformed or unknown to the caller's directory.
 *
 * @param principal - the type and text of the entry, where the element has one. Source: reported answers of KMS and IAM.
 */
export function invalidPrincipal(
  kind: PolicyKind,
  principal?: { readonly member?: string; readonly value?: string },
): ServiceError {
  if (kind === 'key') return problem(kind, PROBLEMS.invalidPrincipals)
  const named = [principal?.member, principal?.value]
    .filter((text) => text !== undefined)
    .map((text) => JSON.stringify(text))
  return problem(kind, `Invalid principal in policy${named.length === 0 ? '' : `: ${named.join(':')}`}`)
}
