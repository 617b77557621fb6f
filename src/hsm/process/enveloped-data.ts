import { constants, createCipheriv, createHash, type KeyObject, publicEncrypt } from 'node:crypto'
import { randomBytes } from './random.ts'

/** Object identifiers, DER. Source: RFC 5652 (CMS), RFC 8017 (PKCS #1), NIST CSOR. */
const OID = {
  data: '06092a864886f70d010701',
  envelopedData: '06092a864886f70d010703',
  rsaesOaep: '06092a864886f70d010107',
  mgf1: '06092a864886f70d010108',
  sha256: '0609608648016503040201',
  aes256Cbc: '060960864801650304012a',
} as const

const KEY_BYTES = 32
const IV_BYTES = 16
const NULL = Buffer.of(0x05, 0x00)
/** CMSVersion 2: a recipient that is named by the identifier of its key. Source: RFC 5652, sections 6.1 and 6.2.1. */
const VERSION = Buffer.of(0x02, 0x01, 0x02)

const oid = (name: keyof typeof OID) => Buffer.from(OID[name], 'hex')

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes)
  return bytes < 0x100 ? Buffer.of(0x81, bytes) : Buffer.of(0x82, bytes >> 8, bytes & 0xff)
}

/** A structure of definite length, below 65,536 bytes. */
function definite(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

/** A structure of indefinite length, as BER has it: some readers of these messages, AWS's for C among them, accept no other. */
function indefinite(tag: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.of(0, 0)])
}

const SHA_256 = definite(0x30, oid('sha256'), NULL)
/** RSAES-OAEP with SHA-256, for the mask generation as well. Source: RFC 4055, section 4.1. */
const RSAES_OAEP_SHA_256 = definite(
  0x30,
  oid('rsaesOaep'),
  definite(0x30, definite(0xa0, SHA_256), definite(0xa1, definite(0x30, oid('mgf1'), SHA_256))),
)

/** SHA-1 of the public key, without its algorithm: only a name. Source: RFC 5280, section 4.2.1.2. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'pkcs1', format: 'der' }))
    .digest()
}

function recipientInfo(publicKey: KeyObject, key: Buffer): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const encryptedKey = publicEncrypt({ key: publicKey, padding, oaepHash: 'sha256' }, key)
  const named = definite(0x80, keyIdentifier(publicKey))
  return definite(0x31, definite(0x30, VERSION, named, RSAES_OAEP_SHA_256, definite(0x04, encryptedKey)))
}

/**
 * Seals `secret` for the owner of an RSA key: CMS EnvelopedData, a new AES-256 key under RSAES-OAEP with SHA-256, the content
 * under AES-256-CBC. CBC authenticates nothing, which is the format's: the recipient trusts its connection for that.
 *
 * Source: RFC 5652; the form that KMS answers with, by the parser of AWS's Nitro Enclaves SDK for C.
 */
export function envelopedData(publicKey: KeyObject, secret: Buffer): Buffer {
  const key = randomBytes(KEY_BYTES)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const content = Buffer.concat([cipher.update(secret), cipher.final()])
  const recipients = recipientInfo(publicKey, key)
  key.fill(0)
  const algorithm = definite(0x30, oid('aes256Cbc'), definite(0x04, iv))
  const encrypted = indefinite(0x30, oid('data'), algorithm, indefinite(0xa0, definite(0x04, content)))
  return indefinite(0x30, oid('envelopedData'), indefinite(0xa0, indefinite(0x30, VERSION, recipients, encrypted)))
}
