import type { ServiceError } from '../../domain/error.ts'
import { entityArn, type IamGroup, type IamUser, uniqueName } from '../../domain/iam.ts'
import type { Fields } from '../../protocol/shape.ts'
import type { Call, Outcome } from '../../request/operation.ts'
import { alreadyExists } from './refusal.ts'

type NewName = { readonly path: string | undefined; readonly name: string | undefined }

/** The entity under another name or path. `EntityAlreadyExists` when another one has the name. */
export async function renamed(
  entity: IamUser | IamGroup,
  { path = entity.path, name = entity.name }: NewName,
  { store }: Pick<Call, 'store'>,
): Promise<Outcome<Fields> | ServiceError> {
  const { account, kind } = entity
  const isSameName = uniqueName(name) === uniqueName(entity.name)
  if (!isSameName && (await store.findEntity(account, kind, name))) return alreadyExists(kind, name)
  const [, partition = 'aws'] = entity.arn.split(':')
  const arn = entityArn(kind, { partition, account }, path, name)
  const next = { ...entity, path, name, arn, revision: entity.revision + 1 }
  return { output: {}, changes: [{ kind: 'update-entity', entity: next, was: entity.name }] }
}
