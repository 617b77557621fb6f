import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hmacSha256 } from '../../src/sigv4/hmac.ts'

test('it is the HMAC of node:crypto for every key up to a block and every latin1 text', () => {
  const text = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 400,
  })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), text, (key, message) => {
      assert.equal(hmacSha256(key, message), createHmac('sha256', key).update(message, 'latin1').digest('hex'))
    }),
    { numRuns: 2_000 },
  )
})

test('it is what RFC 4231 gives for its second test case', () => {
  const mac = hmacSha256(Buffer.from('Jefe'), 'what do ya want for nothing?')
  assert.equal(mac, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
})

test('a key longer than a block is refused', () => {
  assert.throws(() => hmacSha256(new Uint8Array(65), ''), RangeError)
})
