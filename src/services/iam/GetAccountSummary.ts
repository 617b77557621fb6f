import type { AccountId } from '../../domain/arn.ts'
import { IAM_POLICY_MAX_CHARS, IAM_QUOTAS } from '../../domain/limits.ts'
import { optional, stringMap } from '../../protocol/shape.ts'
import type { Call } from '../../request/operation.ts'
import { onAccount } from './entity-operation.ts'
import { ACCOUNT } from './owner.ts'

/** Quotas under the names that the summary has for them; what does not exist here has none to give. */
const QUOTAS = {
  UsersQuota: IAM_QUOTAS.users,
  GroupsQuota: IAM_QUOTAS.groups,
  RolesQuota: IAM_QUOTAS.roles,
  PoliciesQuota: IAM_QUOTAS.policies,
  AccessKeysPerUserQuota: IAM_QUOTAS.accessKeysPerOwner,
  GroupsPerUserQuota: IAM_QUOTAS.groupsPerUser,
  AttachedPoliciesPerUserQuota: IAM_QUOTAS.attachedPolicies,
  AttachedPoliciesPerGroupQuota: IAM_QUOTAS.attachedPolicies,
  AttachedPoliciesPerRoleQuota: IAM_QUOTAS.attachedPolicies,
  VersionsPerPolicyQuota: IAM_QUOTAS.versionsPerPolicy,
  UserPolicySizeQuota: IAM_POLICY_MAX_CHARS.user,
  GroupPolicySizeQuota: IAM_POLICY_MAX_CHARS.group,
  RolePolicySizeQuota: IAM_POLICY_MAX_CHARS.role,
  PolicySizeQuota: IAM_POLICY_MAX_CHARS.managed,
  AssumeRolePolicySizeQuota: IAM_POLICY_MAX_CHARS.trust,
} as const

/** There are no passwords, certificates and instances here, so that none is in use. */
const NONE = {
  AccountPasswordPresent: 0,
  AccountSigningCertificatesPresent: 0,
  ServerCertificates: 0,
  InstanceProfiles: 0,
} as const

/** Session tokens are good in every Region, which is version 2. Source: IAM API reference, SetSecurityTokenServicePreferences. */
const TOKEN_VERSION = 2

async function countsOf({ store }: Call, account: AccountId) {
  const kinds = ['user', 'group', 'role', 'policy', 'mfa-device', 'oidc-provider'] as const
  const [Users = 0, Groups = 0, Roles = 0, Policies = 0, MFADevices = 0, Providers = 0] = await Promise.all(
    kinds.map((kind) => store.countEntities(account, kind)),
  )
  return { Users, Groups, Roles, Policies, MFADevices, Providers }
}

async function uses({ store }: Call, account: AccountId) {
  const devices = await store.listEntities(account, 'mfa-device', { limit: IAM_QUOTAS.mfaDevices })
  const policies = await store.listEntities(account, 'policy', { limit: IAM_QUOTAS.policies })
  const record = await store.findEntity(account, 'account', ACCOUNT)
  return {
    MFADevicesInUse: devices.filter(({ owner }) => owner !== undefined).length,
    PolicyVersionsInUse: policies.reduce((sum, { versions }) => sum + versions.length, 0),
    AccountMFAEnabled: record?.rootMfaDevice === undefined ? 0 : 1,
    AccountAccessKeysPresent: (await store.listAccessKeys(account, undefined)).length === 0 ? 0 : 1,
  }
}

/**
 * How much of IAM an account uses, and how much it may.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
 */
export const GetAccountSummary = onAccount({
  name: 'GetAccountSummary',
  output: { SummaryMap: optional(stringMap()) },
  async run(_input, call) {
    const { account } = call.caller.scope
    const figures = {
      ...(await countsOf(call, account)),
      ...(await uses(call, account)),
      ...QUOTAS,
      ...NONE,
      GlobalEndpointTokenVersion: TOKEN_VERSION,
    }
    return { output: { SummaryMap: new Map(Object.entries(figures).map(([name, figure]) => [name, String(figure)])) } }
  },
})
