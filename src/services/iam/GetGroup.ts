import { isError } from '../../domain/error.ts'
import { list, optional } from '../../protocol/shape.ts'
import { onEntity } from './entity-operation.ts'
import { pageFrom } from './page.ts'
import * as shapes from './shapes.ts'
import { listedUser, shownGroup } from './shown.ts'

/**
 * A group and its members.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html
 */
export const GetGroup = onEntity('group', {
  name: 'GetGroup',
  input: shapes.pageInput,
  output: { Group: optional(shapes.Group), Users: list(shapes.User), ...shapes.pageOutput },
  async run(group, wanted, { store }) {
    const { account, id } = group
    const members = { account, target: id, usage: 'member', kind: 'user' } as const
    const page = await pageFrom(
      wanted,
      (from) => store.listReferrers(members, from),
      ({ name }) => name,
    )
    if (isError(page)) return page
    const { entries, ...rest } = page
    const users = entries.flatMap((entity) => (entity.kind === 'user' ? [listedUser(entity)] : []))
    return { output: { Group: shownGroup(group), Users: users, ...rest } }
  },
})
