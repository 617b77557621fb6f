import { isDeepStrictEqual } from 'node:util'
import type { Scope } from '../../src/domain/arn.ts'
import { unreachable } from '../../src/domain/brand.ts'
import type { Grant } from '../../src/domain/grant.ts'
import type { Alias, Key, KeyMaterial } from '../../src/domain/key.ts'
import type { Change, Duty } from '../../src/request/ports.ts'

/** What a store is, in plain maps: the contract in its shortest form, for comparing. */
export type Model = {
  readonly keys: ReadonlyMap<string, Key>
  readonly materials: ReadonlyMap<string, KeyMaterial>
  readonly aliases: ReadonlyMap<string, Alias>
  readonly grants: ReadonlyMap<string, Grant>
  readonly duties: ReadonlyMap<string, Duty>
  readonly epoch: number
}
type Draft = {
  [Member in keyof Model]: Model[Member] extends ReadonlyMap<string, infer Value> ? Map<string, Value> : number
}

export const EMPTY_MODEL: Model = {
  keys: new Map(),
  materials: new Map(),
  aliases: new Map(),
  grants: new Map(),
  duties: new Map(),
  epoch: 0,
}

export const nameIn = ({ account, region }: Scope, name: string): string => `${account} ${region} ${name}`

/** The model after a commit; `conflict` when the commit must change nothing. */
export function commitTo(model: Model, changes: readonly Change[]): Model | 'conflict' {
  const draft: Draft = {
    keys: new Map(model.keys),
    materials: new Map(model.materials),
    aliases: new Map(model.aliases),
    grants: new Map(model.grants),
    duties: new Map(model.duties),
    epoch: model.epoch + 1,
  }
  return changes.every((change) => isApplied(draft, change)) ? draft : 'conflict'
}

function isApplied(draft: Draft, change: Change): boolean {
  switch (change.kind) {
    case 'insert-key':
      return (
        isPut(draft.keys, nameIn(change.key, change.key.keyId), change.key) &&
        (change.material === undefined || isMaterialAdded(draft, change.material))
      )
    case 'update-key': {
      const name = nameIn(change.key, change.key.keyId)
      if (draft.keys.get(name)?.revision !== change.key.revision - 1) return false
      draft.keys.set(name, change.key)
      return true
    }
    case 'delete-key':
      return isKeyDeleted(draft, change.key)
    case 'insert-material':
      return isMaterialAdded(draft, change.material)
    case 'update-material': {
      const name = `${change.material.region} ${change.material.materialId}`
      if (!draft.materials.has(name)) return false
      draft.materials.set(name, change.material)
      return true
    }
    case 'delete-material':
      return draft.materials.delete(`${change.material.region} ${change.material.materialId}`)
    case 'insert-alias':
      return hasKey(draft, change.alias) && isPut(draft.aliases, nameIn(change.alias, change.alias.name), change.alias)
    case 'update-alias':
      if (!isAliasAsWas(draft, change.was) || !hasKey(draft, change.alias)) return false
      draft.aliases.set(nameIn(change.alias, change.alias.name), change.alias)
      return true
    case 'delete-alias':
      return isAliasAsWas(draft, change.alias) && draft.aliases.delete(nameIn(change.alias, change.alias.name))
    case 'insert-grant':
      return isGrantAdded(draft, change.grant)
    case 'delete-grant':
      return draft.grants.delete(grantName(change.grant))
    case 'put-duty':
      if (!draft.keys.has(nameIn(change.duty.scope, change.duty.keyId))) return false
      draft.duties.set(nameIn(change.duty.scope, change.duty.keyId), change.duty)
      return true
    case 'delete-duty':
      draft.duties.delete(nameIn(change.duty.scope, change.duty.keyId))
      return true
    case 'insert-access-key':
    case 'put-setting':
    case 'insert-key-store':
    case 'update-key-store':
    case 'delete-key-store':
    case 'update-access-key':
    case 'delete-access-key':
    case 'insert-forwarded':
    case 'insert-entity':
    case 'update-entity':
    case 'delete-entity':
    case 'put-alarm':
    case 'delete-alarm':
    case 'add-alarm-history':
      return false
    default:
      return unreachable(change)
  }
}

function isPut<Value>(map: Map<string, Value>, name: string, value: Value): boolean {
  if (map.has(name)) return false
  map.set(name, value)
  return true
}

const hasKey = (draft: Draft, alias: Alias): boolean => draft.keys.has(nameIn(alias, alias.targetKeyId))

function isMaterialAdded(draft: Draft, material: KeyMaterial): boolean {
  const name = `${material.region} ${material.materialId}`
  return draft.keys.has(nameIn(material, material.keyId)) && isPut(draft.materials, name, material)
}

export const grantName = (grant: Grant): string => `${nameIn(grant, grant.keyId)} ${grant.grantId}`

function isGrantAdded(draft: Draft, grant: Grant): boolean {
  if (!draft.keys.has(nameIn(grant, grant.keyId))) return false
  const isSame = (other: Grant) =>
    isDeepStrictEqual({ ...other, grantId: '', createdAt: 0 }, { ...grant, grantId: '', createdAt: 0 })
  if (grant.name !== undefined && [...draft.grants.values()].some(isSame)) return false
  return isPut(draft.grants, grantName(grant), grant)
}

function isAliasAsWas(draft: Draft, was: Alias): boolean {
  const now = draft.aliases.get(nameIn(was, was.name))
  return now?.targetKeyId === was.targetKeyId && now.updatedAt === was.updatedAt
}

function isKeyDeleted(draft: Draft, key: Key): boolean {
  const name = nameIn(key, key.keyId)
  if (draft.keys.get(name)?.revision !== key.revision) return false
  draft.keys.delete(name)
  draft.duties.delete(name)
  for (const [at, grant] of draft.grants) if (nameIn(grant, grant.keyId) === name) draft.grants.delete(at)
  for (const [at, alias] of draft.aliases) if (nameIn(alias, alias.targetKeyId) === name) draft.aliases.delete(at)
  for (const [at, material] of draft.materials)
    if (nameIn(material, material.keyId) === name) draft.materials.delete(at)
  return true
}
