import type { Operation, Service } from '../../request/operation.ts'
import { ACCOUNT_ALIAS_OPERATIONS } from './account-aliases.ts'
import { ATTACHED_POLICY_OPERATIONS } from './attached-policies.ts'
import { BOUNDARY_OPERATIONS } from './boundaries.ts'
import { CreateAccessKey } from './CreateAccessKey.ts'
import { CreateGroup } from './CreateGroup.ts'
import { CreateRole } from './CreateRole.ts'
import { CreateUser } from './CreateUser.ts'
import { DeleteAccessKey } from './DeleteAccessKey.ts'
import { DeleteGroup } from './DeleteGroup.ts'
import { DeleteUser } from './DeleteUser.ts'
import { GetAccessKeyLastUsed } from './GetAccessKeyLastUsed.ts'
import { GetAccountAuthorizationDetails } from './GetAccountAuthorizationDetails.ts'
import { GetAccountSummary } from './GetAccountSummary.ts'
import { GetGroup } from './GetGroup.ts'
import { GetUser } from './GetUser.ts'
import { INLINE_POLICY_OPERATIONS } from './inline-policies.ts'
import { ListAccessKeys } from './ListAccessKeys.ts'
import { LIST_OPERATIONS } from './lists.ts'
import { LOGIN_OPERATIONS } from './logins.ts'
import { MEMBERSHIP_OPERATIONS } from './memberships.ts'
import { MFA_OPERATIONS } from './mfa-devices.ts'
import { OIDC_OPERATIONS } from './oidc-providers.ts'
import { POLICY_OPERATIONS } from './policies.ts'
import { ROLE_OPERATIONS } from './roles.ts'
import { SIMULATION_OPERATIONS } from './simulations.ts'
import { TAG_OPERATIONS } from './tags.ts'
import { UpdateAccessKey } from './UpdateAccessKey.ts'
import { UpdateGroup } from './UpdateGroup.ts'
import { UpdateUser } from './UpdateUser.ts'

/** Everything of IAM that Trent performs. */
export const OPERATIONS: readonly Operation[] = [
  CreateAccessKey,
  CreateGroup,
  CreateRole,
  CreateUser,
  DeleteAccessKey,
  DeleteGroup,
  DeleteUser,
  GetAccessKeyLastUsed,
  GetAccountAuthorizationDetails,
  GetAccountSummary,
  GetGroup,
  GetUser,
  ListAccessKeys,
  UpdateAccessKey,
  UpdateGroup,
  UpdateUser,
  ...ACCOUNT_ALIAS_OPERATIONS,
  ...ATTACHED_POLICY_OPERATIONS,
  ...BOUNDARY_OPERATIONS,
  ...INLINE_POLICY_OPERATIONS,
  ...LIST_OPERATIONS,
  ...LOGIN_OPERATIONS,
  ...MEMBERSHIP_OPERATIONS,
  ...MFA_OPERATIONS,
  ...OIDC_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...ROLE_OPERATIONS,
  ...SIMULATION_OPERATIONS,
  ...TAG_OPERATIONS,
]

/** AWS Identity and Access Management, API version 2010-05-08. */
export const iam: Service = {
  name: 'iam',
  eventSource: 'iam.amazonaws.com',
  protocol: 'query',
  xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  operations: new Map(OPERATIONS.map((operation) => [operation.name, operation])),
}
