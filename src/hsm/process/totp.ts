import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeFields, type Refusal } from '../wire.ts'
import type { DomainKeys } from './domain-keys.ts'
import { randomBytes } from './random.ts'
import { GLOBAL_DOMAIN } from './secrets.ts'
import { unwrap, wrap } from './wrapped.ts'

const BINDING = Buffer.from('trent/v1/mfa-seed')
/** Bytes of a seed: 64 characters of base32, as many as AWS's virtual devices have. */
const SEED_BYTES = 40
const BASE32 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')
const DIGITS = 6
/** Steps that one call may try. */
const STEPS_MAX = 16

const bindingOf = (serialNumber: Buffer) => encodeFields([BINDING, serialNumber])

/** @returns the seed of a new device, 64 characters of base32 for its owner's eyes, and the same wrapped; `needsDomainKey`. */
export function createMfaSeed(domainKeys: DomainKeys, serialNumber: Buffer): readonly Buffer[] | Refusal {
  const domainKey = domainKeys.forWrapping(GLOBAL_DOMAIN, Date.now())
  if (!domainKey) return 'needsDomainKey'
  const seed = randomBytes(SEED_BYTES)
  const wrapped = wrap(domainKey, bindingOf(serialNumber), seed)
  const shown = base32(seed)
  seed.fill(0)
  return [shown, wrapped]
}

/** Eight characters for five bytes; the seed is a multiple of that long. Source: RFC 4648. */
function base32(bytes: Buffer): Buffer {
  const out = Buffer.alloc((bytes.length * 8) / 5)
  let [rest, bits, at] = [0, 0, 0]
  for (const byte of bytes) {
    rest = ((rest << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) out[at++] = BASE32[(rest >>> (bits - 5)) & 31] ?? 0
  }
  return out
}

/**
 * Looks for the step at which the device shows `code`.
 *
 * @param first - u64be, the first step that is tried; `count` - one byte, how many.
 * @returns the step as u64be; `invalidCode` when none of them has it; a refusal as `unwrap` gives it.
 */
export function verifyMfaCode(
  domainKeys: DomainKeys,
  device: { readonly serialNumber: Buffer; readonly wrapped: Buffer },
  code: Buffer,
  { first, count }: { readonly first: Buffer; readonly count: Buffer },
): readonly Buffer[] | Refusal {
  const steps = count.length === 1 ? (count[0] ?? 0) : 0
  if (first.length !== 8 || steps > STEPS_MAX || code.length !== DIGITS) return 'refused'
  const seed = unwrap(domainKeys, { domain: GLOBAL_DOMAIN, binding: bindingOf(device.serialNumber) }, device.wrapped)
  if (typeof seed === 'string') return seed
  const found = findStep(seed, code, first.readBigUInt64BE(), steps)
  seed.fill(0)
  return found ? [found] : 'invalidCode'
}

/** Every step is tried, and each comparison takes the same time: how long it takes says nothing. */
function findStep(seed: Buffer, code: Buffer, first: bigint, steps: number): Buffer | undefined {
  let found: Buffer | undefined
  for (let i = 0; i < steps; i++) {
    const step = Buffer.allocUnsafe(8)
    step.writeBigUInt64BE(first + BigInt(i))
    if (timingSafeEqual(hotp(seed, step), code)) found ??= step
  }
  return found
}

/** @returns six digits in ASCII. Source: RFC 4226, section 5.3; RFC 6238 counts steps of 30 seconds. */
export function hotp(seed: Buffer, step: Buffer): Buffer {
  const mac = createHmac('sha1', seed).update(step).digest()
  const offset = (mac[19] ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return Buffer.from(String(number % 10 ** DIGITS).padStart(DIGITS, '0'))
}
