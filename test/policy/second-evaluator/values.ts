/** What the texts of policies and requests mean to the operators; `undefined` for what they do not understand. */

export function numberOf(text: string): number | undefined {
  return /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined
}

const W3C_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:\d{2}))?$/

/** Milliseconds since the epoch, from a date or from seconds. */
export function instantOf(text: string): number | undefined {
  if (/^-?\d{5,}(\.\d+)?$/.test(text)) return Number(text) * 1_000
  const instant = W3C_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}

export function truthOf(text: string): boolean | undefined {
  return { true: true, false: false }[text.toLowerCase()]
}

export function bytesOf(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes.toString('hex') : undefined
}

type Address = { readonly bits: number; readonly value: bigint }

function groups(text: string): readonly bigint[] {
  return text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`))
}

function addressOf(text: string): Address | undefined {
  if (/^\d+(\.\d+){3}$/.test(text))
    return { bits: 32, value: text.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) }
  if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(':')) return undefined
  const [left = '', right] = text.split('::')
  const [head, tail] = [groups(left), groups(right ?? '')]
  const between = Array<bigint>(8 - head.length - tail.length).fill(0n)
  return { bits: 128, value: [...head, ...between, ...tail].reduce((sum, group) => sum * 65_536n + group, 0n) }
}

/** Whether the address is in the network, or is the address that is given instead of one. */
export function isInside(network: string, address: string): boolean {
  const [base = '', length] = network.split('/')
  const [from, to] = [addressOf(base), addressOf(address)]
  if (from === undefined || to === undefined || from.bits !== to.bits) return false
  const rest = BigInt(from.bits - Number(length ?? from.bits))
  return from.value >> rest === to.value >> rest
}
