import type { Scope } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import {
  type Grant,
  type GrantConstraint,
  parseGrantId,
  refuseUnfitGrant,
  sortedOperations,
} from '../../domain/grant.ts'
import type { Key } from '../../domain/key.ts'
import type { ValueOf } from '../../protocol/shape.ts'
import type { VerifiedCaller } from '../../request/caller.ts'
import { bindGrantPrincipals } from '../../request/grant-principal.ts'
import type { Call } from '../../request/operation.ts'
import type { GrantConstraints } from './grant-shapes.ts'

/** What CreateGrant is asked for. */
export type WantedGrant = {
  readonly GranteePrincipal: string
  readonly RetiringPrincipal?: string
  readonly Operations: Grant['operations']
  readonly Constraints?: ValueOf<typeof GrantConstraints>
  readonly Name?: string
}

/** Services may have themselves granted what they need; nobody else grants anything to a service. Source: CreateGrant. */
function servicePrincipalOf({ principal, via }: VerifiedCaller): string | undefined {
  return via?.principal ?? (principal.type === 'service' ? principal.service : undefined)
}

const GRANT_ID_BYTES = 32

/**
 * What a request shows to be wrong before any key is looked at.
 *
 * Source: messages as answered by KMS; that of an empty list is our own.
 */
export function refuseWanted({ Operations, Constraints }: WantedGrant): ServiceError | undefined {
  if (Constraints?.EncryptionContextEquals && Constraints.EncryptionContextSubset)
    return error('ValidationException', 'More than one constraint supplied')
  if (Operations.length === 0) return error('ValidationException', 'Grants must contain at least one operation.')
  if (Operations.every((operation) => operation === 'CreateGrant'))
    return error('ValidationException', 'Grants must not contain only the CreateGrant operation.')
  return undefined
}

/** The operations and the constraint of a request that `refuseWanted` did not refuse. */
export function permissionWanted({ Operations, Constraints }: WantedGrant): Pick<Grant, 'operations' | 'constraint'> {
  const constraint = constraintOf(Constraints)
  return { operations: sortedOperations(Operations), ...(constraint ? { constraint } : {}) }
}

/** An empty map is a constraint too: as Equals it demands that there is no encryption context. */
function constraintOf(wanted: WantedGrant['Constraints']): GrantConstraint | undefined {
  if (wanted?.EncryptionContextEquals) return { kind: 'EncryptionContextEquals', pairs: wanted.EncryptionContextEquals }
  return wanted?.EncryptionContextSubset && { kind: 'EncryptionContextSubset', pairs: wanted.EncryptionContextSubset }
}

/**
 * The grant that a request asks for.
 *
 * @returns `ValidationException` when the key cannot have it; `InvalidArnException` when a principal is none.
 */
export async function newGrant(
  wanted: WantedGrant,
  key: Key,
  { caller, clock, ids, policies }: Call,
): Promise<Grant | ServiceError> {
  const permission = permissionWanted(wanted)
  const unfit = refuseUnfitGrant(key, permission)
  if (unfit) return unfit
  const { GranteePrincipal, RetiringPrincipal, Name } = wanted
  const own = servicePrincipalOf(caller)
  const principals = [GranteePrincipal, ...(RetiringPrincipal === undefined ? [] : [RetiringPrincipal])]
  const named = principals.filter((name) => name !== own)
  const boundPrincipals = await bindGrantPrincipals(named, key.region, policies.bind)
  if (isError(boundPrincipals)) return boundPrincipals
  const grantId = parseGrantId(ids.hex(GRANT_ID_BYTES))
  if (!grantId) throw new TypeError('random hex digits are no grant id')
  const { account, region }: Scope = key
  return {
    account,
    region,
    keyId: key.keyId,
    grantId,
    ...(Name === undefined ? {} : { name: Name }),
    createdAt: clock.now(),
    granteePrincipal: GranteePrincipal,
    ...(RetiringPrincipal === undefined ? {} : { retiringPrincipal: RetiringPrincipal }),
    ...(boundPrincipals.length === 0 ? {} : { boundPrincipals }),
    issuingAccount: caller.scope.account,
    ...permission,
  }
}
