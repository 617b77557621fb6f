import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decryptCiphertext } from './decoder.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/formats.md'), 'utf8')
const hex = (/```hex\n([0-9a-f\n]+)```/.exec(page)?.[1] ?? '').replaceAll('\n', '')
const example = Buffer.from(hex, 'hex')
const material = {
  account: '111122223333',
  region: 'us-east-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
  materialId: '11'.repeat(32),
  bytes: Buffer.from(Array.from({ length: 32 }, (_, index) => index)),
}
const context = { Project: 'Alpha', Department: 'Engineering' }

test('the example of the formats page decrypts as the page says', () => {
  assert.equal(decryptCiphertext([material], example, context).toString(), 'attack at dawn')
})

test('the example has the nonce and the length that the page says', () => {
  assert.deepEqual(example.subarray(38, 54), Buffer.alloc(16, 0xaa))
  assert.equal(example.readUInt32BE(54), example.length - 58)
})

test('the example does not decrypt with another context or for another key', () => {
  assert.throws(() => decryptCiphertext([material], example, {}))
  assert.throws(() =>
    decryptCiphertext([{ ...material, keyId: '1234abcd-12ab-34cd-56ef-1234567890ac' }], example, context),
  )
})
