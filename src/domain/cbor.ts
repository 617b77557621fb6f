import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX } from './limits.ts'

/** What a document of CBOR may hold here. */
export type Cbor = number | string | boolean | null | Uint8Array | CborArray | CborMap
export type CborArray = readonly Cbor[]
export type CborMap = ReadonlyMap<number | string, Cbor>

/** Source: RFC 8949, section 3.1. */
const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const
const SIMPLE: ReadonlyMap<number, boolean | null> = new Map([
  [20, false],
  [21, true],
  [22, null],
])
/** Values of the five low bits of an initial byte from which on the argument follows in 1, 2, 4 or 8 bytes. */
const ARGUMENT_FOLLOWS = 24
const ARGUMENT_BYTES = [1, 2, 4, 8] as const

/** Ends the reading of a malformed document; never leaves this file. */
const MALFORMED = Symbol('malformed')
type Malformed = typeof MALFORMED

type Reader = { readonly bytes: Uint8Array; readonly view: DataView; at: number; items: number }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads one item of CBOR that fills `bytes`.
 *
 * Strict, so that a document has one meaning: definite lengths in their shortest form, integers that a number holds exactly,
 * valid UTF-8, keys that are integers or texts and stand once. No tags and no floating point numbers.
 *
 * @returns nothing for anything else, and for what is nested too deep or has too many items. Byte strings are views.
 * Source: RFC 8949.
 */
export function decodeCbor(bytes: Uint8Array): Cbor | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const reader: Reader = { bytes, view, at: 0, items: 0 }
  const item = readItem(reader, 0)
  return item === MALFORMED || reader.at !== bytes.length ? undefined : item
}

/** The argument of an initial byte; malformed when it is not in its shortest form or above what a number holds. */
function readArgument(reader: Reader, low: number): number | Malformed {
  if (low < ARGUMENT_FOLLOWS) return low
  const width = ARGUMENT_BYTES[low - ARGUMENT_FOLLOWS]
  if (width === undefined || reader.at + width > reader.bytes.length) return MALFORMED
  const { view, at } = reader
  reader.at += width
  switch (width) {
    case 1:
      return shortest(view.getUint8(at), ARGUMENT_FOLLOWS)
    case 2:
      return shortest(view.getUint16(at), 2 ** 8)
    case 4:
      return shortest(view.getUint32(at), 2 ** 16)
    default:
      return shortest(Number(view.getBigUint64(at)), 2 ** 32)
  }
}

const shortest = (value: number, min: number): number | Malformed =>
  value >= min && value <= Number.MAX_SAFE_INTEGER ? value : MALFORMED

function readItem(reader: Reader, depth: number): Cbor | Malformed {
  reader.items += 1
  const initial = reader.bytes[reader.at]
  if (initial === undefined || depth > CBOR_DEPTH_MAX || reader.items > CBOR_ITEMS_MAX) return MALFORMED
  reader.at += 1
  const major = initial >> 5
  const argument = readArgument(reader, initial & 0x1f)
  if (argument === MALFORMED) return MALFORMED
  switch (major) {
    case MAJOR.unsigned:
      return argument
    case MAJOR.negative:
      return -1 - argument
    case MAJOR.bytes:
      return readBytes(reader, argument)
    case MAJOR.text:
      return readText(reader, argument)
    case MAJOR.array:
      return readArray(reader, argument, depth + 1)
    case MAJOR.map:
      return readMap(reader, argument, depth + 1)
    case MAJOR.simple:
      return SIMPLE.get(argument) ?? (argument === 22 ? null : MALFORMED)
    default:
      return MALFORMED
  }
}

function readBytes(reader: Reader, length: number): Uint8Array | Malformed {
  if (length > reader.bytes.length - reader.at) return MALFORMED
  reader.at += length
  return reader.bytes.subarray(reader.at - length, reader.at)
}

function readText(reader: Reader, length: number): string | Malformed {
  const bytes = readBytes(reader, length)
  if (bytes === MALFORMED) return MALFORMED
  try {
    return decoder.decode(bytes)
  } catch {
    // Not UTF-8: the one thing that a fatal decoder throws for.
    return MALFORMED
  }
}

/** Ends soon whatever length is claimed: there are no more items than bytes, and not more than the limit. */
function readArray(reader: Reader, length: number, depth: number): CborArray | Malformed {
  const items: Cbor[] = []
  for (let i = 0; i < length; i += 1) {
    const item = readItem(reader, depth)
    if (item === MALFORMED) return MALFORMED
    items.push(item)
  }
  return items
}

function readMap(reader: Reader, length: number, depth: number): CborMap | Malformed {
  const map = new Map<number | string, Cbor>()
  for (let i = 0; i < length; i += 1) {
    const key = readItem(reader, depth)
    if ((typeof key !== 'number' && typeof key !== 'string') || map.has(key)) return MALFORMED
    const value = readItem(reader, depth)
    if (value === MALFORMED) return MALFORMED
    map.set(key, value)
  }
  return map
}
