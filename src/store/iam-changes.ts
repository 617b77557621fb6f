import { unreachable } from '../domain/brand.ts'
import { type Entity, isAwsManaged, referenceName, referencesOf, uniqueName } from '../domain/iam.ts'
import type { IamChange } from '../request/iam/directory.ts'
import type { Statements } from './statements.ts'
import { type Applied, accessKeySubject, entitySubject, type Subject } from './subject.ts'

type ChangeOf<Kind extends IamChange['kind']> = Extract<IamChange, { readonly kind: Kind }>

/** Makes one change of principals inside the open transaction; `conflict` and constraints as of all changes. */
export function applyIamChange(sql: Statements, change: IamChange): Applied {
  switch (change.kind) {
    case 'insert-entity':
      return insertEntity(sql, change.entity)
    case 'update-entity':
      return updateEntity(sql, change)
    case 'delete-entity':
      return deleteEntity(sql, change.entity)
    case 'insert-access-key':
      return insertAccessKey(sql, change)
    case 'update-access-key':
      return updateAccessKey(sql, change)
    case 'delete-access-key':
      return deleteAccessKey(sql, change)
    default:
      return unreachable(change)
  }
}

const subjectOf = ({ account, kind, name }: Entity): Subject => entitySubject(account, `${kind}/${uniqueName(name)}`)

function insertEntity(sql: Statements, entity: Entity): Applied {
  const { account, kind, name, revision } = entity
  sql.insertEntity.run(account, kind, uniqueName(name), referenceName(entity), revision, JSON.stringify(entity))
  return refer(sql, entity) ?? [subjectOf(entity)]
}

function updateEntity(sql: Statements, { entity, was = entity.name }: ChangeOf<'update-entity'>): Applied {
  const { account, kind, name, revision } = entity
  const old = uniqueName(was)
  const { changes } = sql.updateEntity.run(
    uniqueName(name),
    revision,
    JSON.stringify(entity),
    account,
    kind,
    old,
    referenceName(entity),
    revision - 1,
  )
  if (changes !== 1) return 'conflict'
  sql.deleteReferences.run(account, kind, old)
  return refer(sql, entity) ?? [subjectOf(entity)]
}

/** What is still referred to stays: the call that wants it gone is decided anew, and then says so. */
function deleteEntity(sql: Statements, entity: Entity): Applied {
  const { account, kind, name, revision } = entity
  if (sql.isReferred.get(account, referenceName(entity)) !== undefined) return 'conflict'
  const { changes } = sql.deleteEntity.run(account, kind, uniqueName(name), referenceName(entity), revision)
  if (changes !== 1) return 'conflict'
  sql.deleteReferences.run(account, kind, uniqueName(name))
  return [subjectOf(entity)]
}

/** Writes down what the entity refers to. What it refers to must be there, AWS's own policies apart, which are in no store. */
function refer(sql: Statements, entity: Entity): 'conflict' | undefined {
  const { account, kind, name } = entity
  for (const { usage, target } of referencesOf(entity)) {
    const isThere = isAwsManaged(target) || exists(sql, account, usage === 'member' ? 'group' : 'policy', target)
    if (!isThere) return 'conflict'
    sql.insertReference.run(account, target, usage, kind, uniqueName(name))
  }
  return undefined
}

function exists(sql: Statements, account: string, kind: 'group' | 'policy', id: string): boolean {
  return sql.findEntityById.get(account, kind, id) !== undefined
}

function insertAccessKey(sql: Statements, { accessKey }: ChangeOf<'insert-access-key'>): Applied {
  const { accessKeyId, account, principal, status, createdAt, wrappedSecret, userId = null } = accessKey
  sql.insertAccessKey.run(accessKeyId, account, principal, status, createdAt, wrappedSecret, userId)
  return [accessKeySubject(accessKeyId)]
}

function updateAccessKey(sql: Statements, { accessKey, was }: ChangeOf<'update-access-key'>): Applied {
  const { changes } = sql.updateAccessKey.run(accessKey.status, accessKey.accessKeyId, was)
  return changes === 1 ? [accessKeySubject(accessKey.accessKeyId)] : 'conflict'
}

function deleteAccessKey(sql: Statements, { accessKey }: ChangeOf<'delete-access-key'>): Applied {
  const { changes } = sql.deleteAccessKey.run(accessKey.accessKeyId, accessKey.status)
  return changes === 1 ? [accessKeySubject(accessKey.accessKeyId)] : 'conflict'
}
