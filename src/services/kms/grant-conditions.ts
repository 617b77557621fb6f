import type { GrantConstraint } from '../../domain/grant.ts'
import type { ConditionValues } from '../../request/targets.ts'
import { contextConditions } from './conditions.ts'

/** Only AWS services make calls for a resource of theirs. Source: KMS condition keys. */
export const BY_NO_SERVICE: ConditionValues = { 'kms:GrantIsForAWSResource': 'false' }

/** What a grant's constraint tells policies; nothing for a grant without. */
export function constraintConditions(constraint: GrantConstraint | undefined): ConditionValues {
  return constraint ? { 'kms:GrantConstraintType': constraint.kind, ...contextConditions(constraint.pairs) } : {}
}
