import type { IamGroup } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { optional, withDefault } from '../../protocol/shape.ts'
import { namedEntity } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { newEntityId } from './change.ts'
import { newEntityTarget, shared } from './entity-operation.ts'
import { alreadyExists, quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'
import { shownGroup } from './shown.ts'

/**
 * A new group without members.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html
 */
export const CreateGroup = operation({
  ...shared({ name: 'CreateGroup' }),
  input: { Path: withDefault(shapes.PathType, '/'), GroupName: shapes.GroupNameType },
  output: { Group: optional(shapes.Group) },
  event: { response: 'output' },
  targets: async (input, find) => ({
    group: newEntityTarget(await namedEntity(find, 'iam:CreateGroup', 'group', input.GroupName), find, input.Path),
  }),
  async run(input, { group: { arn, entity } }, { store, caller, clock, ids }) {
    const { account } = caller.scope
    if (entity) return alreadyExists('group', input.GroupName)
    if ((await store.countEntities(account, 'group')) >= IAM_QUOTAS.groups)
      return quotaExceeded('GroupsPerAccount', IAM_QUOTAS.groups)
    const group: IamGroup = {
      kind: 'group',
      account,
      id: newEntityId('group', ids),
      name: input.GroupName,
      path: input.Path,
      arn,
      revision: 1,
      createdAt: clock.now(),
      tags: [],
      inlinePolicies: [],
      attachedPolicies: [],
    }
    return { output: { Group: shownGroup(group) }, changes: [{ kind: 'insert-entity', entity: group }] }
  },
})
