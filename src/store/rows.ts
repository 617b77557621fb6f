import type { SQLOutputValue } from 'node:sqlite'
import { type AliasName, type KeyId, keyArn, parseAccountId, parseRegion, type Scope } from '../domain/arn.ts'
import type {
  Alias,
  ImportedMaterial,
  Key,
  KeyMaterial,
  KeyMaterialId,
  MaterialRotation,
  WrappedKey,
} from '../domain/key.ts'
import { parseKeyId } from '../domain/key-id.ts'
import type { Duty, WrappedDomainKey } from '../request/ports.ts'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** Members that a record leaves out when they are so: most keys are, and a million of them must stay small. */
const DEFAULTS = {
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  manager: 'CUSTOMER',
  multiRegion: false,
  state: { name: 'Enabled' },
  tags: [],
} as const satisfies Partial<Key>
const DEFAULT_JSON: ReadonlyMap<string, string> = new Map(
  Object.entries(DEFAULTS).map(([member, value]) => [member, JSON.stringify(value)]),
)

/** First byte of a key id in the database. As bytes, ids sort exactly as their texts do: `m` follows every hex digit. */
const UUID_TAG = 0
const MULTI_REGION_TAG = 1
const MULTI_REGION_DIGIT = '1'.charCodeAt(0)
const KEY_ID_BYTES = 17
const MULTI_REGION_PREFIX = 'mrk-'

const damaged = (column: string) => new TypeError(`a row of the store has an unexpected value in ${column}`)

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw damaged(column)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw damaged(column)
  return value
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw damaged(column)
  return value
}

const hex = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')

/** 17 bytes: a tag and the 16 bytes of the id's hex digits. Throws on what is no key id: only `parseKeyId` makes them. */
export function keyIdBytes(keyId: string): Uint8Array {
  if (parseKeyId(keyId) === undefined) throw new TypeError('not a key id')
  const isMultiRegion = keyId.startsWith(MULTI_REGION_PREFIX)
  const digits = isMultiRegion ? keyId.slice(MULTI_REGION_PREFIX.length) : keyId.replaceAll('-', '')
  const out = new Uint8Array(KEY_ID_BYTES)
  out[0] = isMultiRegion ? MULTI_REGION_TAG : UUID_TAG
  out.set(Buffer.from(digits, 'hex'), 1)
  return out
}

function parseKeyIdBytes(value: Uint8Array): KeyId {
  if (value.length !== KEY_ID_BYTES) throw damaged('key_id')
  return parseKeyIdDigits(hex(value), 0)
}

/** Reads one id at `at` of lower-case digits. */
function parseKeyIdDigits(digits: string, at: number): KeyId {
  if (digits.charCodeAt(at + 1) === MULTI_REGION_DIGIT)
    return `${MULTI_REGION_PREFIX}${digits.slice(at + 2, at + 34)}` as KeyId
  const groups = `${digits.slice(at + 2, at + 10)}-${digits.slice(at + 10, at + 14)}-${digits.slice(at + 14, at + 18)}`
  return `${groups}-${digits.slice(at + 18, at + 22)}-${digits.slice(at + 22, at + 34)}` as KeyId
}

/** Ids of one page in their order; SQL does not promise that of what an aggregate joins. */
export function parseKeyIdsRow(row: Row): readonly KeyId[] {
  if (row.ids === null) return []
  const digits = text(row, 'ids').toLowerCase()
  const ids: KeyId[] = []
  for (let at = 0; at < digits.length; at += 2 * KEY_ID_BYTES) ids.push(parseKeyIdDigits(digits, at))
  return ids.sort()
}

export const materialIdBytes = (materialId: KeyMaterialId): Uint8Array => Buffer.from(materialId, 'hex')

export function parseMaterialIdBytes(value: Uint8Array): KeyMaterialId {
  return hex(value) as KeyMaterialId
}

/** Everything about a key that has no column of its own, as JSON without the defaults. */
export function keyRecord(key: Key): string {
  const { account, region, keyId, arn, revision, createdAt, currentMaterialId, ...rest } = key
  const entries = Object.entries(rest).filter(([member, value]) => DEFAULT_JSON.get(member) !== JSON.stringify(value))
  return entries.length === 0 ? '' : JSON.stringify(Object.fromEntries(entries))
}

export function parseKeyRow(scope: Scope, keyId: KeyId, row: Row): Key {
  const record = text(row, 'record')
  const key = {
    account: scope.account,
    region: scope.region,
    keyId,
    arn: keyArn(scope, keyId),
    revision: integer(row, 'revision'),
    createdAt: integer(row, 'created_at'),
    ...DEFAULTS,
    ...(record === '' ? {} : JSON.parse(record)),
    ...(row.material_id === null ? {} : { currentMaterialId: parseMaterialIdBytes(bytes(row, 'material_id')) }),
  }
  return frozen(key) as Key
}

export function parseMaterialRow(materialId: KeyMaterialId, row: Row): KeyMaterial {
  return Object.freeze({
    ...parseScope(row),
    keyId: parseKeyIdBytes(bytes(row, 'key_id')),
    materialId,
    createdAt: integer(row, 'created_at'),
    wrapped: bytes(row, 'wrapped') as WrappedKey,
    ...(row.public_key === null ? {} : { publicKey: bytes(row, 'public_key') }),
    ...(row.rotated_at === null ? {} : { rotation: parseMaterialRotation(row) }),
    ...(row.imported === null ? {} : { imported: parseImported(row) }),
  })
}

function parseMaterialRotation(row: Row): MaterialRotation {
  return Object.freeze({
    date: integer(row, 'rotated_at'),
    type: text(row, 'rotation_type') as MaterialRotation['type'],
  })
}

function parseImported(row: Row): ImportedMaterial {
  return Object.freeze(JSON.parse(text(row, 'imported'))) as ImportedMaterial
}

export function parseAliasRow({ account, region }: Scope, row: Row): Alias {
  return Object.freeze({
    account,
    region,
    name: text(row, 'name') as AliasName,
    targetKeyId: parseKeyIdBytes(bytes(row, 'key_id')),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
  })
}

export function parseDutyRow(row: Row): Duty {
  return Object.freeze({
    scope: parseScope(row),
    keyId: parseKeyIdBytes(bytes(row, 'key_id')),
    kind: text(row, 'kind') as Duty['kind'],
    dueAt: integer(row, 'due_at'),
  })
}

export function parseDomainKeyRow(row: Row): WrappedDomainKey {
  const { id, createdAt, wrapped } = {
    id: text(row, 'id'),
    createdAt: integer(row, 'created_at'),
    wrapped: bytes(row, 'wrapped'),
  }
  return Object.freeze({ region: text(row, 'region'), id, createdAt, wrapped })
}

export function parseScope(row: Row): Scope {
  return { account: parseAccount(row), region: parseRegionOf(row) }
}

/** The scope that a row names by its columns. */
export const parseScopeColumns = parseScope

export const parseKeyIdColumn = (row: Row): KeyId => parseKeyIdBytes(bytes(row, 'key_id'))

export function parseAccount(row: Row) {
  const account = parseAccountId(text(row, 'account'))
  if (account === undefined) throw damaged('account')
  return account
}

function parseRegionOf(row: Row) {
  const region = parseRegion(text(row, 'region'))
  if (region === undefined) throw damaged('region')
  return region
}

/** Records are shared by every reader of the cache, so nobody may write to them. */
export function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
