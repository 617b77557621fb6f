import { EMPTY_CONTEXT } from '../domain/encryption-context.ts'
import { type GrantUse, type KeyGrant, type RequestedGrant, reachOfGrant } from './grant.ts'
import { evaluateOwn, limitsPassed } from './own-policies.ts'
import { reachOfGrantee } from './principal-match.ts'
import { allowedByPolicies, type Evidence, explicitDenial, gather, implicitDenial, refusal } from './resource-access.ts'
import type { CompiledPolicy, Decision, Ground, Principal, Reach, RequestContext } from './types.ts'

/** One action on one key. */
export type KeyAccess = {
  readonly principal: Principal
  /** As documented, with its service: `kms:Decrypt`. */
  readonly action: string
  readonly key: { readonly arn: string; readonly account: string; readonly policy: CompiledPolicy }
  /** Grants on this key; only those whose grantee may be the principal (`grantNames`) can matter. For RetireGrant: the one to retire. */
  readonly grants: readonly KeyGrant[]
  readonly context: RequestContext
  /** For grant constraints; names keep their case. */
  readonly encryptionContext?: ReadonlyMap<string, string>
  /** For CreateGrant: what the new grant would allow. */
  readonly requestedGrant?: RequestedGrant
}

/** Operations that work on another account's key. All else fails there, whatever the policies say. Source: KMS developer guide. */
const CROSS_ACCOUNT: ReadonlySet<string> = new Set(
  [
    'CreateGrant',
    'Decrypt',
    'DeriveSharedSecret',
    'DescribeKey',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'GetKeyRotationStatus',
    'GetPublicKey',
    'ListGrants',
    'ReEncryptFrom',
    'ReEncryptTo',
    'RetireGrant',
    'RevokeGrant',
    'Sign',
    'Verify',
    'VerifyMac',
  ].map((name) => `kms:${name}`.toLowerCase()),
)

/** @param action - with its service, in lower case. */
export function worksAcrossAccounts(action: string): boolean {
  return CROSS_ACCOUNT.has(action)
}

const RETIRE_GRANT = 'kms:retiregrant'
const OPERATION_OFFSET = 'kms:'.length

/**
 * Decides one action on one key by key policy, the principal's own policies and grants. Operations on several resources need
 * one decision for each.
 *
 * Source: KMS developer guide (key policies, grants, cross-account access), IAM policy evaluation logic.
 */
export function decideKeyAccess(access: KeyAccess): Decision {
  const { principal, key, context } = access
  const action = access.action.toLowerCase()
  const evidence = gather(
    { principal, action, resource: key.arn, context },
    { account: key.account, policy: key.policy, source: 'key-policy' },
  )
  const explicit = explicitDenial(evidence)
  if (explicit) return explicit
  if (action === RETIRE_GRANT) return decideRetirement(access, evidence)
  if (!evidence.isSameAccount && !CROSS_ACCOUNT.has(action)) return refusal('other-account')
  const by = allowedByPolicies(evidence) ?? allowedByGrant(access, evidence)
  return by ? { allowed: true, by } : implicitDenial(evidence)
}

/**
 * The decision about another account's key that does not exist: the same answer as for one that does.
 *
 * @returns a denial, always.
 */
export function decideMissingKey(
  { principal, action, context }: Omit<KeyAccess, 'key' | 'grants'>,
  keyArn: string,
): Decision {
  const own = evaluateOwn({ principal, action: action.toLowerCase(), resource: keyArn, context })
  return own.deny ? { allowed: false, kind: 'explicit', by: own.deny, hidden: false } : refusal('other-account')
}

/** The ARNs by which a grant may name the principal: what to look grants up by. */
export function grantNames(principal: Principal): readonly string[] {
  if (principal.type === 'web-identity') return []
  if (principal.type === 'service') return [principal.service]
  const root = principal.arn.replace(/^(arn:[^:]+):[^:]+::(\d+):.*$/, '$1:iam::$2:root')
  const named =
    principal.type === 'role-session'
      ? principal.roleArn
      : principal.type === 'federated-user'
        ? principal.userArn
        : undefined
  return [...new Set([principal.arn, ...(named === undefined ? [] : [named]), root, principal.account])]
}

function allowedByGrant(access: KeyAccess, evidence: Evidence): readonly Ground[] | undefined {
  const use: GrantUse = {
    principal: access.principal,
    operation: access.action.slice(OPERATION_OFFSET),
    encryptionContext: access.encryptionContext ?? EMPTY_CONTEXT,
    ...(access.requestedGrant ? { requestedGrant: access.requestedGrant } : {}),
  }
  for (const grant of access.grants) {
    const by = carriedBy(grant, reachOfGrant(grant, use), evidence)
    if (by) return by
  }
  return undefined
}

/** A grant carries like a key policy statement: by itself, within limits, or with IAM when it names an account. */
function carriedBy(grant: KeyGrant, reach: Reach, { own }: Evidence): readonly Ground[] | undefined {
  const ground = { kind: 'grant', grantId: grant.grantId } as const
  if (reach === 'none') return undefined
  if (reach === 'direct') return [ground]
  const limits = limitsPassed(own)
  if (limits === undefined) return undefined
  if (reach === 'limited') return [ground, ...limits]
  return own.identity && [ground, own.identity, ...limits]
}

/**
 * Retiring a grant is decided by the grant, not by the key policy: its retiring principal, its grantee if it may, and, with
 * IAM's leave, the accounts that own the key, issued the grant or may retire it. Source: KMS API reference, RetireGrant.
 */
function decideRetirement({ principal, grants, key }: KeyAccess, evidence: Evidence): Decision {
  for (const grant of grants) {
    const grantee = grant.operations.includes('RetireGrant')
      ? reachOfGrantee(grant.granteePrincipal, principal, grant.boundPrincipals)
      : 'none'
    const retiring =
      grant.retiringPrincipal === undefined
        ? 'none'
        : reachOfGrantee(grant.retiringPrincipal, principal, grant.boundPrincipals)
    const isOwner =
      'account' in principal && (principal.account === key.account || principal.account === grant.issuingAccount)
    for (const reach of [retiring, grantee, isOwner ? 'account' : 'none'] as const) {
      const by = carriedBy(grant, reach, evidence)
      if (by) return { allowed: true, by }
    }
  }
  return refusal(evidence.isSameAccount ? 'grant-or-identity-policy' : 'other-account')
}
