import { error, type ServiceError } from '../../domain/error.ts'
import { QUOTAS, type Quota } from '../../request/quotas.ts'

const PAGE_MAX = 100
const decoded = (token: string) => Buffer.from(token, 'base64').toString('utf8')

type Wanted = {
  readonly NextToken?: string
  readonly MaxResults?: number
  readonly QuotaCode?: string
  readonly QuotaAppliedAtLevel?: string
}

/**
 * A page of the quotas in order of name; all of them are an account's. The token names the quota that the page before ended
 * with.
 */
export function pageOf(wanted: Wanted): { readonly quotas: readonly Quota[]; readonly next?: string } | ServiceError {
  const { NextToken, MaxResults = PAGE_MAX, QuotaCode, QuotaAppliedAtLevel } = wanted
  const after = NextToken === undefined ? -1 : QUOTAS.findIndex(({ code }) => code === decoded(NextToken))
  if (NextToken !== undefined && after === -1) return error('InvalidPaginationTokenException', 'Invalid NextToken.')
  if (QuotaAppliedAtLevel === 'RESOURCE') return { quotas: [] }
  const left = QUOTAS.slice(after + 1).filter(({ code }) => QuotaCode === undefined || code === QuotaCode)
  const quotas = left.slice(0, MaxResults)
  const last = quotas.at(-1)
  return left.length > quotas.length && last ? { quotas, next: Buffer.from(last.code).toString('base64') } : { quotas }
}
