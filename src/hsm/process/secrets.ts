import { encodeFields, type Refusal } from '../wire.ts'
import { deriveSigningKey, type SigningScope } from './derive.ts'
import type { DomainKeys } from './domain-keys.ts'
import { randomBytes } from './random.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/secret-access-key')
/** Access keys belong to no Region, so their secrets have domain keys of their own. */
export const GLOBAL_DOMAIN = 'aws-global'
/** Characters, as many as AWS's secrets have. Six random bits each: base64 of 30 bytes, without padding. */
const SECRET_CHARACTERS = 40
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')

const bindingOf = (accessKeyId: Buffer) => encodeFields([BINDING, accessKeyId])

/** 40 ASCII characters, drawn in place, because a string on the way could not be wiped. */
export function newSecret(): Buffer {
  const secret = randomBytes(SECRET_CHARACTERS)
  for (const [i, byte] of secret.entries()) BASE64.copy(secret, i, byte & 0x3f, (byte & 0x3f) + 1)
  return secret
}

/** @returns the secret, 40 ASCII characters for its owner's eyes, and the same wrapped; `needsDomainKey`. */
export function createSecret(domainKeys: DomainKeys, accessKeyId: Buffer): readonly Buffer[] | Refusal {
  const domainKey = domainKeys.forWrapping(GLOBAL_DOMAIN, Date.now())
  if (!domainKey) return 'needsDomainKey'
  const secret = newSecret()
  return [secret, wrap(domainKey, bindingOf(accessKeyId), secret)]
}

/** @returns the signing key of `scope`; a refusal as `unwrap` gives it. The secret itself goes nowhere. */
export function signingKey(
  domainKeys: DomainKeys,
  accessKeyId: Buffer,
  wrapped: Buffer,
  scope: SigningScope,
): readonly Buffer[] | Refusal {
  const secret = unwrap(domainKeys, { domain: GLOBAL_DOMAIN, binding: bindingOf(accessKeyId) }, wrapped)
  if (typeof secret === 'string') return secret
  const key = deriveSigningKey(secret, scope)
  secret.fill(0)
  return [key]
}
