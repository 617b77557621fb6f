import { error, type ServiceError } from '../../domain/error.ts'
import type { ManagedPolicy, PolicyVersion } from '../../domain/iam.ts'

/** The version that a request names, as `v3`. `NoSuchEntity` when the policy has none of that number. */
export function versionOf({ arn, versions }: ManagedPolicy, versionId: string): PolicyVersion | ServiceError {
  return (
    versions.find(({ number }) => `v${number}` === versionId) ??
    error('NoSuchEntity', `Policy ${arn} version ${versionId} does not exist or is not attachable.`)
  )
}
