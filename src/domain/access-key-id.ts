/** Alphabet of access key ids and unique ids. Source: RFC 4648, base32. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ID = /^(?:AKIA|ASIA)[A-Z2-7]{16}$/
const PREFIX_CHARS = 4
/** Random characters; the four behind them are computed from the rest. */
const RANDOM_CHARS = 12
const CHECK_CHARS = 4

/** One character per byte: 256 is a multiple of 32, so no character is likelier than another. */
export function base32Text(randomHex: string): string {
  return [...Buffer.from(randomHex, 'hex')].map((byte) => BASE32[byte % BASE32.length]).join('')
}

/**
 * A new access key id.
 *
 * Its last four characters are a checksum, by which the emulator knows ids that a Trent has issued from made-up ones, even
 * after their deletion. It is no secret and protects nothing else.
 *
 * @param randomHex - 12 random bytes as hex.
 */
export function newAccessKeyId(prefix: 'AKIA' | 'ASIA', randomHex: string): string {
  const start = `${prefix}${base32Text(randomHex).slice(0, RANDOM_CHARS)}`
  return `${start}${checkOf(start)}`
}

/** Whether a Trent may have issued the id; of made-up ids one in a million looks so. */
export function isIssuedForm(accessKeyId: string): boolean {
  if (!ID.test(accessKeyId)) return false
  const start = accessKeyId.slice(0, PREFIX_CHARS + RANDOM_CHARS)
  return accessKeyId === `${start}${checkOf(start)}`
}

/** Twenty bits of FNV-1a over the text. Source: draft-eastlake-fnv. */
function checkOf(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`trent ${text}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  let check = ''
  for (let i = 0; i < CHECK_CHARS; i++) check += BASE32[(hash >>> (5 * i + 7)) & 31]
  return check
}
