import { error, type ServiceError } from './error.ts'
import { ENCRYPTION_CONTEXT_MAX_BYTES } from './limits.ts'

/** Key-value pairs that an encryption is bound to. Order is irrelevant; keys and values compare exactly. */
export type EncryptionContext = ReadonlyMap<string, string>

export const EMPTY_CONTEXT: EncryptionContext = new Map()
const EMPTY_ENCODING = new Uint8Array(2)

/**
 * The context as bytes for the cipher's additional data: `u16be count`, then for each pair in byte order of the key
 * `u16be length, key, u16be length, value`. Lengths come first because joined strings let {a:"bc"} pass for {ab:"c"}.
 *
 * @returns `ValidationException` when the pairs exceed the limit or hold lone surrogates, which UTF-8 cannot carry.
 */
export function encodeContext(context: EncryptionContext): Uint8Array | ServiceError {
  if (context.size === 0) return EMPTY_ENCODING
  const pairs: Array<readonly [string, string]> = []
  let bytes = 0
  for (const pair of context) {
    const [key, value] = pair
    if (!key.isWellFormed() || !value.isWellFormed())
      return error('ValidationException', 'EncryptionContext must be valid Unicode text.')
    pairs.push(pair)
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (bytes > ENCRYPTION_CONTEXT_MAX_BYTES)
    return error(
      'ValidationException',
      `EncryptionContext must not be larger than ${ENCRYPTION_CONTEXT_MAX_BYTES} bytes.`,
    )
  if (pairs.length > 1) pairs.sort(byBytesOfKey)
  return writePairs(pairs, 2 + 4 * pairs.length + bytes)
}

/** By UTF-8 bytes, not by UTF-16 code units as sort() alone would: other implementations must find the same order. */
function byBytesOfKey([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return isAscii(one) && isAscii(other) ? (one < other ? -1 : 1) : Buffer.compare(Buffer.from(one), Buffer.from(other))
}

const isAscii = (text: string) => Buffer.byteLength(text) === text.length

function writePairs(pairs: ReadonlyArray<readonly [string, string]>, bytes: number): Uint8Array {
  const out = Buffer.allocUnsafe(bytes)
  let at = out.writeUInt16BE(pairs.length, 0)
  for (const pair of pairs)
    for (const part of pair) {
      const length = out.write(part, at + 2)
      out.writeUInt16BE(length, at)
      at += 2 + length
    }
  return out
}
