import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { ALARM_SQL } from './alarm-sql.ts'
import { GRANT_SQL } from './grant-statements.ts'
import { IAM_SQL } from './iam-sql.ts'

const SCOPE = '(select scope_id from scopes where account = ? and region = ?)'

const KEY_STORE = `s.account, s.region, k.store_id, k.name, k.revision, k.created_at, k.record, k.wrapped_secret
    from custom_key_stores k join scopes s on s.scope_id = k.scope_id`

/** Every statement that reads or writes state, in SQL that PostgreSQL and CockroachDB share but for placeholders and `hex`. */
const SQL = {
  ...GRANT_SQL,
  ...ALARM_SQL,
  ...IAM_SQL,
  findKey: `select revision, created_at, material_id, record from keys where scope_id = ${SCOPE} and key_id = ?`,
  findAlias: `select name, key_id, created_at, updated_at from aliases where scope_id = ${SCOPE} and name = ?`,
  findMaterial: `select s.account, s.region, m.key_id, m.created_at, m.wrapped, m.public_key, m.rotated_at, m.rotation_type,
    m.imported from key_materials m join scopes s on s.scope_id = m.scope_id where m.material_id = ? and s.region = ?`,
  // One row of digits: a thousand rows of 17 bytes take five times as long to hand over.
  listKeys: `select string_agg(hex(key_id), '') as ids from
    (select key_id from keys where scope_id = ${SCOPE} and key_id > ? order by key_id limit ?) as page`,
  listAliases: `select name, key_id, created_at, updated_at from aliases
    where scope_id = ${SCOPE} and name > ? order by name limit ?`,
  listAliasesOfKey: `select name, key_id, created_at, updated_at from aliases
    where scope_id = ${SCOPE} and key_id = ? and name > ? order by name limit ?`,
  // Materials of one instant are told apart by their ids. The last parameter is 1 to leave out the first material.
  listMaterials: `select s.account, s.region, m.key_id, m.created_at, m.wrapped, m.public_key, m.rotated_at,
    m.rotation_type, m.imported, m.material_id from key_materials m join scopes s on s.scope_id = m.scope_id
    where m.scope_id = ${SCOPE} and m.key_id = ? and (m.created_at, m.material_id) > (?, ?)
    and (m.rotated_at is not null or ? = 0) order by m.created_at, m.material_id limit ?`,
  countKeysOf: 'select key_count as count from scopes where scope_id = ?',
  countAliasesOf: 'select count(*) as count from aliases where scope_id = ? and key_id = ?',
  countKeys: 'select key_count as count from scopes where account = ? and region = ?',
  countAliases: `select count(*) as count from aliases where scope_id = ${SCOPE} and key_id = ?`,
  findKeyStore: `select ${KEY_STORE} where k.scope_id = ${SCOPE} and k.store_id = ?`,
  listKeyStores: `select ${KEY_STORE} where k.scope_id = ${SCOPE} order by k.store_id`,
  keyStoresUnderWay: `select ${KEY_STORE} where k.connection in ('CONNECTING', 'DISCONNECTING')`,
  keyStoreAt: 'select 1 from custom_key_stores where scope_id = ? and store_id = ? and revision = ?',
  countKeysInStore: `select count(*) as count from custom_keys where scope_id = ${SCOPE} and store_id = ?`,
  countXksKeysInStore: `select count(*) as count from custom_keys
    where scope_id = ${SCOPE} and store_id = ? and xks_key_id = ?`,
  findKeyUsage: `select operation, used_at, event_id, request_id from key_usages
    where scope_id = ${SCOPE} and key_id = ?`,
  dueDuties: `select s.account, s.region, d.key_id, d.kind, d.due_at from duties d join scopes s on s.scope_id = d.scope_id
    where d.due_at <= ? order by d.due_at, d.scope_id, d.key_id, d.kind limit ?`,
  materialExpiries: `select s.account, s.region, d.key_id, d.kind, d.due_at from duties d
    join scopes s on s.scope_id = d.scope_id where d.kind = 'expire-material' order by d.due_at limit ?`,
  materialExpiriesOf: `select s.account, s.region, d.key_id, d.kind, d.due_at from duties d
    join scopes s on s.scope_id = d.scope_id where d.kind = 'expire-material' and s.account = ? and s.region = ?
    order by d.due_at limit ?`,
  // Keys without a record are as the defaults say. Grouped, so that a page of a thousand keys is a few rows.
  countKeyStates: `select s.region, k.scope_id, k.state, k.count, k.last from
    (select scope_id, state, count(*) as count, max(key_id) as last from
      (select scope_id, key_id, coalesce(nullif(record, '') -> 'state' ->> 'name', 'Enabled') as state from keys
        where (scope_id, key_id) > (?, ?) order by scope_id, key_id limit ?) as page
      group by scope_id, state) as k join scopes s on s.scope_id = k.scope_id`,
  nextDuty: 'select due_at from duties order by due_at limit 1',
  findForwarded: 'select 1 from forwarded_requests where digest = ?',
  insertForwarded: 'insert into forwarded_requests (digest, fresh_until) values (?, ?)',
  deleteStaleForwarded: `delete from forwarded_requests where digest in
    (select digest from forwarded_requests where fresh_until < ? order by fresh_until limit ?)`,
  outbox: 'select event_id, line from outbox order by number limit ?',
  domainKeys: 'select region, id, created_at, wrapped from domain_keys order by region, created_at, id',
  setting: 'select value from settings where name = ?',
  epoch: 'select number from epoch where one = 1',

  findScope: 'select scope_id from scopes where account = ? and region = ?',
  insertScope: `insert into scopes (scope_id, account, region, key_count)
    select coalesce(max(scope_id), 0) + 1, ?, ?, 0 from scopes returning scope_id`,
  addToKeyCount: 'update scopes set key_count = key_count + ? where scope_id = ?',
  insertKey: 'insert into keys (scope_id, key_id, revision, created_at, material_id, record) values (?, ?, ?, ?, ?, ?)',
  updateKey: `update keys set revision = ?, created_at = ?, material_id = ?, record = ?
    where scope_id = ? and key_id = ? and revision = ?`,
  keyAt: 'select 1 from keys where scope_id = ? and key_id = ? and revision = ?',
  deleteKey: 'delete from keys where scope_id = ? and key_id = ?',
  insertMaterial: `insert into key_materials
    (material_id, scope_id, key_id, created_at, wrapped, public_key, rotated_at, rotation_type, imported)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  updateMaterial: `update key_materials set created_at = ?, wrapped = ?, public_key = ?, rotated_at = ?, rotation_type = ?,
    imported = ? where material_id = ? and scope_id = ? and key_id = ?`,
  deleteMaterial: 'delete from key_materials where material_id = ? and scope_id = ? and key_id = ?',
  deleteMaterialsOfKey: 'delete from key_materials where scope_id = ? and key_id = ? returning material_id',
  deleteAliasesOfKey: 'delete from aliases where scope_id = ? and key_id = ? returning name',
  deleteDutiesOfKey: 'delete from duties where scope_id = ? and key_id = ? returning kind',
  insertAlias: 'insert into aliases (scope_id, name, key_id, created_at, updated_at) values (?, ?, ?, ?, ?)',
  updateAlias: `update aliases set key_id = ?, created_at = ?, updated_at = ?
    where scope_id = ? and name = ? and key_id = ? and updated_at = ?`,
  deleteAlias: 'delete from aliases where scope_id = ? and name = ? and key_id = ? and updated_at = ?',
  putDuty: `insert into duties (scope_id, key_id, kind, due_at) values (?, ?, ?, ?)
    on conflict (scope_id, key_id, kind) do update set due_at = excluded.due_at`,
  deleteDuty: 'delete from duties where scope_id = ? and key_id = ? and kind = ?',
  insertKeyStore: `insert into custom_key_stores
    (scope_id, store_id, name, revision, created_at, connection, record, wrapped_secret) values (?, ?, ?, ?, ?, ?, ?, ?)`,
  updateKeyStore: `update custom_key_stores set name = ?, revision = ?, connection = ?, record = ?, wrapped_secret = ?
    where scope_id = ? and store_id = ? and revision = ?`,
  deleteKeyStore: 'delete from custom_key_stores where scope_id = ? and store_id = ? and revision = ?',
  insertCustomKey: 'insert into custom_keys (scope_id, key_id, store_id, xks_key_id) values (?, ?, ?, ?)',
  deleteCustomKey: 'delete from custom_keys where scope_id = ? and key_id = ?',
  putKeyUsage: `insert into key_usages (scope_id, key_id, operation, used_at, event_id, request_id)
    select k.scope_id, k.key_id, ?, ?, ?, ? from keys k where k.scope_id = ${SCOPE} and k.key_id = ?
    on conflict (scope_id, key_id) do update set operation = excluded.operation, used_at = excluded.used_at,
    event_id = excluded.event_id, request_id = excluded.request_id`,
  deleteKeyUsage: 'delete from key_usages where scope_id = ? and key_id = ?',
  insertDomainKey: 'insert into domain_keys (region, id, created_at, wrapped) values (?, ?, ?, ?)',
  putSetting: `insert into settings (name, value) values (?, ?) on conflict (name) do update set value = excluded.value`,
  insertEvent: 'insert into outbox (number, event_id, line) values (?, ?, ?)',
  deleteEvent: 'delete from outbox where event_id = ?',
  insertChange: 'insert into changes (epoch, position, kind, account, region, name) values (?, ?, ?, ?, ?, ?)',
  setEpoch: 'update epoch set number = ? where one = 1',
  pruneChanges: 'delete from changes where epoch <= ?',

  begin: 'begin immediate',
  commit: 'commit',
  rollback: 'rollback',
  savepoint: 'savepoint one_commit',
  release: 'release one_commit',
  rollbackToSavepoint: 'rollback to one_commit',
  // Moves everything into the database file and cuts the log to nothing, with whatever deleted rows it still held.
  truncateLog: 'pragma wal_checkpoint(truncate)',
} as const

export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>

/** Compiled once; each is reused by every call. Throws when the schema is not what the statements expect. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)] as const)
  return parseStatements(Object.fromEntries(prepared))
}

function parseStatements(prepared: Record<string, StatementSync>): Statements {
  return prepared as Statements
}
