import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { materialIdIn } from '../../../src/domain/ciphertext-header.ts'
import { layoutFor, layoutOf } from '../../../src/hsm/process/ciphertext-layout.ts'
import { decrypt, encrypt, envelopeKey } from '../../../src/hsm/process/envelope.ts'
import { failedSelfTest } from '../../../src/hsm/process/self-test.ts'

const MATERIAL_ID = Buffer.alloc(32, 0x22)
const key = envelopeKey(createSecretKey(Buffer.alloc(32, 0x11)), Buffer.from('key'), MATERIAL_ID)
const bytes = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map((array) => Buffer.from(array))

function encrypted(plaintext: Buffer, context: Buffer): Buffer {
  const ciphertext = encrypt(key, plaintext, context)
  if (typeof ciphertext === 'string') throw new Error(ciphertext)
  return ciphertext
}

test('all known answers come out', () => {
  assert.equal(failedSelfTest(), undefined)
})

test('what was encrypted comes back, with any plaintext and context', () => {
  fc.assert(
    fc.property(bytes({ minLength: 1, maxLength: 4096 }), bytes({ maxLength: 200 }), (plaintext, context) => {
      const ciphertext = encrypted(plaintext, context)
      assert.equal(materialIdIn(ciphertext), MATERIAL_ID.toString('hex'))
      assert.deepEqual(decrypt(key, ciphertext, context), plaintext)
    }),
  )
})

test('no bytes that were not encrypted are taken for a ciphertext', () => {
  fc.assert(
    fc.property(bytes({ maxLength: 400 }), (garbage) => {
      assert.equal(decrypt(key, garbage, Buffer.alloc(2)), 'invalidCiphertext')
    }),
  )
})

test('a ciphertext with any part overwritten is refused', () => {
  const original = encrypted(Buffer.alloc(300, 0x61), Buffer.alloc(2))
  fc.assert(
    fc.property(fc.nat(original.length - 1), bytes({ minLength: 1, maxLength: 40 }), (at, part) => {
      const forged = Buffer.from(original)
      part.copy(forged, at)
      fc.pre(!forged.equals(original))
      assert.equal(decrypt(key, forged, Buffer.alloc(2)), 'invalidCiphertext')
    }),
  )
})

test('bytes moved from the end of a ciphertext into its context are refused, and back', () => {
  const ciphertext = encrypted(Buffer.from('plaintext'), Buffer.of(0, 0))
  for (let moved = 1; moved < ciphertext.length; moved++) {
    const [head, tail] = [ciphertext.subarray(0, -moved), ciphertext.subarray(-moved)]
    assert.equal(decrypt(key, head, Buffer.concat([tail, Buffer.of(0, 0)])), 'invalidCiphertext')
  }
  assert.equal(decrypt(key, Buffer.concat([ciphertext, Buffer.of(0)]), Buffer.of(0)), 'invalidCiphertext')
})

test('every length of plaintext has a length of ciphertext of its own, by which its layout is found', () => {
  const totals = new Set<number>()
  for (let plaintextBytes = 1; plaintextBytes <= 4096; plaintextBytes++) {
    const layout = layoutFor(plaintextBytes)
    totals.add(layout.totalBytes)
    assert.equal(layoutOf(layout.totalBytes), layout)
  }
  assert.equal(totals.size, 4096)
  for (let total = 0; total < 7000; total++) assert.equal(layoutOf(total) !== undefined, totals.has(total))
})

test('two keys with the same material and material id derive different message keys from their key ids', () => {
  const other = envelopeKey(key.key, Buffer.from('other'), MATERIAL_ID)
  const ciphertext = encrypted(Buffer.from('plaintext'), Buffer.alloc(2))
  assert.equal(decrypt(other, ciphertext, Buffer.alloc(2)), 'invalidCiphertext')
})
