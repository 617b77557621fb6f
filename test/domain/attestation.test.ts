import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAttestation } from '../../src/domain/attestation.ts'
import { claimsOf, documentOf, makeChain, makeRecipient, PCR0 } from '../support/attestation.ts'
import { type Encodable, encodeCbor } from '../support/cbor.ts'

const chain = makeChain()
const { publicKey } = makeRecipient()
const claims = (over: Readonly<Record<string, Encodable | undefined>> = {}) => {
  const all = claimsOf(chain, publicKey)
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) all.delete(name)
    else all.set(name, value)
  }
  return all
}
const document = (over?: Parameters<typeof claims>[0]) => documentOf(claims(over), chain.leaf.key)

test('a document is read, with its tag and without', () => {
  for (const bytes of [document(), Buffer.concat([Buffer.of(0xd2), document()])]) {
    const read = parseAttestation(bytes)
    assert.deepEqual([read?.platform, read?.moduleId], ['enclave', 'i-1234567890abcdef0-enc0123456789abcdef'])
    assert.deepEqual(Buffer.from(read?.pcrs.get(0) ?? []), PCR0)
    assert.deepEqual([...(read?.pcrs.keys() ?? [])], [0, 1, 8])
  }
})

test('a NitroTPM names its measurements otherwise', () => {
  const read = parseAttestation(document({ pcrs: undefined, nitrotpm_pcrs: new Map([[4, PCR0]]) }))
  assert.deepEqual([read?.platform, [...(read?.pcrs.keys() ?? [])]], ['tpm', [4]])
})

const bytes = (length: number) => Buffer.alloc(length, 1)
const REFUSED: ReadonlyArray<readonly [string, Readonly<Record<string, Encodable | undefined>>]> = [
  ['no module', { module_id: undefined }],
  ['an empty module', { module_id: '' }],
  ['a module in bytes', { module_id: bytes(3) }],
  ['another digest', { digest: 'SHA256' }],
  ['no time', { timestamp: undefined }],
  ['a time before all', { timestamp: 0 }],
  ['a time in text', { timestamp: '2026' }],
  ['no measurements', { pcrs: undefined }],
  ['an empty map of measurements', { pcrs: new Map() }],
  ['measurements in an array', { pcrs: [PCR0] }],
  ['a 32nd register', { pcrs: new Map([[32, PCR0]]) }],
  ['a register below all', { pcrs: new Map([[-1, PCR0]]) }],
  ['a register by name', { pcrs: new Map([['0', PCR0]]) }],
  ['a measurement of another length', { pcrs: new Map([[0, bytes(47)]]) }],
  ['no certificate', { certificate: undefined }],
  ['an empty certificate', { certificate: bytes(0) }],
  ['a certificate that is too long', { certificate: bytes(4097) }],
  ['no bundle', { cabundle: undefined }],
  ['an empty bundle', { cabundle: [] }],
  ['a bundle that is too long', { cabundle: Array.from({ length: 17 }, () => bytes(5)) }],
  ['a bundle with something else', { cabundle: [bytes(5), 'x'] }],
  ['no public key', { public_key: null }],
  ['a public key in text', { public_key: 'key' }],
]
for (const [what, over] of REFUSED)
  test(`a document with ${what} is none`, () => assert.equal(parseAttestation(document(over)), undefined))

const header = (map: ReadonlyMap<number | string, Encodable>) => encodeCbor(map)
test('a document that is signed otherwise is none', () => {
  for (const other of [
    header(new Map([[1, -7]])),
    header(new Map()),
    header(
      new Map([
        [1, -35],
        [2, 1],
      ]),
    ),
    Buffer.alloc(0),
  ])
    assert.equal(parseAttestation(documentOf(claims(), chain.leaf.key, other)), undefined)
})

test('whatever is not a document is none, and nothing throws', () => {
  const whole = document()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (any) => parseAttestation(any) === undefined))
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = Buffer.from(whole)
      other[at] = (other[at] ?? 0) ^ change
      parseAttestation(other)
    }),
    { numRuns: 500 },
  )
  for (let end = 0; end < whole.length; end += 7) assert.equal(parseAttestation(whole.subarray(0, end)), undefined)
  assert.equal(parseAttestation(Buffer.alloc(262_145, 0x80)), undefined)
})
