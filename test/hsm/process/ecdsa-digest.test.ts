import assert from 'node:assert/strict'
import { hash, randomBytes, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { DER } from '@noble/curves/abstract/der.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { IMPLEMENTATIONS } from '../../../src/hsm/process/algorithms.ts'
import { signEcdsaDigest, verifyEcdsaDigest } from '../../../src/hsm/process/ecdsa-digest.ts'
import { newKeyPair } from '../../../src/hsm/process/key-pair.ts'

const PEERS = { ECC_NIST_P256: p256, ECC_NIST_P384: p384, ECC_NIST_P521: p521, ECC_SECG_P256K1: secp256k1 } as const
const DIGEST = { prehash: false, lowS: false, format: 'der' } as const

for (const spec of ['ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'] as const) {
  const { curve, hash: name, isSlow } = IMPLEMENTATIONS[spec]
  const peer = PEERS[spec]
  const pair = await newKeyPair(spec)
  const key = { pair, curve, isSlow }
  const point = pair.spki.subarray(-(1 + 2 * curve.bytes))
  const message = randomBytes(100)
  const digest = hash(name, message, 'buffer')
  const signature = await signEcdsaDigest(key, digest)
  const parts = DER.toSig(signature)
  const encoded = (r: bigint, s: bigint) => Buffer.from(DER.hexFromSig({ r, s }), 'hex')
  const isValid = (claimed: Uint8Array, of: Buffer = digest) => verifyEcdsaDigest(key, of, Buffer.from(claimed))

  test(`${spec}: the order is that of another implementation`, () => {
    assert.equal(curve.order, peer.Point.Fn.ORDER)
  })

  test(`${spec}: what signs a digest verifies as the message elsewhere, and the other way round`, async () => {
    assert.ok(verify(name, message, pair.publicKey, signature))
    assert.ok(peer.verify(signature, digest, point, DIGEST))
    assert.ok(await isValid(sign(name, message, pair.privateKey)))
    const scalar = pair.privateKey.export({ format: 'der', type: 'sec1' })
    const at = scalar.readUInt8(1) < 0x80 ? 7 : 8
    assert.ok(await isValid(peer.sign(digest, scalar.subarray(at, at + curve.bytes), DIGEST)))
  })

  const special = [
    ['nothing but zeros', Buffer.alloc(digest.length)],
    ['nothing but ones', Buffer.alloc(digest.length, 0xff)],
    ['one', Buffer.concat([Buffer.alloc(digest.length - 1), Buffer.of(1)])],
    ...numbersNear(curve.order, digest.length),
  ] as const
  for (const [what, bytes] of special)
    test(`${spec}: a digest of ${what} is signed, and verifies elsewhere`, async () => {
      const made = await signEcdsaDigest(key, bytes)
      assert.ok(peer.verify(made, bytes, point, DIGEST))
      assert.ok(await isValid(made, bytes))
      assert.equal(await isValid(made), false)
    })

  test(`${spec}: two signatures of one digest differ, and the higher s occurs as often as the lower`, async () => {
    const made = await Promise.all(Array.from({ length: 24 }, () => signEcdsaDigest(key, digest)))
    const all = made.map((bytes) => DER.toSig(bytes))
    assert.equal(new Set(all.map(({ r }) => r)).size, all.length)
    const high = all.filter(({ s }) => s > curve.order / 2n).length
    // By chance alone outside once in eight million runs.
    assert.ok(high > 0 && high < all.length, `${high} of ${all.length}`)
  })

  test(`${spec}: -s is as valid as s, which is how ECDSA is`, async () => {
    assert.ok(await isValid(encoded(parts.r, curve.order - parts.s)))
  })

  const n = curve.order
  const forged: ReadonlyArray<readonly [string, Uint8Array]> = [
    ['r = 0', encoded(0n, parts.s)],
    ['s = 0', encoded(parts.r, 0n)],
    ['r = n', encoded(n, parts.s)],
    ['s = n', encoded(parts.r, n)],
    ['r + n', encoded(parts.r + n, parts.s)],
    ['s + n', encoded(parts.r, parts.s + n)],
    ['r + 1', encoded(parts.r + 1n, parts.s)],
    ['s + 1', encoded(parts.r, parts.s + 1n)],
    ['r and s swapped', encoded(parts.s, parts.r)],
    ['a byte after the end', Buffer.concat([signature, Buffer.of(0)])],
    ['the last byte missing', signature.subarray(0, -1)],
    ['no bytes', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(signature.length)],
    ['the form r and s without DER', Buffer.alloc(2 * curve.bytes, 1)],
  ]
  for (const [what, bytes] of forged)
    test(`${spec}: a signature with ${what} is refused`, async () => {
      assert.equal(await isValid(bytes), false)
    })

  test(`${spec}: a signature is of its digest and its key alone`, async () => {
    for (const at of [0, digest.length - 1]) {
      const changed = Buffer.from(digest)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(await isValid(signature, changed), false)
    }
    // The digest's negative is what a verifier that knows points only by their coordinate x would take as well.
    const negative = (n - (BigInt(`0x${digest.toString('hex')}`) % n)).toString(16).padStart(2 * digest.length, '0')
    assert.equal(await isValid(signature, Buffer.from(negative, 'hex')), false)
    const other = { ...key, pair: await newKeyPair(spec) }
    assert.equal(await verifyEcdsaDigest(other, digest, signature), false)
  })
}

/** Digests around the order, as numbers zero and its neighbours; none where the hash is shorter than the order. */
function numbersNear(order: bigint, bytes: number): ReadonlyArray<readonly [string, Buffer]> {
  const near = [
    ['the order', order],
    ['one less than the order', order - 1n],
    ['one more than the order', order + 1n],
  ] as const
  const texts = near.map(([what, value]) => [what, value.toString(16).padStart(2 * bytes, '0')] as const)
  return texts.filter(([, hex]) => hex.length === 2 * bytes).map(([what, hex]) => [what, Buffer.from(hex, 'hex')])
}
