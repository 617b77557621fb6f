import { HEADER_BYTES, MATERIAL_ID_BYTES, MATERIAL_ID_OFFSET, PREFIX } from '../../domain/ciphertext-header.ts'
import { PLAINTEXT_MAX_BYTES } from '../../domain/limits.ts'
import { tlv } from './der.ts'
import { IV_BYTES, TAG_BYTES } from './sealed.ts'

/** Bytes of Trent's own before the plaintext, where AWS's ciphertext has as many of unknown use: version 01, ten zeros. */
export const INNER_BYTES = 11
export const INNER_HEADER = Buffer.from('0100000000000000000000', 'hex')

export const NONCE_BYTES = 16
const MARK_OFFSET = MATERIAL_ID_OFFSET + MATERIAL_ID_BYTES
export const NONCE_OFFSET = MARK_OFFSET + 1
const LENGTH_OFFSET = NONCE_OFFSET + NONCE_BYTES

/** Bytes that the layout adds to a plaintext: DER lengths of one octet give the least, of three the most. */
const OVERHEAD = { least: 152, most: 162 } as const

/** Where everything is in a ciphertext of a given length. */
export type CiphertextLayout = {
  readonly plaintextBytes: number
  readonly totalBytes: number
  readonly ivOffset: number
  /** Where `inner header, plaintext`, encrypted, begins; the tag follows. */
  readonly sealedOffset: number
  /** Everything before `sealedOffset`, with zeros for material id, nonce and IV. */
  readonly template: Buffer
}

const OID_ENCRYPTED_DATA = Buffer.from('06092a864886f70d010706', 'hex')
const OID_DATA = Buffer.from('06092a864886f70d010701', 'hex')
const OID_AES_256_GCM = Buffer.from('060960864801650304012e', 'hex')
const INTEGER_0 = Buffer.of(0x02, 0x01, 0x00)
/** The tag's length. Source: RFC 5084, GCMParameters. */
const INTEGER_16 = Buffer.of(0x02, 0x01, 0x10)

/** CMS EncryptedData. Source: RFC 5652 section 8. */
function encryptedData(iv: Buffer, sealed: Buffer): Buffer {
  const algorithm = tlv(0x30, OID_AES_256_GCM, tlv(0x30, tlv(0x04, iv), INTEGER_16))
  const content = tlv(0x30, OID_DATA, algorithm, tlv(0x80, sealed))
  return tlv(0x30, OID_ENCRYPTED_DATA, tlv(0xa0, tlv(0x30, INTEGER_0, content)))
}

function buildLayout(plaintextBytes: number): CiphertextLayout {
  const sealedBytes = INNER_BYTES + plaintextBytes + TAG_BYTES
  const der = encryptedData(Buffer.alloc(IV_BYTES), Buffer.alloc(sealedBytes))
  const head = Buffer.alloc(HEADER_BYTES)
  head.set(PREFIX)
  head[MARK_OFFSET] = 0x01
  head.writeUInt32BE(der.length, LENGTH_OFFSET)
  const totalBytes = HEADER_BYTES + der.length
  const sealedOffset = totalBytes - sealedBytes
  const sealedHeaderBytes = tlv(0x80, Buffer.alloc(sealedBytes)).length - sealedBytes
  const ivOffset = sealedOffset - sealedHeaderBytes - INTEGER_16.length - IV_BYTES
  const template = Buffer.from(Buffer.concat([head, der]).subarray(0, sealedOffset))
  return { plaintextBytes, totalBytes, ivOffset, sealedOffset, template }
}

const byPlaintext = new Map<number, CiphertextLayout>()
const byTotal = new Map<number, CiphertextLayout>()

/** @param plaintextBytes - 1 to PLAINTEXT_MAX_BYTES. */
export function layoutFor(plaintextBytes: number): CiphertextLayout {
  const known = byPlaintext.get(plaintextBytes)
  if (known) return known
  const layout = buildLayout(plaintextBytes)
  byPlaintext.set(plaintextBytes, layout)
  byTotal.set(layout.totalBytes, layout)
  return layout
}

/** The one layout that a ciphertext of `totalBytes` can have; nothing when no plaintext gives that length. */
export function layoutOf(totalBytes: number): CiphertextLayout | undefined {
  const known = byTotal.get(totalBytes)
  if (known) return known
  const least = Math.max(1, totalBytes - OVERHEAD.most)
  const most = Math.min(PLAINTEXT_MAX_BYTES, totalBytes - OVERHEAD.least)
  for (let plaintextBytes = least; plaintextBytes <= most; plaintextBytes++)
    if (layoutFor(plaintextBytes).totalBytes === totalBytes) return layoutFor(plaintextBytes)
  return undefined
}

/**
 * Whether every byte that the layout fixes is as it must be. With it, and everything else authenticated, there is one
 * encoding of a ciphertext and no parser of ASN.1.
 */
export function hasLayout(ciphertext: Buffer, { template, ivOffset, sealedOffset }: CiphertextLayout): boolean {
  return (
    isSame(ciphertext, template, 0, MATERIAL_ID_OFFSET) &&
    isSame(ciphertext, template, MARK_OFFSET, NONCE_OFFSET) &&
    isSame(ciphertext, template, LENGTH_OFFSET, ivOffset) &&
    isSame(ciphertext, template, ivOffset + IV_BYTES, sealedOffset)
  )
}

/** Byte by byte: public bytes need no constant time, and for so few `Buffer.compare` costs ten times as much. */
function isSame(one: Buffer, other: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (one[i] !== other[i]) return false
  return true
}
