import type { KeyMaterialId } from './key.ts'

/**
 * Offsets in a symmetric ciphertext, the same outer layout as AWS's: 5 fixed bytes, 32 bytes that name the key material,
 * 1 fixed byte, 16 bytes of nonce, u32be length, DER. Layout: docs/formats.md.
 */
export const PREFIX = Uint8Array.of(0x01, 0x02, 0x02, 0x00, 0x78)
export const MATERIAL_ID_OFFSET = 5
export const MATERIAL_ID_BYTES = 32
export const HEADER_BYTES = 58

/**
 * The key material that made a symmetric ciphertext.
 *
 * @returns nothing when the bytes are not a symmetric ciphertext. Proves nothing: only opening it does.
 */
export function materialIdIn(ciphertext: Uint8Array): KeyMaterialId | undefined {
  if (ciphertext.length <= HEADER_BYTES) return undefined
  for (let i = 0; i < PREFIX.length; i++) if (ciphertext[i] !== PREFIX[i]) return undefined
  const bytes = Buffer.from(ciphertext.buffer, ciphertext.byteOffset + MATERIAL_ID_OFFSET, MATERIAL_ID_BYTES)
  return bytes.toString('hex') as KeyMaterialId
}
