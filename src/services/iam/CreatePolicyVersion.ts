import { error } from '../../domain/error.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { boolean, optional, withDefault } from '../../protocol/shape.ts'
import { checkDocument, checkManagedSize } from '../../request/iam/documents.ts'
import { changed } from './change.ts'
import { onPolicy } from './policy-operation.ts'
import * as shapes from './shapes.ts'
import { listedVersion } from './shown.ts'

const TOO_MANY = `A managed policy can have up to ${IAM_QUOTAS.versionsPerPolicy} versions. Before you create a new version, you must delete an existing version.`

/**
 * A new version of a managed policy; in force at once when it is set as the default.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html
 */
export const CreatePolicyVersion = onPolicy({
  name: 'CreatePolicyVersion',
  input: { PolicyDocument: shapes.PolicyDocumentType, SetAsDefault: withDefault(boolean(), false) },
  output: { PolicyVersion: optional(shapes.PolicyVersion) },
  event: { response: 'output' },
  run(policy, { PolicyDocument, SetAsDefault }, { clock }) {
    const refused = checkDocument('identity', PolicyDocument) ?? checkManagedSize(PolicyDocument)
    if (refused) return refused
    if (policy.versions.length >= IAM_QUOTAS.versionsPerPolicy) return error('LimitExceeded', TOO_MANY)
    const version = { number: policy.lastVersion + 1, document: PolicyDocument, createdAt: clock.now() }
    const defaultVersion = SetAsDefault ? version.number : policy.defaultVersion
    const versions = [...policy.versions, version]
    const next = { versions, defaultVersion, lastVersion: version.number, updatedAt: version.createdAt }
    return {
      output: { PolicyVersion: listedVersion(version, defaultVersion) },
      changes: [changed(policy, next)],
    }
  },
})
