import { type DataKeyPairSpec, isKeyPairSpec, KEY_SPECS, type KeySpec } from '../../domain/key-spec.ts'
import { isSigningAlgorithm, refuseMessage } from '../../domain/signing-algorithm.ts'
import type { Op, Refusal } from '../wire.ts'
import { sharedSecret } from './agreement.ts'
import { atOnce, beside } from './beside.ts'
import type { Answer, Boundary, Operation } from './boundary.ts'
import { envelopeOf } from './cipher.ts'
import { encrypt } from './envelope.ts'
import { privateKeyBytes } from './key-pair.ts'
import { isKeyPair, type KeyPairMaterial, type Material } from './material.ts'
import { isMessageType, isSlow, type Signer, signerOf } from './signature.ts'

type Signing = {
  readonly material: KeyPairMaterial
  readonly message: Buffer
  readonly run: <T>(work: (signer: Signer) => T | Promise<T>) => T | Promise<T | 'overloaded' | 'unproven'>
}

/** What a request signs or verifies, copied, and where it happens; `refused` when the key does not sign such messages. */
function signingOf(boundary: Boundary, fields: readonly Buffer[]): Signing | Refusal {
  const [field, algorithmName, typeName, message] = fields
  if (!field || !algorithmName || !typeName || !message) return 'refused'
  const material = boundary.material(field)
  if (typeof material === 'string') return material
  const algorithm = algorithmName.toString('latin1')
  const messageType = typeName.toString('latin1')
  if (!isKeyPair(material) || material.keyUsage !== 'SIGN_VERIFY' || !isSigningAlgorithm(algorithm)) return 'refused'
  const signer = signerOf(material.keySpec, algorithm, messageType)
  if (!signer || !isMessageType(messageType) || refuseMessage(algorithm, messageType, message)) return 'refused'
  const where = isSlow(material.keySpec, algorithm) ? beside : atOnce
  return {
    material,
    message: Buffer.from(message),
    run: (work) => where(boundary, material.keySpec, () => work(signer)),
  }
}

/** The answer made of what comes now or later. */
function answered<T>(value: T | Promise<T>, answer: (value: T) => Answer): Answer | Promise<Answer> {
  return value instanceof Promise ? value.then(answer) : answer(value)
}

const one = (bytes: Buffer | Refusal): Answer => (typeof bytes === 'string' ? bytes : [bytes])

function agreementKey(boundary: Boundary, field: Buffer): KeyPairMaterial | Refusal {
  const material: Material | Refusal = boundary.material(field)
  if (typeof material === 'string') return material
  return isKeyPair(material) && material.keyUsage === 'KEY_AGREEMENT' ? material : 'refused'
}

function parseDataKeyPairSpec(text: string): DataKeyPairSpec | undefined {
  const isSpec = Object.hasOwn(KEY_SPECS, text) && isKeyPairSpec(text as KeySpec) && !text.startsWith('ML_DSA_')
  return isSpec ? (text as DataKeyPairSpec) : undefined
}

type DataKeyPair = readonly [privateKey: Buffer, ciphertext: Buffer, publicKey: Buffer]

/** A new key pair whose private key, DER PKCS#8, is encrypted under the symmetric key of `field`. */
async function newDataKeyPair(
  boundary: Boundary,
  field: Buffer,
  specName: Buffer,
  context: Buffer,
): Promise<DataKeyPair | Refusal> {
  const envelope = envelopeOf(boundary, field)
  if (typeof envelope === 'string') return envelope
  const spec = parseDataKeyPairSpec(specName.toString('latin1'))
  const additionalData = Buffer.from(context)
  const pair = spec ? await boundary.newKeyPair(spec) : 'refused'
  if (typeof pair === 'string') return pair
  const privateKey = privateKeyBytes(pair)
  const ciphertext = encrypt(envelope, privateKey, additionalData)
  return typeof ciphertext === 'string' ? ciphertext : [privateKey, ciphertext, pair.spki]
}

type KeyPairOp =
  | 'sign'
  | 'verify'
  | 'deriveSharedSecret'
  | 'generateDataKeyPair'
  | 'generateDataKeyPairWithoutPlaintext'
  | 'checkPublicKey'

/** What is done with key pairs. */
export const KEY_PAIR_OPERATIONS = {
  sign: {
    fields: 4,
    run(boundary, ...fields) {
      const signing = signingOf(boundary, fields)
      if (typeof signing === 'string') return signing
      const { material, message, run } = signing
      return answered(
        run((signer) => signer.sign(material, message)),
        one,
      )
    },
  },
  verify: {
    fields: 5,
    run(boundary, ...fields) {
      const signing = signingOf(boundary, fields)
      if (typeof signing === 'string') return signing
      const { material, message, run } = signing
      const signature = Buffer.from(fields[4] ?? [])
      return answered(
        run((signer) => signer.verify(material, message, signature)),
        (verdict) => (typeof verdict === 'string' ? verdict : verdict ? [] : 'invalidSignature'),
      )
    },
  },
  deriveSharedSecret: {
    fields: 2,
    isSecret: true,
    run(boundary, field: Buffer, publicKey: Buffer) {
      const material = agreementKey(boundary, field)
      if (typeof material === 'string') return material
      const peer = Buffer.from(publicKey)
      const secret = beside(boundary, material.keySpec, () => sharedSecret(material, peer))
      return answered(secret, (bytes) => one(bytes ?? 'invalidPublicKey'))
    },
  },
  generateDataKeyPair: { fields: 3, isSecret: true, run: newDataKeyPair },
  generateDataKeyPairWithoutPlaintext: {
    fields: 3,
    async run(boundary, field: Buffer, spec: Buffer, context: Buffer) {
      const made = await newDataKeyPair(boundary, field, spec, context)
      if (typeof made === 'string') return made
      made[0].fill(0)
      return [made[1], made[2]]
    },
  },
  // The store keeps public keys in the clear. Whoever can write there must not make others encrypt to a key of his own.
  checkPublicKey: {
    fields: 2,
    run(boundary, field: Buffer, publicKey: Buffer) {
      const material = boundary.material(field)
      if (typeof material === 'string') return material
      return isKeyPair(material) && material.spki.equals(publicKey) ? [] : 'unopenable'
    },
  },
} as const satisfies Record<Extract<Op, KeyPairOp>, Operation>
