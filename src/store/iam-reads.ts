import { uniqueName } from '../domain/iam.ts'
import type { Store } from '../request/ports.ts'
import { parseAccessKeyRow, parseAnyEntityRow, parseEntityRow } from './iam-rows.ts'
import { integer, type Row, text } from './rows.ts'
import type { Statements } from './statements.ts'

const countIn = (row: Row | undefined): number => (row === undefined ? 0 : integer(row, 'count'))

/** Principals and policies, read from the database every time: what is asked often is kept by those who derive it. */
export function createIamReads(
  sql: Statements,
): Pick<
  Store,
  | 'findEntity'
  | 'findEntityById'
  | 'listEntities'
  | 'countEntities'
  | 'listReferrers'
  | 'countReferrers'
  | 'listAccessKeys'
> {
  return {
    async findEntity(account, kind, name) {
      const row = sql.findEntity.get(account, kind, uniqueName(name))
      return row && parseEntityRow(kind, row)
    },
    async findEntityById(account, kind, id) {
      const row = sql.findEntityById.get(account, kind, id)
      return row && parseEntityRow(kind, row)
    },
    async listEntities(account, kind, { after = '', limit }) {
      return sql.listEntities.all(account, kind, uniqueName(after), limit).map((row) => parseEntityRow(kind, row))
    },
    async countEntities(account, kind) {
      return countIn(sql.countEntities.get(account, kind))
    },
    async listReferrers({ account, target, usage, kind }, { after = '', limit }) {
      return sql.listReferrers.all(account, target, usage, kind, uniqueName(after), limit).map(parseAnyEntityRow)
    },
    async countReferrers(account, target, usage) {
      return countIn(sql.countReferrers.get(account, target, usage))
    },
    async listAccessKeys(account, userId = '') {
      return sql.listAccessKeys.all(account, userId).map((row) => parseAccessKeyRow(text(row, 'access_key_id'), row))
    },
  }
}
