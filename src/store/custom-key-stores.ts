import type { Scope } from '../domain/arn.ts'
import type { CustomKeyStoreId } from '../domain/custody.ts'
import type { CustomKeyStore } from '../domain/custom-key-store.ts'
import type { Key, WrappedKey } from '../domain/key.ts'
import type { Change, Store } from '../request/ports.ts'
import { bytes, frozen, integer, keyIdBytes, parseScope, type Row, text } from './rows.ts'
import type { Statements } from './statements.ts'
import { keyStoreSubject, type Subject } from './subject.ts'

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { readonly kind: Kind }>
type Applied = readonly Subject[] | 'conflict'

/** What has no column of its own. */
const record = ({ settings, connection }: CustomKeyStore) => JSON.stringify({ settings, connection })

function parseKeyStoreRow(row: Row): CustomKeyStore {
  const keyStore = {
    ...parseScope(row),
    id: text(row, 'store_id') as CustomKeyStoreId,
    revision: integer(row, 'revision'),
    name: text(row, 'name'),
    createdAt: integer(row, 'created_at'),
    ...JSON.parse(text(row, 'record')),
  }
  frozen(keyStore)
  return Object.freeze({ ...keyStore, wrappedSecret: bytes(row, 'wrapped_secret') as WrappedKey }) as CustomKeyStore
}

type Reads = Pick<Store, 'findCustomKeyStore' | 'listCustomKeyStores' | 'customKeyStoresUnderWay' | 'countKeysInStore'>

/** Read from the database every time: few calls are about custom key stores, and their state must be the newest. */
export function createKeyStoreReads(sql: Statements): Reads {
  return {
    async findCustomKeyStore({ account, region }, id) {
      const row = sql.findKeyStore.get(account, region, id)
      return row === undefined ? undefined : parseKeyStoreRow(row)
    },
    async listCustomKeyStores({ account, region }) {
      return sql.listKeyStores.all(account, region).map(parseKeyStoreRow)
    },
    async customKeyStoresUnderWay() {
      return sql.keyStoresUnderWay.all().map(parseKeyStoreRow)
    },
    async countKeysInStore({ account, region }, id, xksKeyId) {
      const row =
        xksKeyId === undefined
          ? sql.countKeysInStore.get(account, region, id)
          : sql.countXksKeysInStore.get(account, region, id, xksKeyId)
      return row === undefined ? 0 : integer(row, 'count')
    },
  }
}

const touched = (keyStore: CustomKeyStore): readonly Subject[] => [keyStoreSubject(keyStore, keyStore.id)]

/** Whether the scope still holds exactly these, unchanged: two stores that were decided apart may not fit together. */
function isStillSo(sql: Statements, { account, region }: Scope, among: readonly CustomKeyStore[]): boolean {
  const rows = sql.listKeyStores.all(account, region)
  const known = new Map<string, number>(among.map(({ id, revision }) => [id, revision]))
  return (
    rows.length === known.size && rows.every((row) => known.get(text(row, 'store_id')) === integer(row, 'revision'))
  )
}

export function insertKeyStore(
  sql: Statements,
  scopeId: number,
  { keyStore, among }: ChangeOf<'insert-key-store'>,
): Applied {
  if (!isStillSo(sql, keyStore, among)) return 'conflict'
  const { id, name, revision, createdAt, connection, wrappedSecret } = keyStore
  const row = [id, name, revision, createdAt, connection.name, record(keyStore), wrappedSecret] as const
  sql.insertKeyStore.run(scopeId, ...row)
  return touched(keyStore)
}

export function updateKeyStore(
  sql: Statements,
  scopeId: number | undefined,
  { keyStore, among }: ChangeOf<'update-key-store'>,
): Applied {
  if (scopeId === undefined || (among && !isStillSo(sql, keyStore, among))) return 'conflict'
  const { id, name, revision, connection, wrappedSecret } = keyStore
  const row = [name, revision, connection.name, record(keyStore), wrappedSecret] as const
  const { changes } = sql.updateKeyStore.run(...row, scopeId, id, revision - 1)
  return changes === 1 ? touched(keyStore) : 'conflict'
}

/** Throws SQLite's constraint error while keys refer to it. */
export function deleteKeyStore(
  sql: Statements,
  scopeId: number | undefined,
  { keyStore }: ChangeOf<'delete-key-store'>,
): Applied {
  if (scopeId === undefined) return 'conflict'
  const { changes } = sql.deleteKeyStore.run(scopeId, keyStore.id, keyStore.revision)
  return changes === 1 ? touched(keyStore) : 'conflict'
}

/** Puts a new key into its store. @returns false when the store is not as it was when that was decided. */
export function isPutInStore(sql: Statements, scopeId: number, { key, keyStore }: ChangeOf<'insert-key'>): boolean {
  const { custody } = key
  if (custody === undefined) return true
  if (keyStore?.id !== custody.keyStoreId) throw new TypeError('a key without its custom key store')
  if (sql.keyStoreAt.get(scopeId, keyStore.id, keyStore.revision) === undefined) return false
  sql.insertCustomKey.run(scopeId, keyIdBytes(key.keyId), custody.keyStoreId, custody.xksKeyId ?? null)
  return true
}

export function takeFromStore(sql: Statements, scopeId: number, key: Key): void {
  if (key.custody !== undefined) sql.deleteCustomKey.run(scopeId, keyIdBytes(key.keyId))
}
