import type { AliasName, KeyId, Region, Scope } from '../domain/arn.ts'
import type { KeyMaterialId } from '../domain/key.ts'

/** What a change touched: the row of `changes` that other nodes follow, and the name that a cache knows it by. */
export type Subject = {
  readonly kind:
    | 'key'
    | 'material'
    | 'alias'
    | 'grants'
    | 'duty'
    | 'key-store'
    | 'access-key'
    | 'entity'
    | 'domain-key'
    | 'setting'
    | 'alarm'
  /** Empty where the subject belongs to no account or no Region. */
  readonly account: string
  readonly region: string
  readonly name: string
}

/** What a change touched; `conflict` when a row was not as the change expects, and then the caller rolls back. */
export type Applied = readonly Subject[] | 'conflict'

export const keySubject = ({ account, region }: Scope, name: KeyId): Subject => ({ kind: 'key', account, region, name })
export const aliasSubject = ({ account, region }: Scope, name: AliasName): Subject => ({
  kind: 'alias',
  account,
  region,
  name,
})
/** All grants of one key together. */
export const grantsSubject = ({ account, region }: Scope, name: KeyId): Subject => ({
  kind: 'grants',
  account,
  region,
  name,
})
export const dutySubject = ({ account, region }: Scope, name: KeyId): Subject => ({
  kind: 'duty',
  account,
  region,
  name,
})
export const keyStoreSubject = ({ account, region }: Scope, name: string): Subject => ({
  kind: 'key-store',
  account,
  region,
  name,
})
/** Without the account: a ciphertext names only the material, and an id is owned once in a Region. */
export const materialSubject = (region: Region, name: KeyMaterialId): Subject => ({
  kind: 'material',
  account: '',
  region,
  name,
})
export const accessKeySubject = (name: string): Subject => ({ kind: 'access-key', account: '', region: '', name })
/** `kind/name`: principals and policies of an account, which all Regions share. */
export const entitySubject = (account: string, name: string): Subject => ({ kind: 'entity', account, region: '', name })
export const domainKeySubject = (region: string, name: string): Subject => ({
  kind: 'domain-key',
  account: '',
  region,
  name,
})
export const alarmSubject = ({ account, region }: Scope, name: string): Subject => ({
  kind: 'alarm',
  account,
  region,
  name,
})
export const settingSubject = (name: string): Subject => ({ kind: 'setting', account: '', region: '', name })

/** Unique for each subject of a kind: neither accounts nor Regions hold a space. */
export const cacheName = ({ account, region, name }: Subject): string => `${account} ${region} ${name}`
