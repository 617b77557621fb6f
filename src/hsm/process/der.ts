/**
 * Whether `der` is one SEQUENCE and nothing more: OpenSSL reads a key and leaves what follows it unread.
 * Source: ITU-T X.690, 8.1.3 and 10.1.
 */
export function isOneStructure(der: Buffer): boolean {
  const [tag, length = 0] = der
  if (tag !== 0x30) return false
  if (length < 0x80) return der.length === 2 + length
  const octets = length - 0x80
  return (
    (octets === 1 || octets === 2) && der.length > 2 + octets && der.length === 2 + octets + der.readUIntBE(2, octets)
  )
}

/** DER: definite lengths in the fewest octets. Source: ITU-T X.690, 8.1.3 and 10.1. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}

export type Element = { readonly tag: number; readonly content: Buffer }

/** @returns views of the elements that fill `bytes`; nothing for other tags than of one octet, and other lengths than DER's. */
export function elementsIn(bytes: Buffer): readonly Element[] | undefined {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    if (!element) return undefined
    found.push(element)
    at += tlv(element.tag, element.content).length
  }
  return found
}

function elementAt(bytes: Buffer, at: number): Element | undefined {
  const [tag, length] = bytes.subarray(at)
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) return undefined
  const octets = length < 0x80 ? 0 : length - 0x80
  const start = at + 2 + octets
  if (octets > 2 || start > bytes.length || length === 0x80) return undefined
  const end = start + (octets === 0 ? length : bytes.readUIntBE(at + 2, octets))
  if (end > bytes.length) return undefined
  const element = { tag, content: bytes.subarray(start, end) }
  return isShortest(octets, element.content.length) ? element : undefined
}

/** A length has one form in DER: that of the fewest octets. */
function isShortest(octets: number, length: number): boolean {
  return octets === (length < 0x80 ? 0 : length < 0x100 ? 1 : 2)
}
