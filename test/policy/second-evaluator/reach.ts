import { type Caller, type Ids, listOf, type PrincipalElement, type Statement } from './world.ts'

/** How a caller is meant by a name, strongest first. */
export const REACHES = ['self', 'behind', 'account', 'nobody'] as const
export type Reach = (typeof REACHES)[number]

export function strongest(reaches: readonly Reach[]): Reach {
  return REACHES.find((reach) => reaches.includes(reach)) ?? 'nobody'
}

const rootOf = (account: string) => `arn:aws:iam::${account}:root`

/** An account id means the account. */
const canonical = (name: string) => (/^\d{12}$/.test(name) ? rootOf(name) : name)

/** All names that the caller goes by. */
function namesOf({ type, arn, account, behind }: Caller): readonly (readonly [string, Reach])[] {
  const names: (readonly [string, Reach])[] = [[arn, 'self']]
  if (behind) names.push([behind, 'behind'])
  if (account && type !== 'root') names.push([rootOf(account), 'account'])
  return names
}

/** How one ARN or account id means the caller; a name that was bound to an id means who has that id. */
export function reachOfName(name: string, caller: Caller, ids: Ids): Reach {
  const [, reach] = namesOf(caller).find(([own]) => own === canonical(name)) ?? []
  if (reach === undefined) return 'nobody'
  const bound = ids[name]
  return bound !== undefined && bound !== caller.id ? 'nobody' : reach
}

const TYPE_OF_NAME: Readonly<Record<string, readonly Caller['type'][]>> = {
  AWS: ['root', 'user', 'role-session', 'federated-user'],
  Service: ['service'],
  Federated: ['web-identity'],
}

/** @param everyone - how the caller is meant when everyone is. */
function reachOfElement(element: PrincipalElement, caller: Caller, ids: Ids, everyone: Reach): Reach {
  if (element === '*') return everyone
  return strongest(
    Object.entries(element).flatMap(([type, names]) =>
      listOf(names).map((name) => {
        if (type === 'AWS' && name === '*') return everyone
        return TYPE_OF_NAME[type]?.includes(caller.type) ? reachOfName(name, caller, ids) : 'nobody'
      }),
    ),
  )
}

/**
 * How Principal or NotPrincipal means the caller. Whoever only shows a token is not signed in, so that he is nobody until he is
 * named; but no Deny of everyone spares him.
 */
export function reachOf({ Effect, Principal, NotPrincipal }: Statement, caller: Caller, ids: Ids): Reach {
  const isSignedIn = caller.type !== 'web-identity'
  if (Principal !== undefined)
    return reachOfElement(Principal, caller, ids, isSignedIn || Effect === 'Deny' ? 'self' : 'nobody')
  if (NotPrincipal === undefined || (!isSignedIn && Effect === 'Allow')) return 'nobody'
  const listed = reachOfElement(NotPrincipal, caller, ids, isSignedIn ? 'self' : 'nobody')
  return listed === 'nobody' ? 'self' : 'nobody'
}
