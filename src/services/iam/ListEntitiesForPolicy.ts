import { isError } from '../../domain/error.ts'
import type { Entity } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { list, oneOf, optional, structure, text, withDefault } from '../../protocol/shape.ts'
import { pageAmong } from './page.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'

const KINDS = { user: 'User', role: 'Role', group: 'Group' } as const

/**
 * Who has a managed policy, attached or as a boundary.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
 */
export const ListEntitiesForPolicy = onPolicy({
  name: 'ListEntitiesForPolicy',
  input: {
    EntityFilter: optional(oneOf('User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy')),
    PathPrefix: withDefault(shapes.PathPrefixType, '/'),
    PolicyUsageFilter: withDefault(oneOf('PermissionsPolicy', 'PermissionsBoundary'), 'PermissionsPolicy'),
    ...shapes.pageInput,
  },
  output: {
    PolicyGroups: list(structure({ GroupName: text(), GroupId: text() })),
    PolicyUsers: list(structure({ UserName: text(), UserId: text() })),
    PolicyRoles: list(structure({ RoleName: text(), RoleId: text() })),
    ...shapes.pageOutput,
  },
  async run({ account, arn }, { EntityFilter, PathPrefix, PolicyUsageFilter, ...wanted }, { store }) {
    const usage = PolicyUsageFilter === 'PermissionsBoundary' ? 'boundary' : 'attached'
    const kinds = (['group', 'user', 'role'] as const).filter(
      (kind) => EntityFilter === undefined || EntityFilter === KINDS[kind],
    )
    const found = await Promise.all(
      kinds.map((kind) => store.listReferrers({ account, target: arn, usage, kind }, { limit: IAM_QUOTAS.users })),
    )
    const below = found.flat().filter(({ path }) => path.startsWith(PathPrefix))
    const page = pageAmong(wanted, below, ({ id }) => id)
    if (isError(page)) return page
    const { entries, ...rest } = page
    const of = (kind: Entity['kind']) => entries.filter((entity) => entity.kind === kind)
    return {
      output: {
        PolicyGroups: of('group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of('user').map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of('role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      },
    }
  },
})
