import { isTracked, type KeyUsage } from '../domain/key-usage.ts'
import type { Store } from '../request/ports.ts'
import { integer, keyIdBytes, text } from './rows.ts'
import type { Statements } from './statements.ts'
import type { Work } from './transaction.ts'

/** Read from the database every time: nothing that is asked often needs it. */
export function createKeyUsageReads(sql: Statements): Pick<Store, 'findKeyUsage'> {
  return {
    async findKeyUsage({ account, region }, keyId) {
      const row = sql.findKeyUsage.get(account, region, keyIdBytes(keyId))
      const operation = row && text(row, 'operation')
      if (row === undefined || operation === undefined || !isTracked(operation)) return undefined
      return {
        account,
        region,
        keyId,
        operation,
        usedAt: integer(row, 'used_at'),
        eventId: text(row, 'event_id'),
        requestId: text(row, 'request_id'),
      }
    },
  }
}

/** Changes nothing that anybody decides from, so it takes no commit number. A key that is gone is passed over. */
export function putKeyUsagesWork(sql: Statements, usages: readonly KeyUsage[]): Work {
  return {
    isChange: false,
    destroys: false,
    run() {
      for (const { account, region, keyId, operation, usedAt, eventId, requestId } of usages)
        sql.putKeyUsage.run(operation, usedAt, eventId, requestId, account, region, keyIdBytes(keyId))
      return []
    },
  }
}
