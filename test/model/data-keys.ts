import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { dried, keep } from './encryption.ts'
import { expects, learn, type Refusal, refused, refusedByUsage, used } from './expectation.ts'
import { currentMaterial, isSymmetric, type ModelKey, type World } from './state.ts'
import { chosenKey, nameOf, nth, seldom, step, symmetric } from './step.ts'

const context = fc.constantFrom<{ readonly [name: string]: string }>({}, { a: '1' })

/** Data keys come from symmetric keys alone. */
function refusal(key: ModelKey, operation: string): Refusal | undefined {
  const algorithm: Refusal | undefined = isSymmetric(key.family)
    ? undefined
    : ['InvalidKeyUsageException', `Algorithm SYMMETRIC_DEFAULT is incompatible with key spec ${key.family.spec}.`]
  return refused(key, operation) ?? refusedByUsage(key, operation, 'ENCRYPT_DECRYPT') ?? algorithm
}

const keyPick = { key: nth, context, dry: seldom }

export const generatesDataKey = step(
  'generateDataKey',
  fc.record({ ...keyPick, bare: fc.boolean(), bytes: fc.constantFrom(16, 32, 1, 1024) }),
  async (world, { key: pick, context, dry, bare, bytes }) => {
    const key = chosenKey(world, pick, symmetric)
    if (!key) return
    const operation = bare ? 'GenerateDataKeyWithoutPlaintext' : 'GenerateDataKey'
    const size = bytes === 32 ? { KeySpec: 'AES_256' } : { NumberOfBytes: bytes }
    const input = { KeyId: nameOf(key, pick), ...size, EncryptionContext: context, ...(dry ? { DryRun: true } : {}) }
    const answer = await expects(world, operation, input, key, refusal(key, operation) ?? dried(dry))
    if (!answer) return
    assert.equal(answer.KeyId, key.arn)
    const made = { blob: answer.CiphertextBlob, bytes, context }
    const plaintext = bare ? {} : { plaintext: answer.Plaintext }
    if (!bare) assert.equal(Buffer.from(answer.Plaintext, 'base64').length, bytes)
    generated(world, key, operation, answer.KeyMaterialId, { ...made, ...plaintext })
  },
)

type Made = {
  readonly blob: string
  readonly bytes?: number
  readonly plaintext?: string
  readonly context: { readonly [name: string]: string }
}

function generated(world: World, key: ModelKey, operation: string, materialId: string, made: Made): void {
  const material = currentMaterial(key.family)
  assert.ok(material)
  learn(world, material, materialId)
  used(world, key, operation)
  keep(world, { ...made, family: key.family, material, algorithm: 'SYMMETRIC_DEFAULT' })
}

export const generatesDataKeyPair = step(
  'generateDataKeyPair',
  fc.record({ ...keyPick, bare: fc.boolean(), spec: fc.constantFrom('ECC_NIST_P256', 'ECC_NIST_EDWARDS25519') }),
  async (world, { key: pick, context, dry, bare, spec }) => {
    const key = chosenKey(world, pick, symmetric)
    if (!key) return
    const operation = bare ? 'GenerateDataKeyPairWithoutPlaintext' : 'GenerateDataKeyPair'
    const input = {
      KeyId: nameOf(key, pick),
      KeyPairSpec: spec,
      EncryptionContext: context,
      ...(dry ? { DryRun: true } : {}),
    }
    const answer = await expects(world, operation, input, key, refusal(key, operation) ?? dried(dry))
    if (!answer) return
    const plaintext = bare ? {} : { plaintext: answer.PrivateKeyPlaintext }
    if (!bare) assert.equal(publicHalf(answer.PrivateKeyPlaintext), answer.PublicKey)
    generated(world, key, operation, answer.KeyMaterialId, {
      blob: answer.PrivateKeyCiphertextBlob,
      context,
      ...plaintext,
    })
  },
)

function publicHalf(privateKey: string): string {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64')
}

export const generatesRandom = step('generateRandom', fc.constantFrom(0, 1, 32, 1024, 1025), async (world, bytes) => {
  const refusal: Refusal | undefined = bytes === 0 || bytes === 1025 ? ['ValidationException'] : undefined
  const input = { NumberOfBytes: bytes }
  const answer = await expects(world, 'GenerateRandom', input, { region: 'us-east-1' }, refusal)
  if (answer) assert.equal(Buffer.from(answer.Plaintext, 'base64').length, bytes)
})
