import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import type { KeyPairSpec } from '../../domain/key-spec.ts'
import { IMPLEMENTATIONS } from './algorithms.ts'
import { isOneStructure } from './der.ts'

/** A key pair ready for use. */
export type KeyPair = {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** DER, SubjectPublicKeyInfo. */
  readonly spki: Buffer
}

const PKCS8 = { format: 'der', type: 'pkcs8' } as const
const SPKI = { format: 'der', type: 'spki' } as const
/** The public exponent of every RSA key. Source: KMS cryptographic details. */
const RSA_EXPONENT = 65_537

type Made = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject) => void

/** OpenSSL makes it on a thread of its own. */
function generate(keySpec: KeyPairSpec, made: Made): void {
  const implementation = IMPLEMENTATIONS[keySpec]
  if (implementation.kind === 'rsa')
    generateKeyPair('rsa', { modulusLength: implementation.bits, publicExponent: RSA_EXPONENT }, made)
  else if (implementation.kind === 'ec') generateKeyPair('ec', { namedCurve: implementation.curve.name }, made)
  else if (implementation.kind === 'ed25519') generateKeyPair('ed25519', {}, made)
  // Each type of ML-DSA is an overload of its own.
  else if (implementation.type === 'ml-dsa-44') generateKeyPair('ml-dsa-44', {}, made)
  else if (implementation.type === 'ml-dsa-65') generateKeyPair('ml-dsa-65', {}, made)
  else generateKeyPair('ml-dsa-87', {}, made)
}

/** Makes a key pair beside the event loop: finding RSA primes takes up to seconds. */
export function newKeyPair(keySpec: KeyPairSpec): Promise<KeyPair> {
  return new Promise((resolve, reject) => {
    generate(keySpec, (error, publicKey, privateKey) =>
      error ? reject(error) : resolve({ privateKey, publicKey, spki: publicKey.export(SPKI) }),
    )
  })
}

/** The private key as DER, PKCS#8 PrivateKeyInfo, to be wiped by the caller. An ML-DSA key is its seed. */
export function privateKeyBytes({ privateKey }: KeyPair): Buffer {
  return privateKey.export(PKCS8)
}

/** @returns the key pair of a private key; nothing when the bytes are no private key of that spec. */
export function openKeyPair(keySpec: KeyPairSpec, pkcs8: Buffer): KeyPair | undefined {
  const privateKey = parsed(pkcs8)
  if (!privateKey || !isOf(keySpec, privateKey)) return undefined
  const publicKey = createPublicKey(privateKey)
  return { privateKey, publicKey, spki: publicKey.export(SPKI) }
}

/** Every failure to parse means the same: these bytes are no private key. */
function parsed(pkcs8: Buffer): KeyObject | undefined {
  if (!isOneStructure(pkcs8)) return undefined
  try {
    return createPrivateKey({ key: pkcs8, ...PKCS8 })
  } catch {
    return undefined
  }
}

function isOf(keySpec: KeyPairSpec, { asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): boolean {
  const implementation = IMPLEMENTATIONS[keySpec]
  switch (implementation.kind) {
    case 'rsa':
      return (
        asymmetricKeyType === 'rsa' &&
        details?.modulusLength === implementation.bits &&
        details.publicExponent === BigInt(RSA_EXPONENT)
      )
    case 'ec':
      return asymmetricKeyType === 'ec' && details?.namedCurve === implementation.curve.name
    case 'ed25519':
      return asymmetricKeyType === 'ed25519'
    case 'ml-dsa':
      return asymmetricKeyType === implementation.type
  }
}
