import { isError } from '../../domain/error.ts'
import { changed } from './change.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'
import { versionOf } from './versions.ts'

/**
 * Puts another version of a managed policy in force wherever it is attached, when the call returns.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html
 */
export const SetDefaultPolicyVersion = onPolicy({
  name: 'SetDefaultPolicyVersion',
  input: { VersionId: shapes.PolicyVersionIdType },
  run(policy, { VersionId }, { clock }) {
    const version = versionOf(policy, VersionId)
    if (isError(version)) return version
    return { output: {}, changes: [changed(policy, { defaultVersion: version.number, updatedAt: clock.now() })] }
  },
})
