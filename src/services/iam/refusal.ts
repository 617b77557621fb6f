import { error, type ServiceError } from '../../domain/error.ts'

/** Refusals that several operations share. Source: reported answers of IAM. */

const NAMED = { user: 'user', group: 'group', role: 'role' } as const

export function noSuchEntity(kind: keyof typeof NAMED, name: string): ServiceError {
  return error('NoSuchEntity', `The ${NAMED[kind]} with name ${name} cannot be found.`)
}

export function noSuchInlinePolicy(kind: keyof typeof NAMED, name: string): ServiceError {
  return error('NoSuchEntity', `The ${NAMED[kind]} policy with name ${name} cannot be found.`)
}

export function noSuchPolicy(): ServiceError {
  return error('NoSuchEntity', 'Policy ARN was not found.')
}

/** @param arn - of a managed policy that should be attached, or read. */
export function unattachable(arn: string): ServiceError {
  return error('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`)
}

export function noSuchAccessKey(accessKeyId: string): ServiceError {
  return error('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`)
}

export function noSuchDevice(serialNumber: string): ServiceError {
  return error('NoSuchEntity', `VirtualMFADevice with serial number ${serialNumber} does not exist.`)
}

const KINDS = { user: 'User', group: 'Group', role: 'Role' } as const

export function alreadyExists(kind: keyof typeof KINDS, name: string): ServiceError {
  return error('EntityAlreadyExists', `${KINDS[kind]} with name ${name} already exists.`)
}

/** @param quota - as IAM names it: `AccessKeysPerUser`. */
export function quotaExceeded(quota: string, max: number): ServiceError {
  return error('LimitExceeded', `Cannot exceed quota for ${quota}: ${max}`)
}

/** @param first - what must be done before: `detach all policies`. */
export function deleteConflict(first: string): ServiceError {
  return error('DeleteConflict', `Cannot delete entity, must ${first} first.`)
}

/** AWS's own policies belong to AWS. */
export function outsideAccount(): ServiceError {
  return error('AccessDenied', 'Policy is outside your own account.')
}
