import { failure, thrown } from '../failure.ts'

/** Bytes in a line of 76 characters. Source: RFC 2045, section 6.8. */
const LINE_BYTES = 57
const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/
const SPACE = /\s+/g
const damaged = () => thrown(failure('the input looks like base64 and is not: it was cut or changed'))

/** Whether these bytes, the first of an input, are base64: no binary ciphertext begins with so many such characters. */
export function looksLikeBase64(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1').replace(SPACE, '')
  return text.length > 0 && ALPHABET.test(text)
}

/** Base64 in lines of 76 characters. */
export async function* toBase64(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let kept = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([kept, chunk])
    const whole = bytes.length - (bytes.length % LINE_BYTES)
    kept = bytes.subarray(whole)
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole).replace(/.{76}/g, '$&\n'), 'latin1')
  }
  if (kept.length > 0) yield Buffer.from(`${kept.toString('base64')}\n`, 'latin1')
}

/** The bytes of base64 in lines of any length. Throws a failure when it is not base64. */
export async function* fromBase64(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let kept = ''
  let isPadded = false
  for await (const chunk of chunks) {
    const added = chunk.toString('latin1').replace(SPACE, '')
    const text = kept + added
    // Padding ends the text: nothing follows the group that it fills.
    if ((isPadded && kept === '' && added !== '') || !ALPHABET.test(text)) throw damaged()
    isPadded ||= text.endsWith('=')
    const whole = text.length - (text.length % 4)
    kept = text.slice(whole)
    yield Buffer.from(text.slice(0, whole), 'base64')
  }
  if (kept !== '') throw damaged()
}
