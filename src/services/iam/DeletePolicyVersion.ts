import { error, isError } from '../../domain/error.ts'
import { changed } from './change.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'
import { versionOf } from './versions.ts'

/**
 * Deletes a version that is not the default one; its number is not given again.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html
 */
export const DeletePolicyVersion = onPolicy({
  name: 'DeletePolicyVersion',
  input: { VersionId: shapes.PolicyVersionIdType },
  run(policy, { VersionId }, { clock }) {
    const version = versionOf(policy, VersionId)
    if (isError(version)) return version
    if (version.number === policy.defaultVersion)
      return error('DeleteConflict', 'Cannot delete the default version of a policy.')
    const versions = policy.versions.filter(({ number }) => number !== version.number)
    return { output: {}, changes: [changed(policy, { versions, updatedAt: clock.now() })] }
  },
})
