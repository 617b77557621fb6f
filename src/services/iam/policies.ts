import type { Operation } from '../../request/operation.ts'
import { CreatePolicy } from './CreatePolicy.ts'
import { CreatePolicyVersion } from './CreatePolicyVersion.ts'
import { DeletePolicy } from './DeletePolicy.ts'
import { DeletePolicyVersion } from './DeletePolicyVersion.ts'
import { GetPolicy } from './GetPolicy.ts'
import { GetPolicyVersion } from './GetPolicyVersion.ts'
import { ListEntitiesForPolicy } from './ListEntitiesForPolicy.ts'
import { ListPolicies } from './ListPolicies.ts'
import { ListPolicyVersions } from './ListPolicyVersions.ts'
import { POLICY_TAG_OPERATIONS } from './policy-tags.ts'
import { SetDefaultPolicyVersion } from './SetDefaultPolicyVersion.ts'

/** Everything about managed policies but their attachment. */
export const POLICY_OPERATIONS: readonly Operation[] = [
  CreatePolicy,
  CreatePolicyVersion,
  DeletePolicy,
  DeletePolicyVersion,
  GetPolicy,
  GetPolicyVersion,
  ListEntitiesForPolicy,
  ListPolicies,
  ListPolicyVersions,
  SetDefaultPolicyVersion,
  ...POLICY_TAG_OPERATIONS,
]
