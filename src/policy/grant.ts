import type { GrantConstraint } from '../domain/grant.ts'
import { reachOfGrantee } from './principal-match.ts'
import type { Principal, Reach } from './types.ts'

export type { GrantConstraint } from '../domain/grant.ts'

/** Of a grant, what decisions need. */
export type KeyGrant = {
  readonly grantId: string
  readonly granteePrincipal: string
  readonly retiringPrincipal?: string
  /** Unique ids that the ARNs meant when the grant was made. */
  readonly boundPrincipals?: readonly { readonly arn: string; readonly id: string }[]
  /** Account that issued the grant, as 12 digits. */
  readonly issuingAccount?: string
  /** As in requests: `Decrypt`, without the service. */
  readonly operations: readonly string[]
  readonly constraint?: GrantConstraint
}

/** The grant that a CreateGrant call asks for. */
export type RequestedGrant = Pick<KeyGrant, 'operations' | 'constraint'>

/** What of the request a grant looks at. */
export type GrantUse = {
  readonly principal: Principal
  /** `Decrypt`, without the service. */
  readonly operation: string
  readonly encryptionContext: ReadonlyMap<string, string>
  /** For CreateGrant. */
  readonly requestedGrant?: RequestedGrant
}

/** Operations to which a constraint applies: those that carry an encryption context. Source: KMS API reference, GrantConstraints. */
export const CONTEXT_OPERATIONS: ReadonlySet<string> = new Set([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
])

/** How far a grant carries a call: as a key policy statement that names the grantee would. */
export function reachOfGrant(grant: KeyGrant, use: GrantUse): Reach {
  if (!grant.operations.includes(use.operation)) return 'none'
  const reach = reachOfGrantee(grant.granteePrincipal, use.principal, grant.boundPrincipals)
  if (reach === 'none') return 'none'
  if (use.operation === 'CreateGrant') return use.requestedGrant && isWithin(use.requestedGrant, grant) ? reach : 'none'
  if (grant.constraint === undefined || !CONTEXT_OPERATIONS.has(use.operation)) return reach
  return meets(use.encryptionContext, grant.constraint) ? reach : 'none'
}

function meets(context: ReadonlyMap<string, string>, { kind, pairs }: GrantConstraint): boolean {
  if (kind === 'EncryptionContextSubset') return containsAll(context, pairs)
  // Both ways, because pairs whose names differ in case alone would let an equal count hide a stranger.
  return context.size === pairs.size && containsAll(context, pairs) && containsAll(pairs, context)
}

function containsAll(context: ReadonlyMap<string, string>, pairs: ReadonlyMap<string, string>): boolean {
  const present = new Set([...context].map(foldPair))
  return [...pairs].every((pair) => present.has(foldPair(pair)))
}

function foldPair([name, value]: readonly [string, string]): string {
  return JSON.stringify([name.toLowerCase(), value])
}

/** A child grant may allow no more than its parent: a subset of its operations, under a constraint as strict. */
function isWithin(child: RequestedGrant, parent: KeyGrant): boolean {
  if (!child.operations.every((operation) => parent.operations.includes(operation))) return false
  if (parent.constraint === undefined) return true
  if (child.constraint === undefined) return false
  if (parent.constraint.kind === 'EncryptionContextSubset')
    return containsAll(child.constraint.pairs, parent.constraint.pairs)
  return child.constraint.kind === parent.constraint.kind && meets(child.constraint.pairs, parent.constraint)
}
