import { isError } from '../../domain/error.ts'
import { hiddenResource } from '../../request/denial.ts'
import { parseGrantPrincipal } from '../../request/grant-principal.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { grantEntry, grantPageOf } from './grant-entry.ts'
import * as grantShapes from './grant-shapes.ts'
import { cutPage, PAGES } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * The grants that a principal of the caller's account may retire, on keys of whichever accounts in the Region.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html
 */
export const ListRetirableGrants = operation({
  name: 'ListRetirableGrants',
  input: { ...shapes.pageInput, RetiringPrincipal: grantShapes.PrincipalIdType },
  output: grantShapes.ListGrantsOutput,
  errors: ['InvalidMarkerException', 'InvalidArnException', 'NotFoundException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('kms:ListRetirableGrants') }),
  async run({ RetiringPrincipal, ...input }, _granted, { caller, store }) {
    const named = parseGrantPrincipal(RetiringPrincipal, caller.scope.region)
    if (isError(named)) return named
    // Grants of other accounts' principals are not for the caller to know.
    const isOwn = 'account' in named && named.account === caller.scope.account
    if (!isOwn) return hiddenResource(caller.principal.arn, 'kms:ListRetirableGrants')
    const wanted = grantPageOf(input, PAGES.ListRetirableGrants)
    if (isError(wanted)) return wanted
    const page = { ...wanted, limit: wanted.limit + 1 }
    const grants = await store.listRetirableGrants(caller.scope.region, RetiringPrincipal, page)
    const { page: shown, ...rest } = cutPage(grants, wanted.limit, (grant) => grant.grantId)
    return { output: { Grants: shown.map(grantEntry), ...rest } }
  },
})
