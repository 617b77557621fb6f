import { isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { shared } from './entity-operation.ts'
import { ownerOf, ownerTarget } from './owner.ts'
import * as shapes from './shapes.ts'
import { shownUser } from './shown.ts'

/**
 * A user, or the caller when none is named.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html
 */
export const GetUser = operation({
  ...shared({ name: 'GetUser' }),
  input: { UserName: optional(shapes.ExistingUserNameType) },
  output: { User: optional(shapes.User) },
  targets: (input, find) => ownerTarget(find, 'iam:GetUser', input.UserName),
  async run(_input, { owner: granted }, { store, caller, clock }) {
    const { account } = caller.scope
    const owner = ownerOf(granted, account)
    if (isError(owner)) return owner
    if (owner.kind === 'user') return { output: { User: shownUser(owner.user) } }
    // Nobody creates the root user: it is as old as the oldest thing that is kept about it.
    const keys = await store.listAccessKeys(account, undefined)
    const CreateDate = Math.min(clock.now(), ...keys.map(({ createdAt }) => createdAt))
    return { output: { User: { Path: '/', UserId: account, Arn: granted.arn, CreateDate } } }
  },
})
