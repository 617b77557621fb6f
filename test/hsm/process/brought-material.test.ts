import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { readBrought } from '../../../src/hsm/process/brought-material.ts'
import { elementsIn, tlv } from '../../../src/hsm/process/der.ts'

const PKCS8 = { format: 'der', type: 'pkcs8' } as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const RSA_DER = rsa.privateKey.export(PKCS8)

/** The numbers of an RSA private key: version, n, e, d, p, q, d mod p - 1, d mod q - 1, inverse of q. */
const NUMBERS = { version: 0, n: 1, e: 2, d: 3, p: 4, q: 5, dp: 6, dq: 7, inverse: 8 } as const

function insideOf(bytes: Buffer) {
  const [outer] = elementsIn(bytes) ?? []
  return elementsIn(outer?.content ?? Buffer.alloc(0)) ?? []
}
const [version, algorithm, wrapped] = insideOf(RSA_DER)
const numbers = insideOf(wrapped?.content ?? Buffer.alloc(0)).map(({ content }) => content)

function rsaKey(changed: readonly Buffer[]): Buffer {
  const key = tlv(0x30, ...changed.map((content) => tlv(0x02, content)))
  const head = [version, algorithm].map((element) => tlv(element?.tag ?? 0, element?.content ?? Buffer.alloc(0)))
  return tlv(0x30, ...head, tlv(0x04, key))
}
const toInteger = (value: bigint) => {
  const hex = value.toString(16)
  return Buffer.from(`00${hex.length % 2 ? '0' : ''}${hex}`, 'hex')
}
const numberOf = (name: keyof typeof NUMBERS) => BigInt(`0x${numbers[NUMBERS[name]]?.toString('hex')}`)
const withNumbers = (over: Partial<Record<keyof typeof NUMBERS, bigint>>) =>
  rsaKey(
    Object.entries(NUMBERS).map(([name, index]) => {
      const value = Object.entries(over).find(([changed]) => changed === name)?.[1]
      return value === undefined ? (numbers[index] ?? Buffer.alloc(0)) : toInteger(value)
    }),
  )

test('an RSA key put together again is the same key', async () => {
  assert.deepEqual(rsaKey(numbers), RSA_DER)
  const read = await readBrought('RSA_2048', RSA_DER)
  assert.deepEqual(read?.publicKey, [rsa.publicKey.export({ format: 'der', type: 'spki' })])
  assert.deepEqual(read?.bytes, RSA_DER)
})

test('an RSA key with its primes exchanged is the same key', async () => {
  const [p, q] = [numberOf('p'), numberOf('q')]
  const exchanged = { p: q, q: p, dp: numberOf('dq'), dq: numberOf('dp'), inverse: inverseOf(p, q) }
  const [one, other] = [await readBrought('RSA_2048', RSA_DER), await readBrought('RSA_2048', withNumbers(exchanged))]
  assert.ok(one && other)
  assert.deepEqual(one.identity, other.identity)
})

/** The inverse of `value` modulo `modulus`, by Euclid; nothing when they have a common divisor. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [modulus, value % modulus, 0n, 1n]
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y]
  assert.equal(a, 1n)
  return ((x % modulus) + modulus) % modulus
}

/** Keys that OpenSSL reads, and that nevertheless are none. */
const UNSOUND: ReadonlyArray<readonly [string, Partial<Record<keyof typeof NUMBERS, bigint>>]> = [
  ['another private exponent', { d: numberOf('d') + 2n }],
  ['a private exponent of zero', { d: 0n }],
  ['another first prime', { p: numberOf('p') + 2n }],
  ['one prime twice', { q: numberOf('p') }],
  ['primes of one and the modulus', { p: 1n, q: numberOf('n') }],
  ['another first exponent', { dp: numberOf('dp') + 1n }],
  ['another second exponent', { dq: numberOf('dq') + 1n }],
  ['another inverse', { inverse: numberOf('inverse') + 1n }],
  ['an inverse of zero', { inverse: 0n }],
  ['the version of more primes', { version: 1n }],
  ['another public exponent', { e: 3n }],
]
for (const [what, over] of UNSOUND)
  test(`an RSA key with ${what} is refused`, async () => {
    assert.equal(await readBrought('RSA_2048', withNumbers(over)), undefined)
  })

test('an RSA key whose numbers agree but whose factors are no primes is refused', async () => {
  const [p, q] = [compositeFor(numberOf('q')), numberOf('q')]
  const e = numberOf('e')
  const d = inverseOf(e, (p - 1n) * (q - 1n))
  const key = { p, n: p * q, d, dp: d % (p - 1n), dq: d % (q - 1n), inverse: inverseOf(q, p) }
  const der = withNumbers(key)
  // OpenSSL itself takes it.
  assert.equal(createPrivateKey({ key: der, ...PKCS8 }).asymmetricKeyDetails?.modulusLength, 2048)
  assert.equal(await readBrought('RSA_2048', der), undefined)
})

/** A product of two primes of 512 bits that makes a modulus of 2048 bits with `q` and an exponent of the usual `e`. */
function compositeFor(q: bigint): bigint {
  for (;;) {
    const key = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })
    const p = BigInt(`0x${Buffer.from(key.n ?? '', 'base64url').toString('hex')}`)
    if ((p * q).toString(2).length === 2048 && (p - 1n) % 65_537n !== 0n) return p
  }
}

const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const CURVE_DER = curve.privateKey.export(PKCS8)

test('a curve key with the public key of another is refused', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({
    format: 'der',
    type: 'spki',
  })
  const swapped = Buffer.concat([CURVE_DER.subarray(0, -64), other.subarray(-64)])
  // OpenSSL itself takes it.
  assert.ok(createPrivateKey({ key: swapped, ...PKCS8 }))
  assert.equal(await readBrought('ECC_NIST_P256', swapped), undefined)
  assert.ok(await readBrought('ECC_NIST_P256', CURVE_DER))
})

test('a curve key of no scalar, or of one as great as the order, is refused', async () => {
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const scalarAt = CURVE_DER.indexOf(Buffer.from('02010104', 'hex')) + 5
  for (const scalar of [Buffer.alloc(32), Buffer.from(order, 'hex'), Buffer.alloc(32, 0xff)]) {
    const changed = Buffer.from(CURVE_DER)
    scalar.copy(changed, scalarAt)
    assert.equal(await readBrought('ECC_NIST_P256', changed), undefined)
  }
})

test('ML-DSA and SM2 are not imported', async () => {
  const mlDsa = generateKeyPairSync('ml-dsa-44').privateKey.export(PKCS8)
  assert.equal(await readBrought('ML_DSA_44', mlDsa), undefined)
  assert.equal(await readBrought('SM2', CURVE_DER), undefined)
})

test('any changed byte of a curve key gives another key or none, and never a fault', async () => {
  const own = await readBrought('ECC_NIST_P256', CURVE_DER)
  await fc.assert(
    fc.asyncProperty(fc.nat(CURVE_DER.length - 1), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const changed = Buffer.from(CURVE_DER)
      changed[at] = (changed[at] ?? 0) ^ bits
      const read = await readBrought('ECC_NIST_P256', changed)
      if (read) assert.deepEqual(read.identity, own?.identity)
    }),
    { numRuns: 300 },
  )
})

test('random bytes are no private key, and never a fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      assert.equal(await readBrought('RSA_2048', Buffer.from(bytes)), undefined)
      assert.equal(await readBrought('ECC_NIST_EDWARDS25519', Buffer.from(bytes)), undefined)
    }),
  )
})

test('elements of DER are read as they were written, and nothing else is read', () => {
  const content = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0x02, 0x04, 0x30, 0xa1), content), { maxLength: 4 }), (wanted) => {
      const bytes = Buffer.concat(wanted.map(([tag, of]) => tlv(tag, of)))
      const read = elementsIn(bytes)?.map(({ tag, content: of }) => [tag, of])
      assert.deepEqual(read, wanted)
      if (bytes.length > 0) assert.equal(elementsIn(bytes.subarray(0, -1)), undefined)
    }),
  )
  // A long form where the short one would do, an indefinite length, a tag of several octets.
  for (const hex of ['04810100', '0480000000', '1f0100', '0483000001ff', '04', '0482'])
    assert.equal(elementsIn(Buffer.from(hex, 'hex')), undefined, hex)
})

test('what is kept of a curve key opens to the public key that it is told with', async () => {
  const read = await readBrought('ECC_NIST_P256', CURVE_DER)
  const key = createPublicKey(createPrivateKey({ key: read?.bytes ?? Buffer.alloc(0), ...PKCS8 }))
  assert.deepEqual([key.export({ format: 'der', type: 'spki' })], read?.publicKey)
})

test('random material is its own identity', async () => {
  const bytes = randomBytes(32)
  const read = await readBrought('SYMMETRIC_DEFAULT', bytes)
  assert.deepEqual([read?.bytes, read?.identity, read?.publicKey], [bytes, bytes, []])
})
