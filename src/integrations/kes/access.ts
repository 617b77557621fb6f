import { createHash, type X509Certificate } from 'node:crypto'
import type { KesConfig } from './config.ts'

/** Who a client is: SHA-256 of its public key (SubjectPublicKeyInfo), in hex. Source: KES, identities. */
export function identityOf({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** Whether an identity may make a request to that path: a denial wins, and without a policy nothing is allowed. */
export function mayCall({ admin, policies }: KesConfig, identity: string, path: string): boolean {
  if (identity === admin) return true
  const policy = policies.get(identity)
  if (!policy || policy.deny.some((pattern) => matches(pattern, path))) return false
  return policy.allow.some((pattern) => matches(pattern, path))
}

/** `*` stands for anything but a slash, `?` for one character. Source: KES, policies. */
function matches(pattern: string, path: string): boolean {
  const source = [...pattern].map((character) =>
    character === '*' ? '[^/]*' : character === '?' ? '[^/]' : RegExp.escape(character),
  )
  return new RegExp(`^${source.join('')}$`).test(path)
}
