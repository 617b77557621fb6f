import { createSecretKey, type KeyObject } from 'node:crypto'
import { DOMAIN_KEY_MAX_AGE_MS, DOMAIN_KEY_WRAPS_MAX, DOMAIN_KEYS_MAX } from '../../domain/limits.ts'
import { encodeFields, type Refusal } from '../wire.ts'
import { derivationInput, deriveKey } from './derive.ts'
import { randomBytes } from './random.ts'
import { open, seal } from './sealed.ts'

/** Version of the layout of a wrapped domain key: `01, iv (12), ciphertext (32), tag (16)`. */
const VERSION = 0x01
const DOMAIN_KEY_BYTES = 32
export const DOMAIN_KEY_ID_BYTES = 16
/** Names the purpose of the key derived from the root key, which itself never encrypts anything. */
const WRAPPING_LABEL = 'trent/v1/wrap-domain-key'
const BINDING = Buffer.from('trent/v1/domain-key')
/** Regions, and `aws-global` for what no Region owns. */
const DOMAIN = /^[a-z0-9-]{1,64}$/

export type DomainKey = {
  /** 32 hex digits. */
  readonly id: string
  readonly domain: string
  /** Milliseconds since the epoch, UTC. */
  readonly createdAt: number
  readonly key: KeyObject
}

/** A domain key as it is kept: `createdAt` is u64be milliseconds since the epoch. */
export type KeptDomainKey = {
  readonly domain: Buffer
  readonly id: Buffer
  readonly createdAt: Buffer
  readonly wrapped: Buffer
}

export type DomainKeys = {
  /** A new key as it is to be kept. It is not used before it is adopted, which its owner does once it is durable. */
  make(domain: string, now: number): KeptDomainKey | Refusal
  /** Opens a kept key and uses it from now on. */
  adopt(kept: KeptDomainKey): undefined | Refusal
  find(id: string): DomainKey | undefined
  /** The newest key of `domain` that may wrap once more, and counts that wrap. */
  forWrapping(domain: string, now: number): DomainKey | undefined
}

const bindingOf = ({ domain, id, createdAt }: Omit<KeptDomainKey, 'wrapped'>) =>
  encodeFields([BINDING, domain, id, createdAt])

/** The key that wraps domain keys. */
export function domainWrappingKey(rootKey: KeyObject): KeyObject {
  const bytes = deriveKey(rootKey, derivationInput(WRAPPING_LABEL, Buffer.alloc(0)))
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

function wrapNew(wrappingKey: KeyObject, unbound: Omit<KeptDomainKey, 'wrapped'>): KeptDomainKey {
  const bytes = randomBytes(DOMAIN_KEY_BYTES)
  const sealed = seal(wrappingKey, bindingOf(unbound), bytes)
  bytes.fill(0)
  return { ...unbound, wrapped: Buffer.concat([Buffer.of(VERSION), sealed]) }
}

function unwrap(wrappingKey: KeyObject, kept: KeptDomainKey): DomainKey | Refusal {
  const domain = kept.domain.toString('latin1')
  if (!DOMAIN.test(domain) || kept.id.length !== DOMAIN_KEY_ID_BYTES || kept.createdAt.length !== 8) return 'refused'
  if (kept.wrapped[0] !== VERSION) return 'wrongRootKey'
  const bytes = open(wrappingKey, bindingOf(kept), kept.wrapped.subarray(1))
  if (bytes?.length !== DOMAIN_KEY_BYTES) return 'wrongRootKey'
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { id: kept.id.toString('hex'), domain, createdAt: Number(kept.createdAt.readBigUInt64BE()), key }
}

/**
 * The domain keys of a store, opened with the root key. Each Region has its own; a new one is due when the newest is a day
 * old or has wrapped 2^31 times. The count is of this process alone, which can only be lower than that of all.
 */
export function createDomainKeys(rootKey: KeyObject): DomainKeys {
  const wrappingKey = domainWrappingKey(rootKey)
  const byId = new Map<string, DomainKey>()
  const newest = new Map<string, { readonly domainKey: DomainKey; wraps: number }>()
  return {
    make(domain, now) {
      if (!DOMAIN.test(domain)) return 'refused'
      const createdAt = Buffer.allocUnsafe(8)
      createdAt.writeBigUInt64BE(BigInt(now))
      return wrapNew(wrappingKey, { domain: Buffer.from(domain), id: randomBytes(DOMAIN_KEY_ID_BYTES), createdAt })
    },
    adopt(kept) {
      const domainKey = unwrap(wrappingKey, kept)
      if (typeof domainKey === 'string') return domainKey
      if (byId.has(domainKey.id)) return undefined
      if (byId.size >= DOMAIN_KEYS_MAX) return 'refused'
      byId.set(domainKey.id, domainKey)
      const rival = newest.get(domainKey.domain)
      if (!rival || rival.domainKey.createdAt <= domainKey.createdAt)
        newest.set(domainKey.domain, { domainKey, wraps: 0 })
      return undefined
    },
    find: (id) => byId.get(id),
    forWrapping(domain, now) {
      const entry = newest.get(domain)
      if (!entry || entry.wraps >= DOMAIN_KEY_WRAPS_MAX) return undefined
      // A clock that was set back must not prolong a key's life, so an age below zero counts as well.
      if (Math.abs(now - entry.domainKey.createdAt) >= DOMAIN_KEY_MAX_AGE_MS) return undefined
      entry.wraps += 1
      return entry.domainKey
    },
  }
}
