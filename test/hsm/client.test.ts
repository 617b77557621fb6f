import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { parseAccountId } from '../../src/domain/arn.ts'
import { isError } from '../../src/domain/error.ts'
import type { Key, KeyMaterial, WrappedKey } from '../../src/domain/key.ts'
import { KEY_REQUESTS_MAX } from '../../src/domain/limits.ts'
import { binding, context, newKey, OTHER_KEY_ID, ok, parseProof, parseUsable, refusal, startHsm } from './usable-key.ts'

const started = await startHsm({ adoptsMaterial: true })
const { hsm } = started
after(() => started[Symbol.asyncDispose]())

const plaintext = Buffer.from('attack at dawn')
const CONTEXT = context({ Project: 'Alpha', Department: 'Engineering' })
const INVALID = 'InvalidCiphertextException'

const encrypt = async (key: Awaited<ReturnType<typeof newKey>>, bytes: Uint8Array = plaintext, aad = CONTEXT) =>
  ok(await hsm.encrypt(parseUsable(key.key, key.material), bytes, aad)).ciphertext
const decrypt = (key: { readonly key: Key; readonly material: KeyMaterial }, ciphertext: Uint8Array, aad = CONTEXT) =>
  hsm.decrypt(parseUsable(key.key, key.material), ciphertext, aad)

const sizes = [
  [1, 153],
  [16, 168],
  [32, 184],
  [64, 220],
  [128, 285],
  [256, 418],
  [1024, 1186],
  [4096, 4258],
] as const
for (const [bytes, total] of sizes)
  test(`${bytes} bytes of plaintext are ${total} of ciphertext and come back as they were`, async () => {
    const key = await newKey(hsm)
    const message = Buffer.alloc(bytes, 0x61)
    const ciphertext = await encrypt(key, message)
    assert.equal(ciphertext.length, total)
    assert.deepEqual(ok(await decrypt(key, ciphertext)), message)
  })

test('two ciphertexts of one plaintext differ in nonce, IV and everything encrypted', async () => {
  const key = await newKey(hsm)
  const [one, other] = [Buffer.from(await encrypt(key)), Buffer.from(await encrypt(key))]
  assert.ok(!one.subarray(38, 54).equals(other.subarray(38, 54)))
  assert.ok(!one.subarray(-30).equals(other.subarray(-30)))
  assert.ok(one.subarray(0, 38).equals(other.subarray(0, 38)))
})

test('every bit flipped anywhere in a ciphertext is refused without a reason', async () => {
  const key = await newKey(hsm)
  const ciphertext = Buffer.from(await encrypt(key))
  const verdicts = await Promise.all(
    Array.from({ length: ciphertext.length * 8 }, async (_, bit) => {
      const forged = Buffer.from(ciphertext)
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return refusal(await decrypt(key, forged))
    }),
  )
  assert.deepEqual([...new Set(verdicts)], [INVALID])
})

test('a ciphertext that misses a byte anywhere, or has one too many, is refused without a reason', async () => {
  const key = await newKey(hsm)
  const ciphertext = Buffer.from(await encrypt(key))
  const verdicts = await Promise.all(
    Array.from({ length: ciphertext.length + 1 }, async (_, at) => {
      const [head, tail] = [ciphertext.subarray(0, at), ciphertext.subarray(at)]
      const longer = await decrypt(key, Buffer.concat([head, Buffer.of(0), tail]))
      const shorter = at < ciphertext.length ? await decrypt(key, Buffer.concat([head, tail.subarray(1)])) : longer
      const cut = at < ciphertext.length ? await decrypt(key, head) : longer
      return [refusal(longer), refusal(shorter), refusal(cut)]
    }),
  )
  assert.deepEqual([...new Set(verdicts.flat())], [INVALID])
})

test('every byte of the context changed, missing or added is refused', async () => {
  const key = await newKey(hsm)
  const ciphertext = await encrypt(key)
  const encoded = Buffer.from(CONTEXT)
  const forged = [...encoded.keys()].flatMap((at) => {
    const changed = Buffer.from(encoded)
    changed[at] = (changed[at] ?? 0) ^ 1
    return [changed, Buffer.concat([encoded.subarray(0, at), encoded.subarray(at + 1)]), encoded.subarray(0, at)]
  })
  for (const aad of [...forged, Buffer.concat([encoded, Buffer.of(0)]), context()])
    assert.equal(refusal(await decrypt(key, ciphertext, aad)), INVALID)
  const joined = [{ a: 'bc' }, { ab: 'c' }].map((pairs) => context(pairs))
  assert.equal(refusal(await decrypt(key, await encrypt(key, plaintext, joined[0]), joined[1])), INVALID)
})

test('a ciphertext of another key is refused', async () => {
  const [one, other] = [await newKey(hsm), await newKey(hsm, binding({}, OTHER_KEY_ID))]
  assert.equal(refusal(await decrypt(other, await encrypt(one))), INVALID)
})

test('two keys with the same material cannot read each other, even under the same material id', async () => {
  const material = Buffer.alloc(32, 0x42)
  const adopt = async (keyId: string) => {
    const from = binding({ origin: 'EXTERNAL' }, keyId)
    return parseUsable<'kms:Decrypt'>(from, ok(await hsm.adoptMaterial(parseProof('kms:CreateKey'), from, material)))
  }
  const [one, other] = [await adopt(binding().keyId), await adopt(OTHER_KEY_ID)]
  assert.notEqual(one.material.materialId, other.material.materialId)
  const forged = Buffer.from(await encrypt(one))
  assert.equal(refusal(await decrypt(other, forged)), INVALID)
  forged.write(other.material.materialId, 5, 'hex')
  assert.equal(refusal(await decrypt(other, forged)), INVALID)
})

test('adopted material has the same id each time for its key', async () => {
  const from = binding({ origin: 'EXTERNAL' })
  const adopt = async () =>
    ok(await hsm.adoptMaterial(parseProof('kms:CreateKey'), from, Buffer.alloc(32, 1))).materialId
  assert.equal(await adopt(), await adopt())
})

const badMaterial = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 31],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 33],
  ['HMAC_512', 'GENERATE_VERIFY_MAC', 63],
  ['HMAC_224', 'GENERATE_VERIFY_MAC', 129],
  ['RSA_2048', 'SIGN_VERIFY', 32],
] as const
for (const [keySpec, keyUsage, bytes] of badMaterial)
  test(`${bytes} bytes are no material of ${keySpec}`, async () => {
    const from = binding({ keySpec, keyUsage })
    const answer = await hsm.adoptMaterial(parseProof('kms:CreateKey'), from, Buffer.alloc(bytes))
    const isPair = keySpec === 'RSA_2048'
    assert.match(refusal(answer), isPair ? /^ValidationException: The key material is not/ : /^KMSInternalException$/)
  })

test('material is adopted only by a process that was started for it', async () => {
  await using other = await startHsm()
  const answer = await other.hsm.adoptMaterial(parseProof('kms:CreateKey'), binding(), Buffer.alloc(32))
  assert.equal(refusal(answer), 'KMSInternalException')
})

const otherBindings = [
  ['account', binding({ account: ok(parseAccountId('444455556666')) })],
  ['key id', binding({}, OTHER_KEY_ID)],
  ['Region', binding({}, undefined, 'eu-west-1')],
  ['origin', binding({ origin: 'EXTERNAL' })],
  ['key spec and usage', binding({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' })],
] as const
for (const [name, wrong] of otherBindings)
  test(`wrapped material does not open with another ${name}`, async () => {
    const key = await newKey(hsm)
    const ciphertext = await encrypt(key)
    // The Region has a domain key of its own, so nothing but the binding is wrong.
    await newKey(hsm, binding({}, undefined, 'eu-west-1'))
    const swapped = parseUsable<'kms:Decrypt'>(wrong, key.material)
    assert.equal(refusal(await hsm.decrypt(swapped, ciphertext, CONTEXT)), 'KMSInternalException')
    assert.ok(!isError(await decrypt(key, ciphertext)))
  })

test('rows of wrapped material that are swapped between keys do not open', async () => {
  const [one, other] = [await newKey(hsm), await newKey(hsm, binding({}, OTHER_KEY_ID))]
  const ciphertext = await encrypt(one)
  const swapped = { key: one.key, material: { ...one.material, wrapped: other.material.wrapped } }
  assert.equal(refusal(await decrypt(swapped, ciphertext)), 'KMSInternalException')
  const otherId = { key: one.key, material: { ...one.material, materialId: other.material.materialId } }
  assert.equal(refusal(await decrypt(otherId, ciphertext)), 'KMSInternalException')
})

function parseWrapped(bytes: Uint8Array): WrappedKey {
  return bytes as WrappedKey
}

test('wrapped material with any byte changed, missing or added does not open', async () => {
  const key = await newKey(hsm)
  const ciphertext = await encrypt(key)
  const wrapped = Buffer.from(key.material.wrapped)
  const forgeries = [...wrapped.keys()].flatMap((at) => {
    const changed = Buffer.from(wrapped)
    changed[at] = (changed[at] ?? 0) ^ 0x80
    return [changed, wrapped.subarray(0, at)]
  })
  for (const forged of [...forgeries, Buffer.concat([wrapped, Buffer.of(0)])]) {
    const material = { ...key.material, wrapped: parseWrapped(forged) }
    assert.equal(refusal(await decrypt({ key: key.key, material }, ciphertext)), 'KMSInternalException')
  }
})

test('re-encryption changes key and context, and the source must be right', async () => {
  const [one, other] = [
    await newKey<'kms:ReEncryptFrom'>(hsm),
    await newKey<'kms:ReEncryptTo'>(hsm, binding({}, OTHER_KEY_ID)),
  ]
  const from = { ciphertext: await encrypt(one), manner: CONTEXT }
  const to = { manner: context({ now: 'another' }) }
  const again = ok(await hsm.reEncrypt(one, from, other, to)).ciphertext
  assert.deepEqual(ok(await decrypt(other, again, to.manner)), plaintext)
  assert.equal(refusal(await decrypt(one, again, to.manner)), INVALID)
  assert.equal(refusal(await hsm.reEncrypt(one, { ...from, manner: context() }, other, to)), INVALID)
})

test('a data key is what its ciphertext decrypts to', async () => {
  const key = await newKey<'kms:GenerateDataKey'>(hsm)
  const seen = new Set<string>()
  for (const bytes of [1, 16, 32, 1024]) {
    const made = ok(await hsm.generateDataKey(key, { bytes, withPlaintext: true }, CONTEXT))
    const dataKey = Buffer.from(made.plaintext ?? [])
    assert.equal(dataKey.length, bytes)
    assert.deepEqual(ok(await decrypt(key, made.ciphertext)), dataKey)
    seen.add(dataKey.toString('hex'))
  }
  assert.equal(seen.size, 4)
})

test('a data key without plaintext comes without plaintext', async () => {
  const key = await newKey<'kms:GenerateDataKeyWithoutPlaintext'>(hsm)
  const made = ok(await hsm.generateDataKey(key, { bytes: 32, withPlaintext: false }, CONTEXT))
  assert.deepEqual(Object.keys(made), ['ciphertext'])
  assert.equal(ok(await decrypt(key, made.ciphertext)).length, 32)
})

for (const bytes of [0, 1025, 0xffff_ffff])
  test(`${bytes} random bytes are refused`, async () => {
    const key = await newKey<'kms:GenerateDataKey'>(hsm)
    assert.equal(refusal(await hsm.generateRandom(parseProof('kms:GenerateRandom'), bytes)), 'KMSInternalException')
    assert.equal(
      refusal(await hsm.generateDataKey(key, { bytes, withPlaintext: true }, CONTEXT)),
      'KMSInternalException',
    )
  })

test('random bytes are as many as wanted and never the same', async () => {
  const draw = async (bytes: number) =>
    Buffer.from(ok(await hsm.generateRandom(parseProof('kms:GenerateRandom'), bytes)))
  assert.equal((await draw(1)).length, 1)
  assert.equal((await draw(1024)).length, 1024)
  const drawn = await Promise.all(Array.from({ length: 2_000 }, () => draw(32)))
  assert.equal(new Set(drawn.map((bytes) => bytes.toString('hex'))).size, 2_000)
})

for (const bytes of [0, 4097])
  test(`${bytes} bytes of plaintext are refused`, async () => {
    const key = await newKey<'kms:Encrypt'>(hsm)
    assert.equal(refusal(await hsm.encrypt(key, Buffer.alloc(bytes), CONTEXT)), 'KMSInternalException')
  })

const macs = [
  ['HMAC_224', 'HMAC_SHA_224', 'sha224', 28],
  ['HMAC_256', 'HMAC_SHA_256', 'sha256', 32],
  ['HMAC_384', 'HMAC_SHA_384', 'sha384', 48],
  ['HMAC_512', 'HMAC_SHA_512', 'sha512', 64],
] as const
for (const [keySpec, algorithm, hash, bytes] of macs)
  test(`${keySpec} makes and verifies ${algorithm}, and no other`, async () => {
    const from = binding({ keySpec, keyUsage: 'GENERATE_VERIFY_MAC', origin: 'EXTERNAL' })
    const material = Buffer.alloc(bytes + 1, 0x33)
    const key = parseUsable<'kms:GenerateMac' & 'kms:VerifyMac'>(
      from,
      ok(await hsm.adoptMaterial(parseProof('kms:CreateKey'), from, material)),
    )
    const mac = Buffer.from(ok(await hsm.generateMac(key, algorithm, plaintext)))
    assert.deepEqual(mac, createHmac(hash, material).update(plaintext).digest())
    assert.equal(await hsm.verifyMac(key, algorithm, plaintext, mac), undefined)
    const changed = Buffer.from(mac)
    changed[bytes - 1] = (changed[bytes - 1] ?? 0) ^ 1
    for (const forged of [changed, mac.subarray(1), Buffer.concat([mac, Buffer.of(0)]), Buffer.alloc(0)])
      assert.equal(refusal(await hsm.verifyMac(key, algorithm, plaintext, forged)), 'KMSInvalidMacException')
    assert.equal(refusal(await hsm.verifyMac(key, algorithm, Buffer.from('x'), mac)), 'KMSInvalidMacException')
    for (const [, other] of macs.filter(([, name]) => name !== algorithm))
      assert.equal(refusal(await hsm.generateMac(key, other, plaintext)), 'KMSInternalException')
  })

test('an HMAC key does not encrypt and an encryption key makes no MAC', async () => {
  const hmac = await newKey<'kms:Encrypt'>(hsm, binding({ keySpec: 'HMAC_256', keyUsage: 'GENERATE_VERIFY_MAC' }))
  assert.equal(refusal(await hsm.encrypt(hmac, plaintext, CONTEXT)), 'KMSInternalException')
  const symmetric = await newKey<'kms:GenerateMac'>(hsm)
  assert.equal(refusal(await hsm.generateMac(symmetric, 'HMAC_SHA_256', plaintext)), 'KMSInternalException')
})

const unmakeable = [
  ['RSA_2048', 'KEY_AGREEMENT'],
  ['ML_DSA_65', 'ENCRYPT_DECRYPT'],
  ['SM2', 'SIGN_VERIFY'],
  ['SYMMETRIC_DEFAULT', 'GENERATE_VERIFY_MAC'],
  ['HMAC_256', 'ENCRYPT_DECRYPT'],
] as const
for (const [keySpec, keyUsage] of unmakeable)
  test(`no material is made for ${keySpec} with ${keyUsage}`, async () => {
    const answer = await hsm.createMaterial(parseProof('kms:CreateKey'), binding({ keySpec, keyUsage }))
    assert.equal(refusal(answer), 'KMSInternalException')
  })

const SCOPE = { date: '20150830', region: 'us-east-1', service: 'iam' }
const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'

test('a secret is 40 characters of base64 and signs as SigV4 says', async () => {
  const { secret, wrapped } = ok(await hsm.createSecret(ACCESS_KEY_ID))
  assert.match(secret, /^[A-Za-z0-9+/]{40}$/)
  const steps = [SCOPE.date, SCOPE.region, SCOPE.service, 'aws4_request']
  const expected = steps.reduce(
    (key, step) => createHmac('sha256', key).update(step).digest(),
    Buffer.from(`AWS4${secret}`),
  )
  const accessKey = { accessKeyId: ACCESS_KEY_ID, wrappedSecret: wrapped }
  assert.deepEqual(ok(await hsm.deriveSigningKey(accessKey, SCOPE)), expected)
  assert.notDeepEqual(ok(await hsm.deriveSigningKey(accessKey, { ...SCOPE, date: '20150831' })), expected)
})

test('a wrapped secret does not open for another access key, nor as key material', async () => {
  const { wrapped } = ok(await hsm.createSecret(ACCESS_KEY_ID))
  const stolen = { accessKeyId: 'AKIAI44QH8DHBEXAMPLE', wrappedSecret: wrapped }
  assert.equal(refusal(await hsm.deriveSigningKey(stolen, SCOPE)), 'KMSInternalException')
  const key = await newKey(hsm)
  const ciphertext = await encrypt(key)
  const material = { ...key.material, wrapped }
  assert.equal(refusal(await decrypt({ key: key.key, material }, ciphertext)), 'KMSInternalException')
  const asSecret = { accessKeyId: ACCESS_KEY_ID, wrappedSecret: key.material.wrapped }
  assert.equal(refusal(await hsm.deriveSigningKey(asSecret, SCOPE)), 'KMSInternalException')
})

test('no more requests wait than the limit allows', async () => {
  const draw = () => hsm.generateRandom(parseProof('kms:GenerateRandom'), 1)
  const answers = await Promise.all(Array.from({ length: KEY_REQUESTS_MAX + 1 }, draw))
  assert.deepEqual(
    answers.filter(isError).map(({ code }) => code),
    ['ThrottlingException'],
  )
  assert.ok(!isError(await draw()))
})

test('a request that no frame can carry is refused and harms no other', async () => {
  const key = await newKey<'kms:Encrypt'>(hsm)
  const answer = await hsm.encrypt(key, Buffer.alloc(500_000), CONTEXT)
  assert.equal(refusal(answer), 'KMSInternalException')
  assert.equal(hsm.health.restarts, 0)
  assert.equal((await encrypt(key)).length, 166)
})
