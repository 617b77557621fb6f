import { createPublicKey, type KeyObject } from 'node:crypto'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { isOneStructure } from './der.ts'
import { agree } from './ecdsa-digest.ts'
import type { KeyPairMaterial } from './material.ts'

/**
 * The secret that `material` shares with the owner of `peer`: the coordinate x, as long as the curve's coordinates.
 *
 * @param peer - DER, SubjectPublicKeyInfo.
 * @returns nothing when that is no public key on the same curve.
 */
export async function sharedSecret(material: KeyPairMaterial, peer: Buffer): Promise<Buffer | undefined> {
  const implementation = IMPLEMENTATIONS[material.keySpec]
  if (implementation.kind !== 'ec') return undefined
  const publicKey = parsed(peer)
  const isOnCurve = publicKey?.asymmetricKeyDetails?.namedCurve === implementation.curve.name
  return publicKey && isOnCurve ? agree(implementation.isSlow, material.privateKey, publicKey) : undefined
}

/** OpenSSL refuses a point that is not on its curve, but not what follows the key. */
function parsed(der: Buffer): KeyObject | undefined {
  if (!isOneStructure(der)) return undefined
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
