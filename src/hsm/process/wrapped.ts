import type { Refusal } from '../wire.ts'
import { DOMAIN_KEY_ID_BYTES, type DomainKey, type DomainKeys } from './domain-keys.ts'
import { open, SEAL_BYTES, seal } from './sealed.ts'

/** Version of the layout of what a domain key wraps: `01, domain key id (16), iv (12), ciphertext, tag (16)`. */
const VERSION = 0x01
const SEALED_AT = 1 + DOMAIN_KEY_ID_BYTES

/** @param binding - what the bytes belong to; they open with the same binding only. */
export function wrap(domainKey: DomainKey, binding: Buffer, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(VERSION), Buffer.from(domainKey.id, 'hex'), seal(domainKey.key, binding, bytes)])
}

/**
 * @param domain - whose keys may have wrapped it: the binding holds no Region, the domain key does.
 * @returns the bytes, to be wiped by the caller; `unknownDomainKey`, or `unopenable` for every other failure.
 */
export function unwrap(
  domainKeys: DomainKeys,
  from: { readonly domain: string; readonly binding: Buffer },
  wrapped: Buffer,
): Buffer | Refusal {
  if (wrapped.length < SEALED_AT + SEAL_BYTES || wrapped[0] !== VERSION) return 'unopenable'
  const domainKey = domainKeys.find(wrapped.toString('hex', 1, SEALED_AT))
  if (!domainKey) return 'unknownDomainKey'
  if (domainKey.domain !== from.domain) return 'unopenable'
  return open(domainKey.key, from.binding, wrapped.subarray(SEALED_AT)) ?? 'unopenable'
}
