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
