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
  const pairs: Array<readonly [Buffer, Buffer]> = []
  let bytes = 2
  for (const [key, value] of context) {
    if (!key.isWellFormed() || !value.isWellFormed())
      return error('ValidationException', 'EncryptionContext must be valid Unicode text.')
    const pair = [Buffer.from(key), Buffer.from(value)] as const
    pairs.push(pair)
    bytes += 4 + pair[0].length + pair[1].length
  }
  if (bytes > ENCRYPTION_CONTEXT_MAX_BYTES + 2 + 4 * context.size)
    return error(
      'ValidationException',
      `EncryptionContext must not be larger than ${ENCRYPTION_CONTEXT_MAX_BYTES} bytes.`,
    )
  // By UTF-8 bytes, not by UTF-16 code units as sort() alone would: other implementations must find the same order.
  if (pairs.length > 1) pairs.sort((a, b) => Buffer.compare(a[0], b[0]))
  return writePairs(pairs, bytes)
}

function writePairs(pairs: ReadonlyArray<readonly [Buffer, Buffer]>, bytes: number): Uint8Array {
  const out = Buffer.allocUnsafe(bytes)
  let at = out.writeUInt16BE(pairs.length, 0)
  for (const pair of pairs)
    for (const part of pair) {
      at = out.writeUInt16BE(part.length, at)
      at += part.copy(out, at)
    }
  return out
}
