import { constants, hash as hashOf, type KeyObject, privateEncrypt, publicDecrypt, timingSafeEqual } from 'node:crypto'
import type { KeyPair } from './key-pair.ts'
import { randomBytes } from './random.ts'

/** RSA signatures of a digest that was made elsewhere: Node pads only what it has hashed itself. */

export type RsaHash = 'sha256' | 'sha384' | 'sha512'

/** What stands before a digest in DER. Source: RFC 8017, 9.2, note 1. */
const DIGEST_INFO = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const satisfies Record<RsaHash, Buffer>

const NO_PADDING = { padding: constants.RSA_NO_PADDING } as const
const TRAILER = 0xbc

/** How a digest is encoded to the length of the modulus, and whether an encoding is one of it. Source: RFC 8017, section 9. */
export type DigestEncoding = {
  encode(hash: RsaHash, digest: Buffer, bytes: number): Buffer
  isOf(hash: RsaHash, digest: Buffer, encoded: Buffer): boolean
}

const digestOf = (hash: RsaHash, ...parts: readonly Buffer[]) => hashOf(hash, Buffer.concat(parts), 'buffer')

/** EMSA-PKCS1-v1_5: one encoding of each digest, so that comparing it whole leaves a forger no room. */
export const PKCS1: DigestEncoding = {
  encode(hash, digest, bytes) {
    const info = Buffer.concat([DIGEST_INFO[hash], digest])
    const padding = Buffer.alloc(bytes - info.length - 3, 0xff)
    return Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), info])
  },
  isOf: (hash, digest, encoded) => timingSafeEqual(encoded, PKCS1.encode(hash, digest, encoded.length)),
}

/** EMSA-PSS with a salt as long as the hash and MGF1 of the same hash; the modulus's length is a multiple of 8 bits. */
export const PSS: DigestEncoding = {
  encode: (hash, digest, bytes) => encodePss(hash, digest, randomBytes(digest.length), bytes),
  isOf(hash, digest, encoded) {
    const saltBytes = digest.length
    const hashAt = encoded.length - digest.length - 1
    const data = xor(encoded.subarray(0, hashAt), mask(hash, encoded.subarray(hashAt, -1), hashAt))
    // The first bit is cleared by the encoding: a modulus has one more bit than what it signs.
    data.writeUInt8(data.readUInt8(0) & 0x7f, 0)
    const salt = data.subarray(data.length - saltBytes)
    // Encoding anew with the salt found there checks padding, separator, hash, first bit and trailer at once.
    return timingSafeEqual(encoded, encodePss(hash, digest, salt, encoded.length))
  },
}

function encodePss(hash: RsaHash, digest: Buffer, salt: Buffer, bytes: number): Buffer {
  const hashed = digestOf(hash, Buffer.alloc(8), digest, salt)
  const dataBytes = bytes - hashed.length - 1
  const data = Buffer.concat([Buffer.alloc(dataBytes - salt.length - 1), Buffer.of(1), salt])
  const masked = xor(data, mask(hash, hashed, dataBytes))
  masked.writeUInt8(masked.readUInt8(0) & 0x7f, 0)
  return Buffer.concat([masked, hashed, Buffer.of(TRAILER)])
}

/** MGF1. Source: RFC 8017, B.2.1. */
function mask(hash: RsaHash, seed: Buffer, bytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let made = 0; made < bytes; made += blocks[0]?.length ?? bytes) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(blocks.length)
    blocks.push(digestOf(hash, seed, counter))
  }
  return Buffer.concat(blocks, bytes)
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)))
}

/** Signs `digest`. OpenSSL blinds the private operation. */
export function signRsaDigest(encoding: DigestEncoding, hash: RsaHash, digest: Buffer, pair: KeyPair): Buffer {
  const encoded = encoding.encode(hash, digest, modulusBytes(pair.publicKey))
  return privateEncrypt({ key: pair.privateKey, ...NO_PADDING }, encoded)
}

export function verifyRsaDigest(
  encoding: DigestEncoding,
  hash: RsaHash,
  digest: Buffer,
  pair: KeyPair,
  signature: Buffer,
): boolean {
  if (signature.length !== modulusBytes(pair.publicKey)) return false
  const encoded = opened(pair, signature)
  return encoded !== undefined && encoding.isOf(hash, digest, encoded)
}

/** The public operation fails for one reason alone once the length is right: the number is not below the modulus. */
function opened({ publicKey }: KeyPair, signature: Buffer): Buffer | undefined {
  try {
    return publicDecrypt({ key: publicKey, ...NO_PADDING }, signature)
  } catch {
    return undefined
  }
}

/** Of an RSA key; the length of every signature. */
export function modulusBytes(publicKey: KeyObject): number {
  return (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}
