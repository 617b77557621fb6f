const UNRESERVED = /^[A-Za-z0-9\-._~]*$/

/** The encoding of each byte: itself when unreserved, else `%XX` in upper case. Source: RFC 3986, section 2.3. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  return UNRESERVED.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** Percent-encodes a byte string. What is no byte stays as it is, and makes the canonical request no byte string either. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text
  let encoded = ''
  for (let i = 0; i < text.length; i++) encoded += ENCODED[text.charCodeAt(i)] ?? text.charAt(i)
  return encoded
}

/** Decodes each `%XX` to its byte. A `%` without two hex digits stands for itself, and so does `+`. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/**
 * What stands for the bytes of a byte string in a hash function, which encodes strings as UTF-8: the text itself when it
 * is ASCII, as nearly always, else its latin1 bytes.
 *
 * @returns nothing when a character is more than one byte: two texts would have the same bytes.
 */
export function bytesOf(text: string): string | Uint8Array | undefined {
  if (Buffer.byteLength(text) === text.length) return text
  return /[\u0100-\uffff]/.test(text) ? undefined : Buffer.from(text, 'latin1')
}
