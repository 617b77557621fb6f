import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import type { KeyPairSpec } from '../../../src/domain/key-spec.ts'
import { isOneStructure } from '../../../src/hsm/process/der.ts'
import { newKeyPair, openKeyPair, privateKeyBytes } from '../../../src/hsm/process/key-pair.ts'

/** Bytes of private and public key in DER; RSA private keys vary by a few. */
const SIZES = {
  RSA_2048: [1218, 294],
  RSA_3072: [1792, 422],
  ECC_NIST_P256: [138, 91],
  ECC_NIST_P384: [185, 120],
  ECC_NIST_P521: [241, 158],
  ECC_SECG_P256K1: [135, 88],
  ECC_NIST_EDWARDS25519: [48, 44],
  ML_DSA_44: [54, 1334],
  ML_DSA_65: [54, 1974],
  ML_DSA_87: [54, 2614],
} as const satisfies { readonly [Spec in KeyPairSpec]?: readonly [number, number] }
type Spec = keyof typeof SIZES
const SPECS = Object.keys(SIZES).filter((name): name is Spec => name in SIZES)
const pairs = new Map(await Promise.all(SPECS.map(async (spec) => [spec, await newKeyPair(spec)] as const)))

for (const [spec, pair] of pairs) {
  const der = privateKeyBytes(pair)

  test(`${spec}: private and public key have their lengths in DER and open again`, () => {
    const [privateBytes, publicBytes] = SIZES[spec]
    assert.ok(Math.abs(der.length - privateBytes) <= (spec.startsWith('RSA_') ? 6 : 0), `${der.length}`)
    assert.equal(pair.spki.length, publicBytes)
    const again = openKeyPair(spec, der)
    assert.ok(again?.privateKey.equals(pair.privateKey))
    assert.deepEqual(again?.spki, pair.spki)
  })

  test(`${spec}: a private key of it is none of any other spec`, () => {
    for (const other of SPECS) if (other !== spec) assert.equal(openKeyPair(other, der), undefined, other)
  })

  test(`${spec}: a private key that is cut, followed by a byte, or public is none`, () => {
    const wrong = [der.subarray(0, -1), der.subarray(1), Buffer.concat([der, Buffer.of(0)]), pair.spki, Buffer.alloc(0)]
    for (const bytes of wrong) assert.equal(openKeyPair(spec, bytes), undefined)
  })
}

const pkcs8 = ({ privateKey }: { readonly privateKey: KeyObject }) =>
  privateKey.export({ format: 'der', type: 'pkcs8' })
const foreign = [
  ['RSA with another exponent', 'RSA_2048', generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })],
  ['RSA of another length', 'RSA_2048', generateKeyPairSync('rsa', { modulusLength: 2056 })],
  ['RSA for PSS alone', 'RSA_2048', generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
  ['a curve that no spec has', 'ECC_NIST_P256', generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })],
  ['X25519', 'ECC_NIST_EDWARDS25519', generateKeyPairSync('x25519')],
] as const
for (const [what, spec, made] of foreign)
  test(`${what} is no key of ${spec}`, () => {
    assert.equal(openKeyPair(spec, pkcs8(made)), undefined)
  })

test('one structure is one whole SEQUENCE', () => {
  const long = Buffer.concat([Buffer.of(0x30, 0x82, 1, 0), Buffer.alloc(256)])
  for (const der of [Buffer.of(0x30, 0), Buffer.of(0x30, 1, 0), long]) assert.ok(isOneStructure(der))
  const wrong = [
    [],
    [0x30],
    [0x30, 1],
    [0x31, 0],
    [0x30, 0, 0],
    [0x30, 0x80],
    [0x30, 0x81],
    [0x30, 0x82, 1],
    [0x30, 0x84],
  ]
  for (const bytes of wrong) assert.equal(isOneStructure(Buffer.from(bytes)), false, bytes.join())
  assert.equal(isOneStructure(long.subarray(0, -1)), false)
})
