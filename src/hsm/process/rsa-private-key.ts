import { checkPrime } from 'node:crypto'
import { elementsIn } from './der.ts'

const INTEGER = 0x02
/** Version of a key of two primes. Source: RFC 8017, A.1.2. */
const TWO_PRIMES = 0n
/** Numbers of a key of two primes: version, n, e, d, p, q, d mod p - 1, d mod q - 1, inverse of q. */
const NUMBERS = 9

/** Without a text on the way, which could not be wiped and would outlast the number. */
function unsigned(bytes: Buffer): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

/** Beside the event loop: proving a prime of 2048 bits takes about half a second. */
function isPrime(candidate: bigint): Promise<boolean> {
  return new Promise((resolve, reject) =>
    checkPrime(candidate, (error, result) => (error ? reject(error) : resolve(result))),
  )
}

function numbersOf(privateKey: Buffer): readonly bigint[] | undefined {
  const [outer] = elementsIn(privateKey) ?? []
  const elements = outer && elementsIn(outer.content)
  const isPlain =
    elements?.length === NUMBERS && elements.every(({ tag, content }) => tag === INTEGER && isNatural(content))
  return isPlain ? elements.map(({ content }) => unsigned(content)) : undefined
}

const isNatural = ([first = 0x80]: Buffer) => first < 0x80

/**
 * Whether the numbers of an RSA private key belong together and its two primes are primes. OpenSSL checks neither when it
 * reads a key: a wrong one would answer wrongly, or give its primes away.
 *
 * @param privateKey - DER, RSAPrivateKey.
 * Sources: RFC 8017, 3.2 and A.1.2; NIST SP 800-56B, 6.4.1.2.
 */
export async function isSoundRsaKey(privateKey: Buffer | undefined): Promise<boolean> {
  const numbers = privateKey && numbersOf(privateKey)
  if (!numbers) return false
  const [version, n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp, dq, inverse = 0n] = numbers
  if (version !== TWO_PRIMES || p < 3n || q < 3n || p === q || p * q !== n) return false
  const [p1, q1] = [p - 1n, q - 1n]
  const belong = d < n && (e * d) % p1 === 1n && (e * d) % q1 === 1n && dp === d % p1 && dq === d % q1
  return belong && (inverse * q) % p === 1n && (await isPrime(p)) && isPrime(q)
}
