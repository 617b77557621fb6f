import { type PrincipalElement, type PrincipalEntry, parseAwsPrincipal } from './principal.ts'
import type { Principal, PrincipalMatcher, Reach } from './types.ts'

/** Unique ids that ARNs meant when the policy was saved: a principal made anew under an old name is another one. */
export type Bindings = ReadonlyMap<string, string>

type Index = {
  readonly everyone: boolean
  readonly accounts: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  readonly providers: ReadonlySet<string>
  /** ARNs that stand for whoever bears them. */
  readonly arns: ReadonlySet<string>
  /** Unique ids that the other ARNs stood for. */
  readonly ids: ReadonlySet<string>
}

/** Compiles a Principal or NotPrincipal element of a statement with that effect. */
export function compilePrincipals(
  element: PrincipalElement,
  effect: 'Allow' | 'Deny',
  bindings: Bindings,
): PrincipalMatcher {
  const index = indexOf(element.entries, bindings)
  if (!element.negated)
    return (principal) => {
      // Everyone are all who signed, yet a Deny of everyone must not spare holders of tokens.
      if (principal.type === 'web-identity' && effect === 'Deny' && index.everyone) return 'direct'
      return reachOf(index, principal)
    }
  return (principal) => {
    // Token holders of unnamed providers must never gain access by not being listed.
    if (principal.type === 'web-identity' && effect === 'Allow') return 'none'
    return reachOf(index, principal) === 'none' ? 'direct' : 'none'
  }
}

function indexOf(entries: readonly PrincipalEntry[], bindings: Bindings): Index {
  const arns = entries.flatMap((entry) => ('arn' in entry ? [entry.arn] : []))
  return {
    everyone: entries.some((entry) => entry.type === 'everyone'),
    accounts: new Set(entries.flatMap((entry) => (entry.type === 'account' ? [entry.account] : []))),
    services: new Set(entries.flatMap((entry) => (entry.type === 'service' ? [entry.service] : []))),
    providers: new Set(
      entries.flatMap((entry) =>
        entry.type === 'provider' ? [entry.arn] : entry.type === 'provider-host' ? [entry.host] : [],
      ),
    ),
    arns: new Set(arns.filter((arn) => !bindings.has(arn))),
    ids: new Set(arns.flatMap((arn) => bindings.get(arn) ?? [])),
  }
}

function reachOf(index: Index, principal: Principal): Reach {
  // A web identity is unsigned: it is named by its provider or not at all.
  if (principal.type === 'web-identity') return index.providers.has(principal.provider) ? 'direct' : 'none'
  if (index.everyone) return 'direct'
  switch (principal.type) {
    case 'service':
      return index.services.has(principal.service) ? 'direct' : 'none'
    case 'root':
      return index.accounts.has(principal.account) ? 'direct' : 'none'
    case 'user':
      if (names(index, principal.arn, principal.uniqueId)) return 'direct'
      break
    case 'role-session':
      if (names(index, principal.arn, sessionId(principal))) return 'direct'
      if (names(index, principal.roleArn, principal.uniqueId)) return 'limited'
      break
    case 'federated-user':
      if (index.arns.has(principal.arn)) return 'direct'
      if (principal.userArn && names(index, principal.userArn, principal.uniqueId)) return 'limited'
      break
  }
  return index.accounts.has(principal.account) ? 'account' : 'none'
}

/** `AROA…:SESSION`. */
function sessionId({ arn, uniqueId }: Extract<Principal, { readonly type: 'role-session' }>): string | undefined {
  return uniqueId && `${uniqueId}:${arn.slice(arn.lastIndexOf('/') + 1)}`
}

function names(index: Index, arn: string, uniqueId: string | undefined): boolean {
  // A principal that was renamed is still the one that the policy was saved for; one that took its name is not.
  return index.arns.has(arn) || (uniqueId !== undefined && index.ids.has(uniqueId))
}

/**
 * How the principal that a grant names covers `principal`.
 *
 * @param bound - unique ids that ARNs meant when the grant was made.
 */
export function reachOfGrantee(
  grantee: string,
  principal: Principal,
  bound: readonly { readonly arn: string; readonly id: string }[] = [],
): Reach {
  if (principal.type === 'web-identity') return 'none'
  if (principal.type === 'service') return grantee === principal.service ? 'direct' : 'none'
  const reach = reachByName(grantee, principal)
  // A root user cannot be made anew, and a session that is named by its own ARN is of whichever role has that name.
  const isBound = principal.type === 'user' || reach === 'limited'
  const meant = isBound && reach !== 'account' ? bound.find(({ arn }) => arn === grantee)?.id : undefined
  return meant === undefined || ('uniqueId' in principal && meant === principal.uniqueId) ? reach : 'none'
}

function reachByName(
  grantee: string,
  principal: Exclude<Principal, { readonly type: 'service' | 'web-identity' }>,
): Reach {
  if (grantee === principal.arn) return 'direct'
  if (principal.type === 'role-session' && grantee === principal.roleArn) return 'limited'
  if (principal.type === 'federated-user' && grantee === principal.userArn) return 'limited'
  const entry = parseAwsPrincipal(grantee)
  if (entry?.type !== 'account' || entry.account !== principal.account) return 'none'
  return principal.type === 'root' ? 'direct' : 'account'
}
