import type { Refusal } from '../wire.ts'
import { beside } from './beside.ts'
import type { Boundary } from './boundary.ts'
import { decrypt, encrypt } from './envelope.ts'
import { isKeyPair, type KeyPairMaterial, type SecretMaterial } from './material.ts'
import { decryptRsa, encryptRsa, type RsaCipher, rsaCipher } from './rsa-cipher.ts'

/**
 * Encryption under whatever kind of key a field holds. A symmetric key takes additional data, an RSA key the name of its
 * algorithm in the same place.
 */
export type Bytes = Buffer | Refusal

/** The material of `field` if it is a symmetric encryption key. */
export function envelopeOf(boundary: Boundary, field: Buffer): SecretMaterial | Refusal {
  const material = boundary.material(field)
  if (typeof material === 'string') return material
  return isKeyPair(material) || material.keySpec !== 'SYMMETRIC_DEFAULT' ? 'refused' : material
}

function rsaOf(material: KeyPairMaterial, manner: Buffer): RsaCipher | Refusal {
  return rsaCipher(material, manner.toString('latin1')) ?? 'refused'
}

/** @returns the ciphertext; a refusal as `boundary.material` or the cipher gives it. */
export function encryptUnder(
  boundary: Boundary,
  field: Buffer,
  plaintext: Buffer,
  manner: Buffer,
): Bytes | Promise<Bytes> {
  const material = boundary.material(field)
  if (typeof material === 'string') return material
  if (!isKeyPair(material))
    return material.keySpec === 'SYMMETRIC_DEFAULT' ? encrypt(material, plaintext, manner) : 'refused'
  const cipher = rsaOf(material, manner)
  if (typeof cipher === 'string') return cipher
  const copy = Buffer.from(plaintext)
  return beside(boundary, material.keySpec, () => encryptRsa(cipher, copy)).finally(() => copy.fill(0))
}

/** @returns the plaintext, to be wiped by the caller; `invalidCiphertext` and never why. */
export function decryptUnder(
  boundary: Boundary,
  field: Buffer,
  ciphertext: Buffer,
  manner: Buffer,
): Bytes | Promise<Bytes> {
  const material = boundary.material(field)
  if (typeof material === 'string') return material
  if (!isKeyPair(material))
    return material.keySpec === 'SYMMETRIC_DEFAULT' ? decrypt(material, ciphertext, manner) : 'refused'
  const cipher = rsaOf(material, manner)
  if (typeof cipher === 'string') return cipher
  const copy = Buffer.from(ciphertext)
  return beside(boundary, material.keySpec, () => decryptRsa(cipher, copy))
}

/** The plaintext stays here, and is wiped. */
export function encryptAnew(
  boundary: Boundary,
  plaintext: Bytes,
  to: { readonly field: Buffer; readonly manner: Buffer },
): Bytes | Promise<Bytes> {
  if (typeof plaintext === 'string') return plaintext
  const again = encryptUnder(boundary, to.field, plaintext, to.manner)
  plaintext.fill(0)
  return again
}
