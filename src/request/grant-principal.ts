import { parseArn, partitionOf, type Region } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import type { PrincipalBinding } from '../domain/iam.ts'
import { type NamedPrincipal, parseAwsPrincipal } from '../policy/principal.ts'
import type { KeyPolicies } from './key-policy.ts'

/** Source: the answer of KMS, which clients wait and retry on. */
const NOBODY = error('InvalidArnException', 'ARN does not refer to a valid principal')

/** The principal that a grant names, by its ARN: an account's root user, a user, a role, or a session. */
export function parseGrantPrincipal(text: string, region: Region): NamedPrincipal | ServiceError {
  // Account ids and `*`, which policies may name, are no ARNs.
  const arn = parseArn(text)
  const named = arn?.partition === partitionOf(region) ? parseAwsPrincipal(text) : undefined
  return named && named.type !== 'everyone' ? named : NOBODY
}

/** @returns what the names mean now; `InvalidArnException` when a grant cannot name one, or when there is no such principal. */
export async function bindGrantPrincipals(
  names: readonly string[],
  region: Region,
  bind: KeyPolicies['bind'],
): Promise<readonly PrincipalBinding[] | ServiceError> {
  const named: NamedPrincipal[] = []
  for (const name of names) {
    const principal = parseGrantPrincipal(name, region)
    if ('kind' in principal) return principal
    named.push(principal)
  }
  return (await bind(named)) ?? NOBODY
}
