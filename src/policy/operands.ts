/** Readers of the values that condition operators compare. Each returns nothing for text that is not such a value. */

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const EPOCH_SECONDS = /^-?\d+(?:\.\d+)?$/
/** W3C profile of ISO 8601; a time without zone is UTC. A bare four-digit number is a year, not seconds. */
const ISO_8601 = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const OCTET = /^(?:0|[1-9]\d{0,2})$/
const HEXTET = /^[0-9a-fA-F]{1,4}$/
const PREFIX_LENGTH = /^\d{1,3}$/

export function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

/** @returns milliseconds since the epoch, UTC. */
export function parseDate(text: string): number | undefined {
  const iso = ISO_8601.exec(text)
  if (iso) return isoToMs(iso.slice(1))
  return EPOCH_SECONDS.test(text) ? Math.round(Number(text) * 1000) : undefined
}

function isoToMs(parts: readonly (string | undefined)[]): number | undefined {
  const [year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = parts
  if (Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // A day that the month does not have would silently become one of the next month.
  if (date.getUTCMonth() !== Number(month) - 1) return undefined
  date.setUTCHours(Number(hour), Number(minute), Number(second), Math.floor(Number(`0.${fraction}`) * 1000))
  return date.getTime() - zoneMinutes(zone) * 60_000
}

function zoneMinutes(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))
  return zone.startsWith('-') ? -minutes : minutes
}

export function parseBool(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/** @returns the bytes in one canonical spelling, so that texts compare as bytes do. */
export function parseBase64(text: string): string | undefined {
  return text.length % 4 === 0 && BASE64.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined
}

/** Bytes of an address: 4 or 16. IPv4 inside IPv6 (`::ffff:10.0.0.1`, as dual-stack sockets report peers) is IPv4. */
export type Address = readonly number[]
export type Network = { readonly address: Address; readonly prefixBits: number }

export function parseAddress(text: string): Address | undefined {
  const address = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return address && isMapped(address) ? address.slice(12) : address
}

/** `address/bits`; a bare address is a network of one. */
export function parseNetwork(text: string): Network | undefined {
  const [host = '', bits, ...rest] = text.split('/')
  const raw = host.includes(':') ? parseIpv6(host) : parseIpv4(host)
  if (raw === undefined || rest.length > 0) return undefined
  const prefixBits = bits === undefined ? raw.length * 8 : PREFIX_LENGTH.test(bits) ? Number(bits) : Number.NaN
  if (!(prefixBits <= raw.length * 8)) return undefined
  return isMapped(raw) && prefixBits >= 96
    ? { address: raw.slice(12), prefixBits: prefixBits - 96 }
    : { address: raw, prefixBits }
}

export function isInNetwork(address: Address, { address: network, prefixBits }: Network): boolean {
  if (address.length !== network.length) return false
  return address.every((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefixBits - i * 8))
    return byte >> (8 - bits) === (network[i] ?? 0) >> (8 - bits)
  })
}

function isMapped(address: Address): boolean {
  return (
    address.length === 16 &&
    address[10] === 255 &&
    address[11] === 255 &&
    address.slice(0, 10).every((byte) => byte === 0)
  )
}

function parseIpv4(text: string): Address | undefined {
  const octets = text.split('.')
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)
    ? octets.map(Number)
    : undefined
}

function parseIpv6(text: string): Address | undefined {
  const [before = '', after, ...rest] = text.split('::')
  if (rest.length > 0) return undefined
  const left = groupBytes(before, after === undefined)
  const right = after === undefined ? [] : groupBytes(after, true)
  if (left === undefined || right === undefined) return undefined
  const missing = 16 - left.length - right.length
  const isComplete = after === undefined ? missing === 0 : missing >= 2
  return isComplete ? [...left, ...new Array<number>(missing).fill(0), ...right] : undefined
}

/** Groups of one side of `::`; the very last may be an IPv4 address. */
function groupBytes(text: string, isLast: boolean): Address | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [i, group] of groups.entries()) {
    const ipv4 = isLast && i === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined
    if (ipv4) bytes.push(...ipv4)
    else if (HEXTET.test(group)) bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255)
    else return undefined
  }
  return bytes
}
