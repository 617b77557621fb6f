import { parseArn, partitionOf, type Region } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'
import { type NamedPrincipal, parseAwsPrincipal } from '../policy/principal.ts'

/** Source: the answer of KMS, which clients wait and retry on. */
const NOBODY = error('InvalidArnException', 'ARN does not refer to a valid principal')

/** The principal that a grant names, by its ARN: an account's root user, a user, a role, or a session. */
export function parseGrantPrincipal(text: string, region: Region): NamedPrincipal | ServiceError {
  // Account ids and `*`, which policies may name, are no ARNs.
  const arn = parseArn(text)
  const named = arn?.partition === partitionOf(region) ? parseAwsPrincipal(text) : undefined
  return named && named.type !== 'everyone' ? named : NOBODY
}

/** @returns `InvalidArnException` when a grant cannot name it, or when there is no such principal. */
export async function refuseGrantPrincipal(
  text: string,
  region: Region,
  isPrincipal: (named: NamedPrincipal) => Promise<boolean>,
): Promise<ServiceError | undefined> {
  const named = parseGrantPrincipal(text, region)
  if ('kind' in named) return named
  return (await isPrincipal(named)) ? undefined : NOBODY
}
