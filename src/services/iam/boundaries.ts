import type { AccountId } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { parsePolicyArn } from '../../domain/iam.ts'
import { managedText } from '../../request/iam/compiled-policies.ts'
import type { Directory } from '../../request/iam/directory.ts'
import type { Operation } from '../../request/operation.ts'
import { onEntity } from './entity-operation.ts'
import * as shapes from './shapes.ts'

/** The condition key that a request with a boundary carries. */
export function boundaryCondition(arn: string | undefined) {
  return { 'iam:PermissionsBoundary': arn }
}

/**
 * The boundary that a request brings, as an entity keeps it.
 *
 * @returns `InvalidInput` for what is no policy's ARN, `NoSuchEntity` for a policy that does not exist.
 */
export async function findBoundary(
  directory: Directory,
  account: AccountId,
  arn: string | undefined,
): Promise<{ readonly boundary?: string } | ServiceError> {
  if (arn === undefined) return {}
  if (!parsePolicyArn(arn)) return error('InvalidInput', `ARN ${arn} is not valid.`)
  return (await managedText(directory, account, arn)) === undefined
    ? error('NoSuchEntity', `Scope ARN: ${arn} does not exist or is not attachable.`)
    : { boundary: arn }
}

const BOUNDED = [
  ['user', 'User'],
  ['role', 'Role'],
] as const

/** PutUserPermissionsBoundary, DeleteUserPermissionsBoundary, and the same for roles. Source: IAM API reference. */
export const BOUNDARY_OPERATIONS: readonly Operation[] = BOUNDED.flatMap(([kind, name]) => [
  onEntity(kind, {
    name: `Put${name}PermissionsBoundary`,
    input: { PermissionsBoundary: shapes.ArnType },
    conditions: ({ PermissionsBoundary }) => boundaryCondition(PermissionsBoundary),
    async run(entity, { PermissionsBoundary }, { store }) {
      const boundary = await findBoundary(store, entity.account, PermissionsBoundary)
      if (isError(boundary)) return boundary
      const next = { ...entity, ...boundary, revision: entity.revision + 1 }
      return { output: {}, changes: [{ kind: 'update-entity', entity: next }] }
    },
  }),
  onEntity(kind, {
    name: `Delete${name}PermissionsBoundary`,
    run({ boundary, ...entity }) {
      if (boundary === undefined)
        return error('NoSuchEntity', `${name} ${entity.name} does not have a permissions boundary.`)
      return { output: {}, changes: [{ kind: 'update-entity', entity: { ...entity, revision: entity.revision + 1 } }] }
    },
  }),
])
