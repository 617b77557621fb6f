import { decodeFields, encodeFields, type Refusal } from '../wire.ts'
import { deriveSigningKey, type SigningScope } from './derive.ts'
import type { DomainKeys } from './domain-keys.ts'
import { GLOBAL_DOMAIN, newSecret } from './secrets.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/session-token')

const bindingOf = (accessKeyId: Buffer) => encodeFields([BINDING, accessKeyId])

/**
 * Temporary credentials. Nothing of them is kept: the token is the secret and what the session may do, sealed for its access
 * key id, so that nobody but this process reads or makes one.
 *
 * @param record - what the session may do; only the API process reads it.
 * @returns the secret, 40 ASCII characters for its owner's eyes, and the token; `needsDomainKey`.
 */
export function createSession(
  domainKeys: DomainKeys,
  accessKeyId: Buffer,
  record: Buffer,
): readonly Buffer[] | Refusal {
  const domainKey = domainKeys.forWrapping(GLOBAL_DOMAIN, Date.now())
  if (!domainKey) return 'needsDomainKey'
  const secret = newSecret()
  const inside = encodeFields([secret, record])
  const token = wrap(domainKey, bindingOf(accessKeyId), inside)
  inside.fill(0)
  return [secret, token]
}

/**
 * Opens a session token for one request: the secret stays here, the signing key of one day, Region and service goes out.
 *
 * @returns the signing key and the record; `invalidSession` for whatever is no token of that access key id. One that names
 *   an unknown domain key is as invalid as any: anybody may send tokens, and looking for the key would cost too much.
 */
export function openSession(
  domainKeys: DomainKeys,
  accessKeyId: Buffer,
  token: Buffer,
  scope: SigningScope,
): readonly Buffer[] | Refusal {
  const inside = unwrap(domainKeys, { domain: GLOBAL_DOMAIN, binding: bindingOf(accessKeyId) }, token)
  if (typeof inside === 'string') return 'invalidSession'
  const [secret, record] = decodeFields(inside) ?? []
  if (!secret || !record) return 'refused'
  const answer = [deriveSigningKey(secret, scope), Buffer.from(record)]
  inside.fill(0)
  return answer
}
