import type { AliasName, KeyId, Region, Scope } from '../domain/arn.ts'
import type { Alias, Key, KeyMaterial, KeyMaterialId } from '../domain/key.ts'
import { SNAPSHOT_CACHE_MAX } from '../domain/limits.ts'
import type { AccessKey, Store } from '../request/ports.ts'
import { createCache } from './cache.ts'
import { parseAccessKeyRow } from './iam-rows.ts'
import { keyIdBytes, materialIdBytes, parseAliasRow, parseKeyRow, parseMaterialRow, text } from './rows.ts'
import type { Statements } from './statements.ts'
import { accessKeySubject, aliasSubject, cacheName, keySubject, materialSubject, type Subject } from './subject.ts'

/** Bytes that one unit of a cache stands for. */
const UNIT_BYTES = 1024
const unitsOf = (bytes: number): number => 1 + Math.floor(bytes / UNIT_BYTES)

export type Snapshots = Pick<Store, 'findKey' | 'findAlias' | 'findMaterial' | 'findAccessKey' | 'iamVersion'> & {
  /** Forgets what a commit touched. */
  forget(subjects: readonly Subject[]): void
}

/**
 * Single records, read once and then shared by every caller until a commit touches them. What does not exist is asked for
 * each time: a name that is made later must be found at once, and made-up names must not push real ones out.
 */
export function createSnapshots(sql: Statements): Snapshots {
  const keys = createCache<Key>(SNAPSHOT_CACHE_MAX)
  const aliases = createCache<Alias>(SNAPSHOT_CACHE_MAX)
  const materials = createCache<KeyMaterial>(SNAPSHOT_CACHE_MAX)
  const accessKeys = createCache<AccessKey>(SNAPSHOT_CACHE_MAX)
  /** Grows with every commit that touches an account's principals; bounded by the accounts that have any. */
  const iamVersions = new Map<string, number>()
  const caches: Partial<Record<Subject['kind'], { delete(name: string): void }>> = {
    key: keys,
    alias: aliases,
    material: materials,
    'access-key': accessKeys,
  }

  const readKey = (scope: Scope, keyId: KeyId, name: string) => {
    const row = sql.findKey.get(scope.account, scope.region, keyIdBytes(keyId))
    if (row === undefined) return undefined
    const key = parseKeyRow(scope, keyId, row)
    keys.set(name, key, unitsOf(text(row, 'record').length))
    return key
  }
  const readAlias = (scope: Scope, aliasName: AliasName, name: string) => {
    const row = sql.findAlias.get(scope.account, scope.region, aliasName)
    if (row === undefined) return undefined
    const alias = parseAliasRow(scope, row)
    aliases.set(name, alias, 1)
    return alias
  }
  const readMaterial = (region: Region, materialId: KeyMaterialId, name: string) => {
    const row = sql.findMaterial.get(materialIdBytes(materialId), region)
    if (row === undefined) return undefined
    const material = parseMaterialRow(materialId, row)
    materials.set(name, material, unitsOf(material.wrapped.length + (material.publicKey?.length ?? 0)))
    return material
  }
  const readAccessKey = (accessKeyId: string, name: string) => {
    const row = sql.findAccessKey.get(accessKeyId)
    if (row === undefined) return undefined
    const accessKey = parseAccessKeyRow(accessKeyId, row)
    accessKeys.set(name, accessKey, 1)
    return accessKey
  }

  return {
    async findKey(scope, keyId) {
      const name = cacheName(keySubject(scope, keyId))
      return keys.get(name) ?? readKey(scope, keyId, name)
    },
    async findAlias(scope, aliasName) {
      const name = cacheName(aliasSubject(scope, aliasName))
      return aliases.get(name) ?? readAlias(scope, aliasName, name)
    },
    async findMaterial(region, materialId) {
      const name = cacheName(materialSubject(region, materialId))
      return materials.get(name) ?? readMaterial(region, materialId, name)
    },
    async findAccessKey(accessKeyId) {
      const name = cacheName(accessKeySubject(accessKeyId))
      return accessKeys.get(name) ?? readAccessKey(accessKeyId, name)
    },
    iamVersion: (account) => iamVersions.get(account) ?? 0,
    forget(subjects) {
      for (const subject of subjects)
        if (subject.kind === 'entity') iamVersions.set(subject.account, (iamVersions.get(subject.account) ?? 0) + 1)
        else caches[subject.kind]?.delete(cacheName(subject))
    },
  }
}
