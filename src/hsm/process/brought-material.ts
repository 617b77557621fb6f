import { isKeyPairSpec, isRandomKeySpec, type KeyPairSpec, type KeySpec } from '../../domain/key-spec.ts'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { elementsIn, isOneStructure } from './der.ts'
import { canonicalCurveKey } from './ec-private-key.ts'
import { type KeyPair, openKeyPair, privateKeyBytes } from './key-pair.ts'
import { fits } from './material.ts'
import { isSoundRsaKey } from './rsa-private-key.ts'

/** Material that its owner brought and that is fit for its key. */
export type BroughtMaterial = {
  /** What is kept; to be wiped by the caller. */
  readonly bytes: Buffer
  /** What the same material always has in common, however it was encoded. */
  readonly identity: Buffer
  /** Of key pairs: DER, SubjectPublicKeyInfo. */
  readonly publicKey: readonly Buffer[]
}

/**
 * Checks what was unwrapped against the key's spec: its length, or for private keys their form, their curve or modulus, and
 * that all their numbers belong together.
 *
 * @returns nothing when it is not material of that spec.
 * Source: KMS developer guide, requirements for imported key material.
 */
export async function readBrought(keySpec: KeySpec, given: Buffer): Promise<BroughtMaterial | undefined> {
  if (isRandomKeySpec(keySpec)) {
    return fits(keySpec, given) ? { bytes: Buffer.from(given), identity: given, publicKey: [] } : undefined
  }
  const pair = isKeyPairSpec(keySpec) ? await readPair(keySpec, given) : undefined
  // The public key has one encoding and determines the private key; a private key has several.
  return pair && { bytes: privateKeyBytes(pair), identity: pair.spki, publicKey: [pair.spki] }
}

async function readPair(keySpec: KeyPairSpec, pkcs8: Buffer): Promise<KeyPair | undefined> {
  if (!isOneStructure(pkcs8)) return undefined
  const pair = openKeyPair(keySpec, pkcs8)
  if (!pair) return undefined
  const implementation = IMPLEMENTATIONS[keySpec]
  switch (implementation.kind) {
    case 'rsa':
      return (await isSoundRsaKey(privateKeyOf(pkcs8))) ? pair : undefined
    case 'ec':
      return canonicalCurveKey(keySpec, implementation.curve, pkcs8, pair)
    case 'ed25519':
      return pair
    case 'ml-dsa':
      return undefined
  }
}

/** The algorithm's own structure inside of PrivateKeyInfo. Source: RFC 5208, 5. */
function privateKeyOf(pkcs8: Buffer): Buffer | undefined {
  const [outer] = elementsIn(pkcs8) ?? []
  return outer && elementsIn(outer.content)?.[2]?.content
}
