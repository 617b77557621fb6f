import type { AliasName, Scope } from '../domain/arn.ts'
import { unreachable } from '../domain/brand.ts'
import type { Alias, Key, KeyMaterial } from '../domain/key.ts'
import { FORWARDED_PRUNED_AT_ONCE } from '../domain/limits.ts'
import type { Change } from '../request/ports.ts'
import { applyAlarmChange } from './alarms.ts'
import { deleteKeyStore, insertKeyStore, isPutInStore, takeFromStore, updateKeyStore } from './custom-key-stores.ts'
import { deleteGrant, deleteGrantsOfKey, insertGrant } from './grant-changes.ts'
import { applyIamChange } from './iam-changes.ts'
import { bytes, integer, keyIdBytes, keyRecord, materialIdBytes, parseMaterialIdBytes, type Row, text } from './rows.ts'
import type { Statements } from './statements.ts'
import { type Applied, aliasSubject, dutySubject, keySubject, materialSubject, type Subject } from './subject.ts'

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { readonly kind: Kind }>

/**
 * Makes one change inside the open transaction.
 *
 * Throws SQLite's constraint error when a name is taken or a key is gone; `isConflict` knows those.
 */
export function applyChange(sql: Statements, change: Change): Applied {
  switch (change.kind) {
    case 'insert-key':
      return insertKey(sql, change)
    case 'update-key':
      return updateKey(sql, change)
    case 'delete-key':
      return deleteKey(sql, change)
    case 'insert-material':
      return insertMaterial(sql, change.material)
    case 'update-material':
      return updateMaterial(sql, change)
    case 'delete-material':
      return deleteMaterial(sql, change)
    case 'insert-alias':
      return insertAlias(sql, change)
    case 'update-alias':
      return updateAlias(sql, change)
    case 'delete-alias':
      return deleteAlias(sql, change)
    case 'insert-grant':
      return withScope(sql, change.grant, (scopeId) => insertGrant(sql, scopeId, change))
    case 'delete-grant':
      return withScope(sql, change.grant, (scopeId) => deleteGrant(sql, scopeId, change.grant))
    case 'put-duty':
      return putDuty(sql, change)
    case 'delete-duty':
      return deleteDuty(sql, change)
    case 'insert-forwarded':
      return insertForwarded(sql, change)
    case 'put-setting':
      return putSetting(sql, change)
    case 'insert-entity':
    case 'update-entity':
    case 'delete-entity':
    case 'insert-access-key':
    case 'update-access-key':
    case 'delete-access-key':
      return applyIamChange(sql, change)
    case 'put-alarm':
    case 'delete-alarm':
    case 'add-alarm-history':
      return applyAlarmChange(sql, change)
    case 'insert-key-store':
      return insertKeyStore(sql, findScopeId(sql, change.keyStore) ?? insertScope(sql, change.keyStore), change)
    case 'update-key-store':
      return updateKeyStore(sql, findScopeId(sql, change.keyStore), change)
    case 'delete-key-store':
      return deleteKeyStore(sql, findScopeId(sql, change.keyStore), change)
    default:
      return unreachable(change)
  }
}

function insertKey(sql: Statements, change: ChangeOf<'insert-key'>): Applied {
  const { key, material, keysMax = Infinity } = change
  const scopeId = findScopeId(sql, key) ?? insertScope(sql, key)
  const { revision, createdAt } = key
  sql.insertKey.run(scopeId, keyIdBytes(key.keyId), revision, createdAt, currentMaterialBytes(key), keyRecord(key))
  sql.addToKeyCount.run(weightOf(key), scopeId)
  if (integer(sql.countKeysOf.get(scopeId) ?? {}, 'count') > keysMax) return 'conflict'
  if (!isPutInStore(sql, scopeId, change)) return 'conflict'
  const touched = keySubject(key, key.keyId)
  if (material === undefined) return [touched]
  const { account, region, keyId } = material
  if (account !== key.account || region !== key.region || keyId !== key.keyId)
    throw new TypeError('material of another key')
  const added = insertMaterial(sql, material)
  return added === 'conflict' ? added : [touched, ...added]
}

/** What a key counts among those that an account may have: AWS's do not. Source: KMS resource quotas. */
const weightOf = ({ manager }: Key): number => (manager === 'AWS' ? 0 : 1)

/** One Region never holds a material id twice, in whichever accounts: a ciphertext names nothing but that id. */
function insertMaterial(sql: Statements, material: KeyMaterial): Applied {
  const scopeId = findScopeId(sql, material)
  const id = materialIdBytes(material.materialId)
  if (scopeId === undefined || sql.findMaterial.get(id, material.region) !== undefined) return 'conflict'
  sql.insertMaterial.run(id, scopeId, keyIdBytes(material.keyId), ...materialColumns(material))
  return [materialSubject(material.region, material.materialId)]
}

/** Everything about material but what names it. */
function materialColumns({ createdAt, wrapped, publicKey, rotation, imported }: KeyMaterial) {
  const rotated = [rotation?.date ?? null, rotation?.type ?? null] as const
  return [createdAt, wrapped, publicKey ?? null, ...rotated, imported ? JSON.stringify(imported) : null] as const
}

function updateMaterial(sql: Statements, { material }: ChangeOf<'update-material'>): Applied {
  const scopeId = findScopeId(sql, material)
  if (scopeId === undefined) return 'conflict'
  const named = [materialIdBytes(material.materialId), scopeId, keyIdBytes(material.keyId)] as const
  const { changes } = sql.updateMaterial.run(...materialColumns(material), ...named)
  return changes === 1 ? [materialSubject(material.region, material.materialId)] : 'conflict'
}

function deleteMaterial(sql: Statements, { material }: ChangeOf<'delete-material'>): Applied {
  const scopeId = findScopeId(sql, material)
  if (scopeId === undefined) return 'conflict'
  const { materialId, keyId } = material
  const { changes } = sql.deleteMaterial.run(materialIdBytes(materialId), scopeId, keyIdBytes(keyId))
  return changes === 1 ? [materialSubject(material.region, materialId)] : 'conflict'
}

function updateKey(sql: Statements, { key }: ChangeOf<'update-key'>): Applied {
  const scopeId = findScopeId(sql, key)
  if (scopeId === undefined) return 'conflict'
  const { changes } = sql.updateKey.run(
    key.revision,
    key.createdAt,
    currentMaterialBytes(key),
    keyRecord(key),
    scopeId,
    keyIdBytes(key.keyId),
    key.revision - 1,
  )
  return changes === 1 ? [keySubject(key, key.keyId)] : 'conflict'
}

/** The key and everything of it: materials, aliases, grants, duties. */
function deleteKey(sql: Statements, { key }: ChangeOf<'delete-key'>): Applied {
  const scopeId = findScopeId(sql, key)
  const keyId = keyIdBytes(key.keyId)
  if (scopeId === undefined || sql.keyAt.get(scopeId, keyId, key.revision) === undefined) return 'conflict'
  const touched = [
    ...sql.deleteAliasesOfKey.all(scopeId, keyId).map((row) => parseAliasSubject(key, row)),
    ...deleteGrantsOfKey(sql, scopeId, key),
    ...sql.deleteMaterialsOfKey.all(scopeId, keyId).map((row) => parseMaterialSubject(key, row)),
    ...sql.deleteDutiesOfKey.all(scopeId, keyId).map(() => dutySubject(key, key.keyId)),
    keySubject(key, key.keyId),
  ]
  takeFromStore(sql, scopeId, key)
  sql.deleteKeyUsage.run(scopeId, keyId)
  sql.deleteKey.run(scopeId, keyId)
  sql.addToKeyCount.run(-weightOf(key), scopeId)
  return touched
}

function insertAlias(sql: Statements, { alias, aliasesMax }: ChangeOf<'insert-alias'>): Applied {
  const scopeId = findScopeId(sql, alias)
  if (scopeId === undefined) return 'conflict'
  sql.insertAlias.run(scopeId, alias.name, keyIdBytes(alias.targetKeyId), alias.createdAt, alias.updatedAt)
  return hasTooMany(sql, scopeId, alias, aliasesMax) ? 'conflict' : [aliasSubject(alias, alias.name)]
}

/** Asked in the transaction that adds the alias: of calls that all met room for one more, one gets it. */
function hasTooMany(sql: Statements, scopeId: number, { targetKeyId }: Alias, aliasesMax = Infinity): boolean {
  return integer(sql.countAliasesOf.get(scopeId, keyIdBytes(targetKeyId)) ?? {}, 'count') > aliasesMax
}

function updateAlias(sql: Statements, { alias, was, aliasesMax }: ChangeOf<'update-alias'>): Applied {
  const scopeId = findScopeId(sql, was)
  if (scopeId === undefined) return 'conflict'
  const { targetKeyId, createdAt, updatedAt } = alias
  const expected = [scopeId, was.name, keyIdBytes(was.targetKeyId), was.updatedAt] as const
  const { changes } = sql.updateAlias.run(keyIdBytes(targetKeyId), createdAt, updatedAt, ...expected)
  return changes === 1 && !hasTooMany(sql, scopeId, alias, aliasesMax) ? [aliasSubject(was, was.name)] : 'conflict'
}

function deleteAlias(sql: Statements, { alias }: ChangeOf<'delete-alias'>): Applied {
  const scopeId = findScopeId(sql, alias)
  if (scopeId === undefined) return 'conflict'
  const { changes } = sql.deleteAlias.run(scopeId, alias.name, keyIdBytes(alias.targetKeyId), alias.updatedAt)
  return changes === 1 ? [aliasSubject(alias, alias.name)] : 'conflict'
}

function putDuty(sql: Statements, { duty }: ChangeOf<'put-duty'>): Applied {
  const scopeId = findScopeId(sql, duty.scope)
  if (scopeId === undefined) return 'conflict'
  sql.putDuty.run(scopeId, keyIdBytes(duty.keyId), duty.kind, duty.dueAt)
  return [dutySubject(duty.scope, duty.keyId)]
}

/** A duty that is not there is no conflict: what was asked for is so. */
function deleteDuty(sql: Statements, { duty }: ChangeOf<'delete-duty'>): Applied {
  const scopeId = findScopeId(sql, duty.scope)
  if (scopeId === undefined) return []
  const { changes } = sql.deleteDuty.run(scopeId, keyIdBytes(duty.keyId), duty.kind)
  return changes === 1 ? [dutySubject(duty.scope, duty.keyId)] : []
}

/**
 * A signature that is there already breaks the primary key, which is a conflict. More go than come, so that as many are kept as
 * are forwarded while one of them is fresh.
 */
function insertForwarded(
  sql: Statements,
  { digest, freshUntil, now }: ChangeOf<'insert-forwarded'>,
): readonly Subject[] {
  sql.deleteStaleForwarded.run(now, FORWARDED_PRUNED_AT_ONCE)
  sql.insertForwarded.run(digest, freshUntil)
  return []
}

/** Nobody keeps what a setting says, so that nobody has to forget it. */
function putSetting(sql: Statements, { name, value, was }: ChangeOf<'put-setting'>): Applied {
  const row = sql.setting.get(name)
  if ((row === undefined ? undefined : text(row, 'value')) !== was) return 'conflict'
  sql.putSetting.run(name, value)
  return []
}

/** A scope that was never used holds no key, so that nothing can be of one. */
function withScope(sql: Statements, scope: Scope, apply: (scopeId: number) => Applied): Applied {
  const scopeId = findScopeId(sql, scope)
  return scopeId === undefined ? 'conflict' : apply(scopeId)
}

function findScopeId(sql: Statements, { account, region }: Scope): number | undefined {
  const row = sql.findScope.get(account, region)
  return row === undefined ? undefined : integer(row, 'scope_id')
}

/** Accounts spring into being with their first key or custom key store. Numbers are never used for order, so `max + 1` is enough. */
function insertScope(sql: Statements, { account, region }: Scope): number {
  const row = sql.insertScope.get(account, region)
  if (row === undefined) throw new TypeError('the scope was not inserted')
  return integer(row, 'scope_id')
}

const currentMaterialBytes = ({ currentMaterialId }: Key): Uint8Array | null =>
  currentMaterialId === undefined ? null : materialIdBytes(currentMaterialId)

function parseAliasSubject(scope: Scope, row: Row): Subject {
  return aliasSubject(scope, text(row, 'name') as AliasName)
}

const parseMaterialSubject = ({ region }: Scope, row: Row): Subject =>
  materialSubject(region, parseMaterialIdBytes(bytes(row, 'material_id')))
