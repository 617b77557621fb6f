import { isError } from '../../domain/error.ts'
import { list, optional } from '../../protocol/shape.ts'
import type { Operation } from '../../request/operation.ts'
import type { Page } from '../../request/ports.ts'
import { onAccount } from './entity-operation.ts'
import { pageFrom, readMatching } from './page.ts'
import * as shapes from './shapes.ts'
import { listedRole, listedUser, shownGroup } from './shown.ts'
import { shownTrustPolicy } from './trust.ts'

type Wanted = { readonly PathPrefix?: string; readonly Marker?: string; readonly MaxItems?: number }
type Listed = { readonly name: string; readonly path: string }

/** One page of the entities below a path. */
function pageBelow<E extends Listed>(
  { PathPrefix = '/', ...wanted }: Wanted,
  read: (page: Page<string>) => Promise<readonly E[]>,
) {
  const isWanted = ({ path }: E) => path.startsWith(PathPrefix)
  const nameOf = ({ name }: E) => name
  return pageFrom(wanted, (page) => readMatching(read, page, { isWanted, nameOf }), nameOf)
}

const input = { PathPrefix: optional(shapes.PathPrefixType), ...shapes.pageInput }

/** ListUsers, ListGroups, ListRoles. Source: IAM API reference. */
export const LIST_OPERATIONS: readonly Operation[] = [
  onAccount({
    name: 'ListUsers',
    input,
    output: { Users: list(shapes.User), ...shapes.pageOutput },
    async run(wanted, call) {
      const page = await pageBelow(wanted, (from) => call.store.listEntities(call.caller.scope.account, 'user', from))
      if (isError(page)) return page
      const { entries, ...rest } = page
      return { output: { Users: entries.map(listedUser), ...rest } }
    },
  }),
  onAccount({
    name: 'ListGroups',
    input,
    output: { Groups: list(shapes.Group), ...shapes.pageOutput },
    async run(wanted, call) {
      const page = await pageBelow(wanted, (from) => call.store.listEntities(call.caller.scope.account, 'group', from))
      if (isError(page)) return page
      const { entries, ...rest } = page
      return { output: { Groups: entries.map(shownGroup), ...rest } }
    },
  }),
  onAccount({
    name: 'ListRoles',
    input,
    output: { Roles: list(shapes.Role), ...shapes.pageOutput },
    async run(wanted, call) {
      const page = await pageBelow(wanted, (from) => call.store.listEntities(call.caller.scope.account, 'role', from))
      if (isError(page)) return page
      const { entries, ...rest } = page
      const shown = entries.map(async (role) => listedRole(role, await shownTrustPolicy(role, call.iam.binder)))
      return { output: { Roles: await Promise.all(shown), ...rest } }
    },
  }),
]
