import type { Grant } from '../domain/grant.ts'
import type { Key } from '../domain/key.ts'
import { GRANTS_PER_KEY_MAX } from '../domain/limits.ts'
import type { Change } from '../request/ports.ts'
import { grantIdBytes, grantRecord } from './grant-rows.ts'
import { integer, keyIdBytes } from './rows.ts'
import type { Statements } from './statements.ts'
import { grantsSubject, type Subject } from './subject.ts'

/**
 * The limit and the repeated name are looked at here, inside the transaction: of two calls that both found room, or both
 * found no such grant, only one may be right.
 */
export function insertGrant(
  sql: Statements,
  scopeId: number,
  { grant, grantsMax = GRANTS_PER_KEY_MAX }: Extract<Change, { readonly kind: 'insert-grant' }>,
): readonly Subject[] | 'conflict' {
  const { account, region, keyId, grantId, granteePrincipal, retiringPrincipal = null, name = null, createdAt } = grant
  const key = keyIdBytes(keyId)
  const record = grantRecord(grant)
  if (name !== null) {
    const same = [account, region, key, name, granteePrincipal, retiringPrincipal ?? '', record] as const
    if (sql.findSameGrant.get(...same) !== undefined) return 'conflict'
  }
  const described = [region, granteePrincipal, retiringPrincipal, name, createdAt, record] as const
  sql.insertGrant.run(scopeId, key, grantIdBytes(grantId), ...described)
  const count = integer(sql.countGrant.get(scopeId, key) ?? {}, 'count')
  return count > grantsMax ? 'conflict' : [grantsSubject(grant, keyId)]
}

export function deleteGrant(sql: Statements, scopeId: number, grant: Grant): readonly Subject[] | 'conflict' {
  const key = keyIdBytes(grant.keyId)
  const { changes } = sql.deleteGrant.run(scopeId, key, grantIdBytes(grant.grantId))
  if (changes !== 1) return 'conflict'
  sql.uncountGrant.run(scopeId, key)
  return [grantsSubject(grant, grant.keyId)]
}

/** All grants of a key that is being deleted. */
export function deleteGrantsOfKey(sql: Statements, scopeId: number, key: Key): readonly Subject[] {
  const keyId = keyIdBytes(key.keyId)
  const { changes } = sql.deleteGrantsOfKey.run(scopeId, keyId)
  sql.deleteGrantCount.run(scopeId, keyId)
  return Number(changes) > 0 ? [grantsSubject(key, key.keyId)] : []
}
