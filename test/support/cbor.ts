/** What the encoder writes; its own code, so that the decoder is not tested with itself. */
export type Encodable =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<number | string, Encodable>

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.of((major << 5) | value)
  if (value < 0x100) return Buffer.of((major << 5) | 24, value)
  const bytes = Buffer.alloc(value < 0x10000 ? 3 : value < 0x1_0000_0000 ? 5 : 9)
  if (bytes.length === 3) bytes.writeUInt16BE(value, 1)
  else if (bytes.length === 5) bytes.writeUInt32BE(value, 1)
  else bytes.writeBigUInt64BE(BigInt(value), 1)
  bytes[0] = (major << 5) | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27)
  return bytes
}

/** CBOR in its shortest form. */
export function encodeCbor(value: Encodable): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4)
  if (value === null) return Buffer.of(0xf6)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [encodeCbor(k), encodeCbor(v)])])
  const items = [...(value as readonly Encodable[])]
  return Buffer.concat([head(4, items.length), ...items.map(encodeCbor)])
}
