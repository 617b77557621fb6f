import type { KeyId, Scope } from '../domain/arn.ts'
import type { Grant } from '../domain/grant.ts'
import { GRANTEES_REMEMBERED_MAX, SNAPSHOT_CACHE_MAX } from '../domain/limits.ts'
import type { Store } from '../request/ports.ts'
import { createCache } from './cache.ts'
import { grantIdBytes, grantRecord, parseGrantRow } from './grant-rows.ts'
import { integer, keyIdBytes, parseKeyIdColumn, parseScopeColumns } from './rows.ts'
import type { Statements } from './statements.ts'
import { cacheName, grantsSubject, type Subject } from './subject.ts'

/** Sorts before every grant id. */
const FIRST = new Uint8Array()
/** No caller has more names, and the statement has a place for each. */
const NAMES_MAX = 4

/** The grants of one key by the callers that asked for them. */
type OfKey = ReadonlyMap<string, readonly Grant[]>

export type Grants = Pick<
  Store,
  'findGrants' | 'findGrant' | 'findSameGrant' | 'listGrants' | 'listRetirableGrants' | 'countGrants'
> & {
  /** Forgets what a commit touched. */
  forget(subjects: readonly Subject[]): void
}

/**
 * Grants as the database has them. What callers may use is remembered by key, also that it is nothing, until a commit makes
 * or deletes any grant of that key: callers that are denied, or that have one of their names granted, ask at every call.
 */
export function createGrants(sql: Statements): Grants {
  const remembered = createCache<OfKey>(SNAPSHOT_CACHE_MAX)

  const read = (scope: Scope, keyId: KeyId, names: readonly string[]): readonly Grant[] => {
    if (names.length > NAMES_MAX) throw new TypeError('more grantees than a caller has names')
    const [first = '', second = first, third = first, fourth = first] = names
    return sql.findGrants
      .all(scope.account, scope.region, keyIdBytes(keyId), first, second, third, fourth)
      .map((row) => parseGrantRow({ ...scope, keyId }, row))
  }
  const remember = (key: string, known: OfKey | undefined, who: string, found: readonly Grant[]) => {
    const kept = known && known.size < GRANTEES_REMEMBERED_MAX ? known : []
    const ofKey = new Map([...kept, [who, found]])
    const grants = [...ofKey.values()].reduce((count, each) => count + each.length, 0)
    remembered.set(key, ofKey, ofKey.size + grants)
  }

  return {
    async findGrants({ account, region }, keyId, grantees) {
      const scope = { account, region }
      const key = cacheName(grantsSubject(scope, keyId))
      const who = grantees.join(' ')
      const known = remembered.get(key)
      const found = known?.get(who)
      if (found) return found
      const fresh = read(scope, keyId, grantees)
      remember(key, known, who, fresh)
      return fresh
    },
    async findGrant({ account, region }, keyId, grantId) {
      const row = sql.findGrant.get(account, region, keyIdBytes(keyId), grantIdBytes(grantId))
      return row && parseGrantRow({ account, region, keyId }, row)
    },
    async findSameGrant(grant) {
      const { account, region, keyId, name, granteePrincipal, retiringPrincipal = '' } = grant
      if (name === undefined) return undefined
      const same = [name, granteePrincipal, retiringPrincipal, grantRecord(grant)] as const
      const row = sql.findSameGrant.get(account, region, keyIdBytes(keyId), ...same)
      return row && parseGrantRow({ account, region, keyId }, row)
    },
    async listGrants({ account, region }, keyId, { after, limit, granteePrincipal }) {
      const from = after === undefined ? FIRST : grantIdBytes(after)
      const of = [account, region, keyIdBytes(keyId)] as const
      const rows =
        granteePrincipal === undefined
          ? sql.listGrants.all(...of, from, limit)
          : sql.listGrantsOfGrantee.all(...of, granteePrincipal, from, limit)
      return rows.map((row) => parseGrantRow({ account, region, keyId }, row))
    },
    async listRetirableGrants(region, retiringPrincipal, { after, limit }) {
      const from = after === undefined ? FIRST : grantIdBytes(after)
      return sql.listRetirableGrants
        .all(region, retiringPrincipal, from, limit)
        .map((row) => parseGrantRow({ ...parseScopeColumns(row), keyId: parseKeyIdColumn(row) }, row))
    },
    async countGrants({ account, region }, keyId) {
      const row = sql.countGrants.get(account, region, keyIdBytes(keyId))
      return row === undefined ? 0 : integer(row, 'count')
    },
    forget(subjects) {
      for (const subject of subjects) if (subject.kind === 'grants') remembered.delete(cacheName(subject))
    },
  }
}
