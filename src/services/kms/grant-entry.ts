import { keyArn, rootArn } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { type Grant, type GrantId, parseGrantId } from '../../domain/grant.ts'
import { type PageBounds, pageOf } from './page.ts'

/** A grant as both lists show it; its tokens are never shown. */
export function grantEntry(grant: Grant) {
  const { name, retiringPrincipal, constraint } = grant
  return {
    KeyId: keyArn(grant, grant.keyId),
    GrantId: grant.grantId,
    ...(name === undefined ? {} : { Name: name }),
    CreationDate: grant.createdAt,
    GranteePrincipal: grant.granteePrincipal,
    ...(retiringPrincipal === undefined ? {} : { RetiringPrincipal: retiringPrincipal }),
    IssuingAccount: rootArn(grant.issuingAccount, grant.region),
    Operations: grant.operations,
    ...(constraint ? { Constraints: { [constraint.kind]: constraint.pairs } } : {}),
  }
}

/** @returns `InvalidMarkerException` for a marker that does not name a grant. */
export function grantPageOf(
  input: Parameters<typeof pageOf>[0],
  bounds: PageBounds,
): { readonly after?: GrantId; readonly limit: number } | ServiceError {
  const wanted = pageOf(input, bounds)
  if (isError(wanted) || wanted.after === undefined) return isError(wanted) ? wanted : { limit: wanted.limit }
  const after = parseGrantId(wanted.after)
  return after ? { limit: wanted.limit, after } : error('InvalidMarkerException')
}

/** @returns `InvalidGrantIdException` for what no grant can have. */
export function grantIdOf(text: string): GrantId | ServiceError {
  return parseGrantId(text) ?? error('InvalidGrantIdException')
}
