import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isIssuedForm, newAccessKeyId } from '../../src/domain/access-key-id.ts'

const hex = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('hex'))

test('an id that was issued is known, and no longer with any other character', () => {
  fc.assert(
    fc.property(
      hex,
      fc.constantFrom('AKIA', 'ASIA'),
      fc.nat(15),
      fc.constantFrom(...'ABCXYZ27'),
      (random, prefix, at, char) => {
        const id = newAccessKeyId(prefix, random)
        assert.match(id, /^A[KS]IA[A-Z2-7]{16}$/)
        assert.ok(isIssuedForm(id))
        const other = `${id.slice(0, 4 + at)}${char}${id.slice(5 + at)}`
        if (other !== id && at >= 12) assert.ok(!isIssuedForm(other))
      },
    ),
  )
})

for (const id of [
  'AKIAIOSFODNN7EXAMPLE',
  'ASIAIOSFODNN7EXAMPLE',
  'test',
  '',
  '111122223333',
  'AKIA',
  `AKIA${'A'.repeat(16)}`,
])
  test(`'${id}' was made up`, () => assert.ok(!isIssuedForm(id)))

test('of a hundred thousand made-up ids hardly one looks issued', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  let found = 0
  for (let n = 0; n < 100_000; n++) {
    let id = 'AKIA'
    for (let i = 0, rest = (n * 2654435761) % 2 ** 32; i < 16; i++, rest = (rest * 1664525 + 1013904223) % 2 ** 32)
      id += alphabet[Math.floor(rest / 2 ** 27)]
    if (isIssuedForm(id)) found++
  }
  assert.ok(found <= 5, String(found))
})
