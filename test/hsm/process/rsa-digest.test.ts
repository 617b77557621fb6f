import assert from 'node:assert/strict'
import { constants, hash, privateEncrypt, randomBytes, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { newKeyPair } from '../../../src/hsm/process/key-pair.ts'
import { PKCS1, PSS, signRsaDigest, verifyRsaDigest } from '../../../src/hsm/process/rsa-digest.ts'

const pair = await newKeyPair('RSA_2048')
const message = randomBytes(50)
const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
const RSASSA = { padding: constants.RSA_PKCS1_PADDING } as const
const raw = (encoded: Buffer) => privateEncrypt({ key: pair.privateKey, padding: constants.RSA_NO_PADDING }, encoded)

for (const name of ['sha256', 'sha384', 'sha512'] as const) {
  const digest = hash(name, message, 'buffer')
  const isPss = (signature: Buffer) => verifyRsaDigest(PSS, name, digest, pair, signature)
  const isPkcs1 = (signature: Buffer) => verifyRsaDigest(PKCS1, name, digest, pair, signature)
  const signed = {
    pss: signRsaDigest(PSS, name, digest, pair),
    pkcs1: signRsaDigest(PKCS1, name, digest, pair),
  }

  test(`${name}: PSS of a digest verifies as the message elsewhere, and the other way round`, () => {
    assert.ok(verify(name, message, { key: pair.publicKey, ...pss(digest.length) }, signed.pss))
    assert.ok(isPss(signed.pss))
    assert.ok(isPss(sign(name, message, { key: pair.privateKey, ...pss(digest.length) })))
    assert.ok(!signed.pss.equals(signRsaDigest(PSS, name, digest, pair)))
  })

  test(`${name}: PKCS #1 v1.5 of a digest is the one signature of the message`, () => {
    assert.deepEqual(signed.pkcs1, sign(name, message, { key: pair.privateKey, ...RSASSA }))
    assert.ok(isPkcs1(signed.pkcs1))
  })

  for (const saltBytes of [0, 1, 20, digest.length - 1, digest.length + 1])
    test(`${name}: PSS with ${saltBytes} bytes of salt is refused`, () => {
      assert.equal(isPss(sign(name, message, { key: pair.privateKey, ...pss(saltBytes) })), false)
    })

  test(`${name}: PSS with its first bit set, another trailer or damaged padding is refused`, () => {
    const encoded = PSS.encode(name, digest, 256)
    assert.ok(PSS.isOf(name, digest, encoded))
    for (const [at, bit] of [
      [0, 0x80],
      [0, 1],
      [100, 1],
      [256 - digest.length - 2, 1],
      [254, 1],
      [255, 1],
    ] as const) {
      const changed = Buffer.from(encoded)
      changed[at] = (changed[at] ?? 0) ^ bit
      assert.equal(PSS.isOf(name, digest, changed), false, `byte ${at}`)
    }
  })

  test(`${name}: PKCS #1 v1.5 whose padding is short, wrong, or leaves bytes at the end is refused`, () => {
    const encoded = PKCS1.encode(name, digest, 256)
    const info = encoded.subarray(encoded.indexOf(0, 2) + 1)
    const forged = [
      Buffer.concat([Buffer.of(0, 1), Buffer.alloc(8, 0xff), Buffer.of(0), info, Buffer.alloc(256 - 11 - info.length)]),
      Buffer.concat([Buffer.of(0, 2), encoded.subarray(2)]),
      Buffer.concat([encoded.subarray(0, 9), Buffer.of(0xfe), encoded.subarray(10)]),
      // Without the NULL of the algorithm's parameters, which some verifiers take.
      Buffer.concat([Buffer.of(0, 1), Buffer.alloc(256 - 3 - digest.length, 0xff), Buffer.of(0), digest]),
    ]
    for (const bytes of forged) assert.equal(isPkcs1(raw(bytes)), false)
  })

  test(`${name}: a signature of another scheme, digest, length or number above the modulus is refused`, () => {
    assert.equal(isPss(signed.pkcs1), false)
    assert.equal(isPkcs1(signed.pss), false)
    for (const encoding of [PSS, PKCS1]) {
      const signature = signRsaDigest(encoding, name, digest, pair)
      const other = hash(name, 'another', 'buffer')
      assert.equal(verifyRsaDigest(encoding, name, other, pair, signature), false)
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(256, 0xff), signature.subarray(1)])
        assert.equal(verifyRsaDigest(encoding, name, digest, pair, bytes), false)
      assert.equal(verifyRsaDigest(encoding, name, digest, pair, Buffer.concat([Buffer.of(0), signature])), false)
    }
  })
}
