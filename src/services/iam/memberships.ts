import { isError } from '../../domain/error.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { list } from '../../protocol/shape.ts'
import type { Operation } from '../../request/operation.ts'
import { changed } from './change.ts'
import { onEntity } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { noSuchEntity, quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownGroup } from './shown.ts'

const input = { UserName: shapes.ExistingUserNameType }

/** Who belongs to which group; a user keeps its groups. Source: IAM API reference. */
export const MEMBERSHIP_OPERATIONS: readonly Operation[] = [
  onEntity('group', {
    name: 'AddUserToGroup',
    input,
    async run(group, { UserName }, { store }) {
      const user = await store.findEntity(group.account, 'user', UserName)
      if (!user) return noSuchEntity('user', UserName)
      if (user.groups.includes(group.id)) return { output: {} }
      return user.groups.length >= IAM_QUOTAS.groupsPerUser
        ? quotaExceeded('GroupsPerUser', IAM_QUOTAS.groupsPerUser)
        : { output: {}, changes: [changed(user, { groups: [...user.groups, group.id] })] }
    },
  }),
  onEntity('group', {
    name: 'RemoveUserFromGroup',
    input,
    async run(group, { UserName }, { store }) {
      const user = await store.findEntity(group.account, 'user', UserName)
      if (!user?.groups.includes(group.id)) return noSuchEntity('user', UserName)
      return { output: {}, changes: [changed(user, { groups: user.groups.filter((id) => id !== group.id) })] }
    },
  }),
  onEntity('user', {
    name: 'ListGroupsForUser',
    input: shapes.pageInput,
    output: { Groups: list(shapes.Group), ...shapes.pageOutput },
    async run({ account, groups }, wanted, { store }) {
      const found = await Promise.all(groups.map((id) => store.findEntityById(account, 'group', id)))
      const page = pageAmong(
        wanted,
        found.flatMap((group) => group ?? []),
        ({ name }) => name,
      )
      if (isError(page)) return page
      const { entries, ...rest } = page
      return { output: { Groups: entries.map(shownGroup), ...rest } }
    },
  }),
]
