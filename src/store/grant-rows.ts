import { type AccountId, parseAccountId, type Scope } from '../domain/arn.ts'
import type { Grant, GrantConstraint, GrantId } from '../domain/grant.ts'
import { bytes, integer, type Row, text } from './rows.ts'

export const grantIdBytes = (grantId: GrantId): Uint8Array => Buffer.from(grantId, 'hex')

type Recorded = {
  readonly issuingAccount: AccountId
  readonly boundPrincipals?: Grant['boundPrincipals']
  readonly operations: Grant['operations']
  readonly constraint?: {
    readonly kind: GrantConstraint['kind']
    readonly pairs: ReadonlyArray<readonly [string, string]>
  }
}

/** What a grant allows and who made it, as JSON that is the same for grants that are the same. */
export function grantRecord({ issuingAccount, boundPrincipals, operations, constraint }: Grant): string {
  const bound = boundPrincipals && { boundPrincipals: boundPrincipals.map(({ arn, id }) => ({ arn, id })) }
  if (!constraint) return JSON.stringify({ issuingAccount, ...bound, operations } satisfies Recorded)
  const pairs = [...constraint.pairs].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify({
    issuingAccount,
    ...bound,
    operations,
    constraint: { kind: constraint.kind, pairs },
  } satisfies Recorded)
}

/** @param at - the key that the row belongs to. */
export function parseGrantRow({ account, region, keyId }: Scope & Pick<Grant, 'keyId'>, row: Row): Grant {
  const { issuingAccount, boundPrincipals, operations, constraint } = JSON.parse(text(row, 'record')) as Recorded
  if (parseAccountId(issuingAccount) === undefined) throw new TypeError('a grant has no issuing account')
  return Object.freeze({
    account,
    region,
    keyId,
    grantId: Buffer.from(bytes(row, 'grant_id')).toString('hex') as GrantId,
    ...(row.name === null ? {} : { name: text(row, 'name') }),
    createdAt: integer(row, 'created_at'),
    granteePrincipal: text(row, 'grantee'),
    ...(row.retiring === null ? {} : { retiringPrincipal: text(row, 'retiring') }),
    ...(boundPrincipals ? { boundPrincipals: Object.freeze(boundPrincipals) } : {}),
    issuingAccount,
    operations: Object.freeze(operations),
    ...(constraint ? { constraint: Object.freeze({ kind: constraint.kind, pairs: new Map(constraint.pairs) }) } : {}),
  })
}
