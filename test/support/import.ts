import assert from 'node:assert/strict'
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  GetParametersForImportCommand,
  type GetParametersForImportCommandInput,
  ImportKeyMaterialCommand,
  type ImportKeyMaterialCommandInput,
  KMSClient,
} from '@aws-sdk/client-kms'
import { REGION, type TestTrent } from './trent.ts'

/** What wraps material: the hash of OAEP, and whether the material comes under an AES key. */
export const WRAPPINGS = {
  RSAES_OAEP_SHA_1: { hash: 'sha1', isDirect: true },
  RSAES_OAEP_SHA_256: { hash: 'sha256', isDirect: true },
  RSA_AES_KEY_WRAP_SHA_1: { hash: 'sha1', isDirect: false },
  RSA_AES_KEY_WRAP_SHA_256: { hash: 'sha256', isDirect: false },
} as const
export type WrappingName = keyof typeof WRAPPINGS

export function encryptOaep(publicKey: Uint8Array, hash: string, bytes: Buffer): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, bytes)
}

/** RFC 5649. */
export function keyWrap(key: Buffer, bytes: Buffer): Buffer {
  const cipher = createCipheriv(`id-aes${key.length * 8}-wrap-pad`, key, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** Wraps material as its owner does. */
export function wrapFor(publicKey: Uint8Array, name: WrappingName, material: Buffer, aesKey = randomBytes(32)): Buffer {
  const { hash, isDirect } = WRAPPINGS[name]
  if (isDirect) return encryptOaep(publicKey, hash, material)
  return Buffer.concat([encryptOaep(publicKey, hash, aesKey), keyWrap(aesKey, material)])
}

export type Parameters = {
  readonly ImportToken: Uint8Array
  readonly PublicKey: Uint8Array
  readonly ParametersValidTo: Date
}
type Wanted = Partial<Omit<GetParametersForImportCommandInput, 'KeyId'>>
type Input = Partial<ImportKeyMaterialCommandInput>

/** What an owner of key material does with the AWS SDK. */
export function openImporter(trent: TestTrent, region = REGION) {
  const kms = new KMSClient({ endpoint: trent.url, region, credentials: trent.credentials, maxAttempts: 1 })
  const external = async (input: CreateKeyCommandInput = {}) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ ...input, Origin: 'EXTERNAL' }))
    const { KeyId = assert.fail(), Arn = assert.fail() } = KeyMetadata ?? {}
    return { KeyId, Arn }
  }
  const describe = async (KeyId: string) => {
    const { KeyMetadata = assert.fail() } = await kms.send(new DescribeKeyCommand({ KeyId }))
    return KeyMetadata
  }
  const parameters = async (KeyId: string, wanted: Wanted = {}): Promise<Parameters> => {
    const input = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048', ...wanted } as const
    const { ImportToken, PublicKey, ParametersValidTo } = await kms.send(
      new GetParametersForImportCommand({ KeyId, ...input }),
    )
    assert.ok(ImportToken && PublicKey && ParametersValidTo)
    return { ImportToken, PublicKey, ParametersValidTo }
  }
  /** Sends wrapped material that never expires, unless told otherwise. */
  const send = async (KeyId: string, ImportToken: Uint8Array, EncryptedKeyMaterial: Uint8Array, input: Input = {}) => {
    const forEver = input.ValidTo || 'ExpirationModel' in input ? {} : NEVER
    const { $metadata: _, ...answer } = await kms.send(
      new ImportKeyMaterialCommand({ KeyId, ImportToken, EncryptedKeyMaterial, ...forEver, ...input }),
    )
    return answer
  }
  /** Wraps and sends material with a key pair of its own. */
  const bring = async (
    KeyId: string,
    material: Buffer,
    input: Input = {},
    name: WrappingName = 'RSAES_OAEP_SHA_256',
  ) => {
    const { ImportToken, PublicKey } = await parameters(KeyId, { WrappingAlgorithm: name })
    return send(KeyId, ImportToken, wrapFor(PublicKey, name, material), input)
  }
  const drop = async (KeyId: string, KeyMaterialId?: string) => {
    const input = { KeyId, ...(KeyMaterialId === undefined ? {} : { KeyMaterialId }) }
    const { $metadata: _, ...answer } = await kms.send(new DeleteImportedKeyMaterialCommand(input))
    return answer
  }
  return { kms, external, describe, parameters, send, bring, drop }
}
export type Importer = ReturnType<typeof openImporter>

const NEVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const
