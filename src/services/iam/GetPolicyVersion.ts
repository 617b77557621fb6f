import { isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'
import { shownVersion } from './shown.ts'
import { versionOf } from './versions.ts'

/**
 * One version of a managed policy with its document.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
 */
export const GetPolicyVersion = onPolicy({
  name: 'GetPolicyVersion',
  input: { VersionId: shapes.PolicyVersionIdType },
  output: { PolicyVersion: optional(shapes.PolicyVersion) },
  run(policy, { VersionId }) {
    const version = versionOf(policy, VersionId)
    return isError(version) ? version : { output: { PolicyVersion: shownVersion(version, policy.defaultVersion) } }
  },
})
