import { isError } from '../../domain/error.ts'
import type { Grant, GrantId } from '../../domain/grant.ts'
import type { Key } from '../../domain/key.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import type { Store } from '../../request/ports.ts'
import { onlyKey } from '../../request/targets.ts'
import { BY_NO_SERVICE } from './grant-conditions.ts'
import { grantEntry, grantIdOf, grantPageOf } from './grant-entry.ts'
import * as grantShapes from './grant-shapes.ts'
import { cutPage, PAGES } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * The grants of a key, or those of one grantee, or one.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html
 */
export const ListGrants = operation({
  name: 'ListGrants',
  input: {
    ...shapes.pageInput,
    KeyId: shapes.KeyIdType,
    GrantId: optional(grantShapes.GrantIdType),
    GranteePrincipal: optional(grantShapes.PrincipalIdType),
  },
  output: grantShapes.ListGrantsOutput,
  errors: [
    'NotFoundException',
    'InvalidMarkerException',
    'InvalidGrantIdException',
    'InvalidArnException',
    'KMSInvalidStateException',
  ],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:ListGrants', input.KeyId, 'refused')),
  conditions: () => BY_NO_SERVICE,
  async run({ GranteePrincipal, ...input }, { key: { key } }, { store }) {
    const wanted = grantPageOf(input, PAGES.ListGrants)
    if (isError(wanted)) return wanted
    const grantId = input.GrantId === undefined ? undefined : grantIdOf(input.GrantId)
    if (isError(grantId)) return grantId
    const filter = GranteePrincipal === undefined ? {} : { granteePrincipal: GranteePrincipal }
    const grants = grantId
      ? await oneGrant(store, key, { ...wanted, ...filter, grantId })
      : await store.listGrants(key, key.keyId, { ...wanted, ...filter, limit: wanted.limit + 1 })
    const { page, ...rest } = cutPage(grants, wanted.limit, (grant) => grant.grantId)
    return { output: { Grants: page.map(grantEntry), ...rest } }
  },
})

type Filter = { readonly grantId: GrantId; readonly after?: GrantId; readonly granteePrincipal?: string }

/** The grant of that id as a list, unless another filter leaves it out. */
async function oneGrant(
  store: Store,
  key: Key,
  { grantId, after, granteePrincipal }: Filter,
): Promise<readonly Grant[]> {
  const grant = await store.findGrant(key, key.keyId, grantId)
  const isLeftOut =
    !grant ||
    (after !== undefined && grantId <= after) ||
    (granteePrincipal !== undefined && grant.granteePrincipal !== granteePrincipal)
  return isLeftOut ? [] : [grant]
}
