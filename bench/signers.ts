import { hash, randomBytes } from 'node:crypto'
import type { KmsClient } from '../scripts/kms-client.ts'
import { succeeded } from '../test/support/answer.ts'
import type { SignerSpec } from './bare-crypto.ts'

type MessageType = 'RAW' | 'DIGEST' | 'EXTERNAL_MU'

/** What is signed: every algorithm family, and those forms of messages that are computed in another way. */
export const SIGNERS = [
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'RAW'],
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'RAW'],
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'DIGEST'],
  ['RSA_3072', 'RSASSA_PSS_SHA_384', 'RAW'],
  ['RSA_4096', 'RSASSA_PSS_SHA_512', 'RAW'],
  ['RSA_4096', 'RSASSA_PSS_SHA_512', 'DIGEST'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'RAW'],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'DIGEST'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'RAW'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384', 'DIGEST'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'RAW'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'DIGEST'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'RAW'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'DIGEST'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512', 'RAW'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_PH_SHA_512', 'DIGEST'],
  ['ML_DSA_44', 'ML_DSA_SHAKE_256', 'RAW'],
  ['ML_DSA_65', 'ML_DSA_SHAKE_256', 'RAW'],
  ['ML_DSA_65', 'ML_DSA_SHAKE_256', 'EXTERNAL_MU'],
  ['ML_DSA_87', 'ML_DSA_SHAKE_256', 'RAW'],
] as const satisfies ReadonlyArray<readonly [SignerSpec, string, MessageType]>

/** A key in the service, with what Sign and Verify are asked. */
export type Signer = {
  readonly name: string
  readonly keySpec: SignerSpec
  readonly algorithm: string
  readonly messageType: MessageType
  readonly inputs: { readonly Sign: object; readonly Verify: object }
}

/** Bytes of a message that is signed as it is. */
const MESSAGE_BYTES = 32

function messageFor(algorithm: string, messageType: MessageType): Buffer {
  const message = randomBytes(MESSAGE_BYTES)
  if (messageType === 'DIGEST') return hash(`sha${algorithm.slice(-3)}`, message, 'buffer')
  // Any 64 bytes can be an external mu.
  return messageType === 'EXTERNAL_MU' ? randomBytes(64) : message
}

/** Makes a key for each of `SIGNERS`. Keys of one spec are shared by its algorithms. */
export async function makeSigners(client: KmsClient): Promise<readonly Signer[]> {
  const keyIds = new Map<string, string>()
  const signers: Signer[] = []
  for (const [keySpec, algorithm, messageType] of SIGNERS) {
    const KeyId = keyIds.get(keySpec) ?? (await newKey(client, keySpec))
    keyIds.set(keySpec, KeyId)
    const Message = messageFor(algorithm, messageType).toString('base64')
    const input = { KeyId, SigningAlgorithm: algorithm, MessageType: messageType, Message }
    const { Signature } = succeeded(await client.call('Sign', input))
    const name = `${algorithm} of ${keySpec}, ${messageType}`
    signers.push({ name, keySpec, algorithm, messageType, inputs: { Sign: input, Verify: { ...input, Signature } } })
  }
  return signers
}

async function newKey(client: KmsClient, KeySpec: SignerSpec): Promise<string> {
  return succeeded(await client.call('CreateKey', { KeySpec, KeyUsage: 'SIGN_VERIFY' })).KeyMetadata.KeyId
}
