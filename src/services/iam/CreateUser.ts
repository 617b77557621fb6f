import { isError } from '../../domain/error.ts'
import type { IamUser } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { namedEntity } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { boundaryCondition, findBoundary } from './boundaries.ts'
import { newEntityId, tagConditions } from './change.ts'
import { newEntityTarget, shared } from './entity-operation.ts'
import { alreadyExists, quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownUser } from './shown.ts'
import { newTags, parseTags } from './tags.ts'

/**
 * A new user, who may do nothing yet.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
 */
export const CreateUser = operation({
  ...shared({ name: 'CreateUser' }),
  input: {
    Path: withDefault(shapes.PathType, '/'),
    UserName: shapes.UserNameType,
    PermissionsBoundary: optional(shapes.ArnType),
    ...newTags,
  },
  output: { User: optional(shapes.User) },
  event: { response: 'output' },
  targets: async (input, find) => ({
    user: newEntityTarget(await namedEntity(find, 'iam:CreateUser', 'user', input.UserName), find, input.Path),
  }),
  conditions: (input) => ({ ...tagConditions(input.Tags), ...boundaryCondition(input.PermissionsBoundary) }),
  async run(input, { user: { arn, entity } }, { store, caller, clock, ids }) {
    const { account } = caller.scope
    if (entity) return alreadyExists('user', input.UserName)
    const tags = parseTags(input.Tags ?? [])
    if (isError(tags)) return tags
    const boundary = await findBoundary(store, account, input.PermissionsBoundary)
    if (isError(boundary)) return boundary
    if ((await store.countEntities(account, 'user')) >= IAM_QUOTAS.users)
      return quotaExceeded('UsersPerAccount', IAM_QUOTAS.users)
    const user: IamUser = {
      kind: 'user',
      account,
      id: newEntityId('user', ids),
      name: input.UserName,
      path: input.Path,
      arn,
      revision: 1,
      createdAt: clock.now(),
      tags,
      inlinePolicies: [],
      attachedPolicies: [],
      groups: [],
      mfaDevices: [],
      ...boundary,
    }
    return { output: { User: shownUser(user) }, changes: [{ kind: 'insert-entity', entity: user }] }
  },
})
