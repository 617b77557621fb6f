import { onEntity } from './entity-operation.ts'
import { deleteConflict } from './refusal.ts'

/**
 * Deletes a user from whom everything was taken before.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
 */
export const DeleteUser = onEntity('user', {
  name: 'DeleteUser',
  async run(user, _input, { store }) {
    if (user.attachedPolicies.length > 0) return deleteConflict('detach all policies')
    if (user.inlinePolicies.length > 0) return deleteConflict('delete policies')
    if ((await store.listAccessKeys(user.account, user.id)).length > 0) return deleteConflict('delete access keys')
    if (user.groups.length > 0) return deleteConflict('remove users from group')
    if (user.mfaDevices.length > 0) return deleteConflict('delete MFA device')
    return { output: {}, changes: [{ kind: 'delete-entity', entity: user }] }
  },
})
