import { hash } from 'node:crypto'

/** Hex digits of a fingerprint: as many as CloudTrail's. It only names a key, so the beginning of a SHA-256 serves. */
const LENGTH = 32

/** What digests call a public key. @param publicKey - DER, PKCS#1. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return hash('sha256', publicKey, 'hex').slice(0, LENGTH)
}
