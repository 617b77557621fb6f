import { error } from '../../domain/error.ts'
import { onPolicy } from './policy-operation.ts'
import { policyUse } from './policy-use.ts'

const MORE_VERSIONS =
  "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy."

/**
 * Deletes a managed policy that nobody has and that has only its default version.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
 */
export const DeletePolicy = onPolicy({
  name: 'DeletePolicy',
  async run(policy, _input, { store }) {
    const { attachments, boundaries } = await policyUse(store, policy)
    if (attachments + boundaries > 0) return error('DeleteConflict', 'Cannot delete a policy attached to entities.')
    if (policy.versions.length > 1) return error('DeleteConflict', MORE_VERSIONS)
    return { output: {}, changes: [{ kind: 'delete-entity', entity: policy }] }
  },
})
