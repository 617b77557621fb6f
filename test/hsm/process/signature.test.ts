import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { KEY_SPECS, type KeySpec } from '../../../src/domain/key-spec.ts'
import { SIGNING_ALGORITHMS } from '../../../src/domain/signing-algorithm.ts'
import { newKeyPair } from '../../../src/hsm/process/key-pair.ts'
import { type Signer, type SigningKey, signerOf } from '../../../src/hsm/process/signature.ts'

function signer(...wanted: Parameters<typeof signerOf>): Signer {
  return signerOf(...wanted) ?? assert.fail(wanted.join())
}

const isKeySpec = (text: string): text is KeySpec => Object.hasOwn(KEY_SPECS, text)

const specs = Object.entries(KEY_SPECS).flatMap(([spec, usages]) =>
  'SIGN_VERIFY' in usages && spec !== 'SM2' ? [[spec, usages.SIGN_VERIFY] as const] : [],
)

test('every algorithm of every key spec signs the types of messages that the domain names, and no other', () => {
  for (const [spec, offered] of specs)
    for (const [algorithm, types] of Object.entries(SIGNING_ALGORITHMS))
      for (const type of ['RAW', 'DIGEST', 'EXTERNAL_MU', 'raw', '', 'constructor']) {
        const names: readonly string[] = offered
        const isSigned = names.includes(algorithm) && Object.hasOwn(types, type)
        const found = isKeySpec(spec) && signerOf(spec, algorithm, type)
        assert.equal(Boolean(found), isSigned, `${spec} ${algorithm} ${type}`)
      }
  for (const algorithm of ['__proto__', 'toString', '', 'SM2DSA', 'ECDH'])
    for (const spec of ['SM2', 'RSA_2048', 'SYMMETRIC_DEFAULT'] as const)
      assert.equal(signerOf(spec, algorithm, 'RAW'), undefined)
})

test('an RSA signature without its leading zero is refused, though it is the same number', async () => {
  const key: SigningKey = { ...(await newKeyPair('RSA_2048')), keySpec: 'RSA_2048' }
  const message = Buffer.from('a')
  for (const [algorithm, type] of [
    ['RSASSA_PSS_SHA_256', 'RAW'],
    ['RSASSA_PSS_SHA_256', 'DIGEST'],
  ] as const) {
    const { sign, verify } = signer('RSA_2048', algorithm, type)
    const signed = type === 'RAW' ? message : Buffer.alloc(32, 1)
    let signature = await sign(key, signed)
    // One in 256 begins so.
    for (let tries = 0; signature[0] !== 0 && tries < 10_000; tries++) signature = await sign(key, signed)
    assert.equal(signature[0], 0)
    assert.equal(await verify(key, signed, signature), true)
    assert.equal(await verify(key, signed, signature.subarray(1)), false)
    assert.equal(await verify(key, signed, Buffer.concat([Buffer.of(0), signature])), false)
  }
})

const PEERS = { ML_DSA_44: ml_dsa44, ML_DSA_65: ml_dsa65, ML_DSA_87: ml_dsa87 } as const
for (const spec of ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const) {
  const { RAW, EXTERNAL_MU } = {
    RAW: signer(spec, 'ML_DSA_SHAKE_256', 'RAW'),
    EXTERNAL_MU: signer(spec, 'ML_DSA_SHAKE_256', 'EXTERNAL_MU'),
  }
  const key: SigningKey = { ...(await newKeyPair(spec)), keySpec: spec }
  const publicKey = key.publicKey.export({ format: 'raw-public' })
  const mu = Buffer.alloc(64, 7)

  test(`${spec}: two signatures of one mu differ, since they are hedged`, async () => {
    const [one, other] = [await EXTERNAL_MU.sign(key, mu), await EXTERNAL_MU.sign(key, mu)]
    assert.ok(!one.equals(other))
    for (const made of [one, other]) {
      assert.equal(await EXTERNAL_MU.verify(key, mu, made), true)
      assert.ok(PEERS[spec].internal.verify(made, mu, publicKey, { externalMu: true }))
    }
  })

  test(`${spec}: a mu is no message, and a message with a context is none without`, async () => {
    const ofMu = await EXTERNAL_MU.sign(key, mu)
    assert.equal(await RAW.verify(key, mu, ofMu), false)
    assert.equal(await EXTERNAL_MU.verify(key, mu, await RAW.sign(key, mu)), false)
    const message = Buffer.from('a')
    const withContext = sign(null, message, { key: key.privateKey, context: Buffer.from('c') })
    assert.equal(await RAW.verify(key, message, withContext), false)
  })

  test(`${spec}: a signature of mu of another length or changed is refused`, async () => {
    const made = await EXTERNAL_MU.sign(key, mu)
    const changed = Buffer.from(made)
    changed[40] = (changed[40] ?? 0) ^ 1
    for (const wrong of [Buffer.alloc(0), made.subarray(1), Buffer.concat([made, Buffer.of(0)]), changed])
      assert.equal(await EXTERNAL_MU.verify(key, mu, wrong), false)
  })
}

test('Ed25519 and Ed25519ph are no signatures of each other', async () => {
  const spec = 'ECC_NIST_EDWARDS25519'
  const key: SigningKey = { ...(await newKeyPair(spec)), keySpec: spec }
  const [pure, hashed] = [signer(spec, 'ED25519_SHA_512', 'RAW'), signer(spec, 'ED25519_PH_SHA_512', 'DIGEST')]
  const message = Buffer.alloc(64, 1)
  const [one, other] = [await pure.sign(key, message), await hashed.sign(key, message)]
  assert.ok(verify(null, message, key.publicKey, one))
  assert.equal(await pure.verify(key, message, other), false)
  assert.equal(await hashed.verify(key, message, one), false)
  assert.equal(await hashed.verify(key, message, other), true)
  for (const wrong of [
    Buffer.alloc(0),
    Buffer.alloc(64, 0xff),
    other.subarray(1),
    Buffer.concat([other, Buffer.of(0)]),
  ])
    assert.equal(await hashed.verify(key, message, wrong), false)
})

test('a low-order public key does not make Ed25519ph take everything', async () => {
  const spec = 'ECC_NIST_EDWARDS25519'
  const pair = await newKeyPair(spec)
  const spki = Buffer.concat([pair.spki.subarray(0, -32), Buffer.of(1), Buffer.alloc(31)])
  const forged = Buffer.concat([Buffer.of(1), Buffer.alloc(63)])
  const { verify } = signer(spec, 'ED25519_PH_SHA_512', 'DIGEST')
  assert.equal(await verify({ ...pair, spki, keySpec: spec }, Buffer.alloc(64), forged), false)
})

test('the signers take keys that were made elsewhere', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key: SigningKey = {
    privateKey,
    publicKey,
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    keySpec: 'RSA_2048',
  }
  const { sign: signs } = signer('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'RAW')
  assert.ok(verify('sha256', Buffer.from('a'), publicKey, await signs(key, Buffer.from('a'))))
})
