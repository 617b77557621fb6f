import type { Store } from '../request/ports.ts'
import {
  bytes,
  integer,
  keyIdBytes,
  materialIdBytes,
  parseAliasRow,
  parseDomainKeyRow,
  parseDutyRow,
  parseKeyIdsRow,
  parseMaterialIdBytes,
  parseMaterialRow,
  type Row,
  text,
} from './rows.ts'
import type { Statements } from './statements.ts'
import { currentEpoch } from './transaction.ts'

/** Sorts before every key id. */
const FIRST = new Uint8Array()
/** Milliseconds since the epoch; no clock goes back behind it. */
const BEFORE_ALL_TIME = -1

const countIn = (row: Row | undefined): number => (row === undefined ? 0 : integer(row, 'count'))

/** Pages, counts and what the program asks for rarely: read from the database every time. */
export function createLists(
  sql: Statements,
): Pick<
  Store,
  | 'listKeys'
  | 'listAliases'
  | 'listMaterials'
  | 'countKeys'
  | 'countAliases'
  | 'wasForwarded'
  | 'dueDuties'
  | 'nextDutyAt'
  | 'outbox'
  | 'domainKeys'
  | 'setting'
  | 'epoch'
> {
  return {
    async listKeys({ account, region }, { after, limit }) {
      const row = sql.listKeys.get(account, region, after === undefined ? FIRST : keyIdBytes(after), limit)
      return parseKeyIdsRow(row ?? {})
    },
    async listAliases(scope, { after = '', limit, targetKeyId }) {
      const { account, region } = scope
      const rows =
        targetKeyId === undefined
          ? sql.listAliases.all(account, region, after, limit)
          : sql.listAliasesOfKey.all(account, region, keyIdBytes(targetKeyId), after, limit)
      return rows.map((row) => parseAliasRow(scope, row))
    },
    async listMaterials({ account, region }, keyId, { after, limit, isRotated }) {
      const [time, id] = after ? [after.createdAt, materialIdBytes(after.materialId)] : [BEFORE_ALL_TIME, FIRST]
      const only = isRotated ? 1 : 0
      return sql.listMaterials
        .all(account, region, keyIdBytes(keyId), time, id, only, limit)
        .map((row) => parseMaterialRow(parseMaterialIdBytes(bytes(row, 'material_id')), row))
    },
    async countKeys({ account, region }) {
      return countIn(sql.countKeys.get(account, region))
    },
    async countAliases({ account, region }, targetKeyId) {
      return countIn(sql.countAliases.get(account, region, keyIdBytes(targetKeyId)))
    },
    async wasForwarded(digest) {
      return sql.findForwarded.get(digest) !== undefined
    },
    async dueDuties(now, limit) {
      return sql.dueDuties.all(now, limit).map(parseDutyRow)
    },
    async nextDutyAt() {
      const row = sql.nextDuty.get()
      return row === undefined ? undefined : integer(row, 'due_at')
    },
    async outbox(limit) {
      return sql.outbox.all(limit).map((row) => ({ eventId: text(row, 'event_id'), line: text(row, 'line') }))
    },
    async domainKeys() {
      return sql.domainKeys.all().map(parseDomainKeyRow)
    },
    async setting(name) {
      const row = sql.setting.get(name)
      return row === undefined ? undefined : text(row, 'value')
    },
    async epoch() {
      return currentEpoch(sql)
    },
  }
}
