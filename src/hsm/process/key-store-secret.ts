import { KEY_STORE_SECRET_MAX_BYTES } from '../../domain/limits.ts'
import { encodeFields, type Refusal } from '../wire.ts'
import type { DomainKeys } from './domain-keys.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/key-store-secret')

/** A custom key store, in text as it arrives. */
export type KeyStoreName = { readonly region: Buffer; readonly account: Buffer; readonly keyStoreId: Buffer }

/** The Region is in the domain key. */
const bindingOf = ({ account, keyStoreId }: KeyStoreName) => encodeFields([BINDING, account, keyStoreId])

/** @returns the secret under the Region's domain key, for that store only; `needsDomainKey`; `refused` for a length that none has. */
export function wrapKeyStoreSecret(
  domainKeys: DomainKeys,
  keyStore: KeyStoreName,
  secret: Buffer,
): readonly Buffer[] | Refusal {
  if (secret.length === 0 || secret.length > KEY_STORE_SECRET_MAX_BYTES) return 'refused'
  const domainKey = domainKeys.forWrapping(keyStore.region.toString('latin1'), Date.now())
  return domainKey ? [wrap(domainKey, bindingOf(keyStore), secret)] : 'needsDomainKey'
}

/** @returns the secret, to be wiped by the caller; a refusal as `unwrap` gives it, so for another store's. */
export function openKeyStoreSecret(domainKeys: DomainKeys, keyStore: KeyStoreName, wrapped: Buffer): Buffer | Refusal {
  return unwrap(domainKeys, { domain: keyStore.region.toString('latin1'), binding: bindingOf(keyStore) }, wrapped)
}
