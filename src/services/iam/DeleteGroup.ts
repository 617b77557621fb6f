import { onEntity } from './entity-operation.ts'
import { deleteConflict } from './refusal.ts'

/**
 * Deletes a group without members and policies.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html
 */
export const DeleteGroup = onEntity('group', {
  name: 'DeleteGroup',
  async run(group, _input, { store }) {
    if ((await store.countReferrers(group.account, group.id, 'member')) > 0)
      return deleteConflict('remove users from group')
    if (group.attachedPolicies.length > 0) return deleteConflict('detach all policies')
    if (group.inlinePolicies.length > 0) return deleteConflict('delete policies')
    return { output: {}, changes: [{ kind: 'delete-entity', entity: group }] }
  },
})
