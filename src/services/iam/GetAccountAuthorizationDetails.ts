import type { AccountId } from '../../domain/arn.ts'
import { isError } from '../../domain/error.ts'
import type { IamGroup, IamRole, IamUser, ManagedPolicy, PolicyHolder } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { boolean, integer, list, oneOf, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { awsPolicies } from '../../request/iam/managed-policies.ts'
import type { Call } from '../../request/operation.ts'
import { attachedBelow } from './attached-policies.ts'
import { onAccount } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { policyUse } from './policy-use.ts'
import * as shapes from './shapes.ts'
import { encodeDocument, listedPolicy, shownGroup, shownRole, shownUser, shownVersion } from './shown.ts'
import { shownTrustPolicy } from './trust.ts'

const inline = optional(list(structure({ PolicyName: text(), PolicyDocument: text() })))
const common = { Path: text(), Arn: text(), CreateDate: timestamp() } as const
const AttachedManagedPolicies = list(shapes.AttachedPolicy)
const limits = { PermissionsBoundary: optional(shapes.PermissionsBoundary), Tags: optional(shapes.TagList) } as const

const UserDetail = structure({
  ...common,
  UserName: text(),
  UserId: text(),
  UserPolicyList: inline,
  GroupList: list(text()),
  AttachedManagedPolicies,
  ...limits,
})
const GroupDetail = structure({
  ...common,
  GroupName: text(),
  GroupId: text(),
  GroupPolicyList: inline,
  AttachedManagedPolicies,
})
const RoleDetail = structure({
  ...common,
  RoleName: text(),
  RoleId: text(),
  AssumeRolePolicyDocument: text(),
  InstanceProfileList: list(structure({ InstanceProfileName: text() })),
  RolePolicyList: inline,
  AttachedManagedPolicies,
  ...limits,
})
const ManagedPolicyDetail = structure({
  ...common,
  PolicyName: text(),
  PolicyId: text(),
  DefaultVersionId: text(),
  AttachmentCount: integer(),
  PermissionsBoundaryUsageCount: integer(),
  IsAttachable: boolean(),
  Description: optional(text()),
  UpdateDate: timestamp(),
  PolicyVersionList: list(shapes.PolicyVersion),
})

/** What can be asked for, in the order in which pages have it. */
const FILTERS = ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy'] as const
type Detailed = IamUser | IamGroup | IamRole | ManagedPolicy

/** AWS's own policies are told of when somebody has them. */
async function usedAwsPolicies({ store }: Call, account: AccountId): Promise<readonly ManagedPolicy[]> {
  const policies = awsPolicies(account)
  const uses = await Promise.all(policies.map((policy) => policyUse(store, policy)))
  return policies.filter((_policy, index) => (uses[index]?.attachments ?? 0) + (uses[index]?.boundaries ?? 0) > 0)
}

function entitiesOf(filter: (typeof FILTERS)[number], call: Call): Promise<readonly Detailed[]> {
  const { account } = call.caller.scope
  if (filter === 'User') return call.store.listEntities(account, 'user', { limit: IAM_QUOTAS.users })
  if (filter === 'Group') return call.store.listEntities(account, 'group', { limit: IAM_QUOTAS.groups })
  if (filter === 'Role') return call.store.listEntities(account, 'role', { limit: IAM_QUOTAS.roles })
  if (filter === 'AWSManagedPolicy') return usedAwsPolicies(call, account)
  return call.store.listEntities(account, 'policy', { limit: IAM_QUOTAS.policies })
}

const inlineOf = ({ inlinePolicies }: PolicyHolder) =>
  inlinePolicies.map(({ name, document }) => ({ PolicyName: name, PolicyDocument: encodeDocument(document) }))
const attachedTo = (holder: PolicyHolder) => ({ AttachedManagedPolicies: attachedBelow(holder, '/') })

async function userDetail(user: IamUser, { store }: Call) {
  const groups = await Promise.all(user.groups.map((id) => store.findEntityById(user.account, 'group', id)))
  const GroupList = groups.flatMap((group) => (group ? [group.name] : []))
  return { ...shownUser(user), UserPolicyList: inlineOf(user), GroupList, ...attachedTo(user) }
}

async function roleDetail(role: IamRole, { iam }: Call) {
  const shown = shownRole(role, await shownTrustPolicy(role, iam.binder))
  return { ...shown, InstanceProfileList: [], RolePolicyList: inlineOf(role), ...attachedTo(role) }
}

async function policyDetail(policy: ManagedPolicy, { store }: Call) {
  const { description, versions, defaultVersion } = policy
  return {
    ...listedPolicy(policy, await policyUse(store, policy)),
    ...(description === undefined ? {} : { Description: description }),
    PolicyVersionList: versions.map((version) => shownVersion(version, defaultVersion)),
  }
}

/** Those of one kind, each with what is told about it. */
function details<E extends Detailed, T>(
  entities: readonly Detailed[],
  kind: E['kind'],
  show: (entity: E) => Promise<T>,
) {
  const isOfKind = (entity: Detailed): entity is E => entity.kind === kind
  return Promise.all(entities.filter(isOfKind).map(show))
}

/**
 * All users, groups, roles and policies of the account, with what is in them and how they hang together.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
 */
export const GetAccountAuthorizationDetails = onAccount({
  name: 'GetAccountAuthorizationDetails',
  input: { Filter: optional(list(oneOf(...FILTERS))), ...shapes.pageInput },
  output: {
    UserDetailList: optional(list(UserDetail)),
    GroupDetailList: optional(list(GroupDetail)),
    RoleDetailList: optional(list(RoleDetail)),
    Policies: optional(list(ManagedPolicyDetail)),
    ...shapes.pageOutput,
  },
  async run({ Filter, ...wanted }, call) {
    const filters = FILTERS.filter((each) => Filter === undefined || Filter.length === 0 || Filter.includes(each))
    const all = (await Promise.all(filters.map((each) => entitiesOf(each, call)))).flat()
    const page = pageAmong<Detailed>(wanted, all, ({ arn }) => arn)
    if (isError(page)) return page
    const { entries, ...rest } = page
    return {
      output: {
        UserDetailList: await details(entries, 'user', (user: IamUser) => userDetail(user, call)),
        GroupDetailList: await details(entries, 'group', async (group: IamGroup) => ({
          ...shownGroup(group),
          GroupPolicyList: inlineOf(group),
          ...attachedTo(group),
        })),
        RoleDetailList: await details(entries, 'role', (role: IamRole) => roleDetail(role, call)),
        Policies: await details(entries, 'policy', (policy: ManagedPolicy) => policyDetail(policy, call)),
        ...rest,
      },
    }
  },
})
