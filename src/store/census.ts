import { parseRegion } from '../domain/arn.ts'
import type { KeyStatesMark, KeyStatesPage, Store } from '../request/ports.ts'
import { bytes, integer, parseDutyRow, type Row, text } from './rows.ts'
import type { Statements } from './statements.ts'

const BEFORE_ALL: KeyStatesMark = { scope: -1, keyId: new Uint8Array() }

function parseCount(row: Row): KeyStatesPage['counts'][number] {
  const region = parseRegion(text(row, 'region'))
  if (region === undefined) throw new TypeError('a scope has no Region')
  return { region, state: text(row, 'state'), count: integer(row, 'count') }
}

const markOf = (row: Row): KeyStatesMark => ({ scope: integer(row, 'scope_id'), keyId: bytes(row, 'last') })

/** The later of two marks in the order of the table. */
function later(one: KeyStatesMark, other: KeyStatesMark): KeyStatesMark {
  if (one.scope !== other.scope) return one.scope > other.scope ? one : other
  return Buffer.compare(one.keyId, other.keyId) > 0 ? one : other
}

/** What is counted for those who watch over the service. */
export function createCensusReads(sql: Statements): Pick<Store, 'countKeyStates' | 'materialExpiries'> {
  return {
    async countKeyStates({ after = BEFORE_ALL, limit }) {
      const rows = sql.countKeyStates.all(after.scope, after.keyId, limit)
      const counts = rows.map(parseCount)
      const total = counts.reduce((sum, { count }) => sum + count, 0)
      return total < limit ? { counts } : { counts, next: rows.map(markOf).reduce(later, after) }
    },
    async materialExpiries(limit, scope) {
      const rows = scope
        ? sql.materialExpiriesOf.all(scope.account, scope.region, limit)
        : sql.materialExpiries.all(limit)
      return rows.map(parseDutyRow)
    },
  }
}
