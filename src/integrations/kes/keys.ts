import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  paginateListAliases,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'

/** The keys of KES as keys of KMS: the key `name` is the one behind `alias/PREFIX/name`. */
export type Keys = {
  readonly client: KMSClient
  readonly prefix: string
}

/** Days in which a key that was deleted can be had back. The least that KMS allows. */
const DELETION_DAYS = 7
/** What a context of KES is called in the encryption context. Empty contexts are none. */
const CONTEXT = 'kes:context'

export const aliasOf = ({ prefix }: Keys, name: string): string => `alias/${prefix}/${name}`

/** Contexts are bytes, encryption contexts are text. */
function contextOf(context: Uint8Array): Record<string, string> {
  return context.length === 0 ? {} : { [CONTEXT]: Buffer.from(context).toString('base64') }
}

/** Makes a key. */
export async function createKey(keys: Keys, name: string): Promise<void> {
  const { KeyMetadata } = await keys.client.send(new CreateKeyCommand({ Description: `KES key ${name}` }))
  await finished(keys, name, KeyMetadata?.KeyId)
}

/** @param bytes - 32 bytes of key material. */
export async function importKey(keys: Keys, name: string, bytes: Uint8Array): Promise<void> {
  const wanted = { Description: `KES key ${name}`, Origin: 'EXTERNAL' } as const
  const { KeyMetadata } = await keys.client.send(new CreateKeyCommand(wanted))
  const KeyId = KeyMetadata?.KeyId
  await finished(keys, name, KeyId, () => importMaterial(keys, KeyId, bytes))
}

async function importMaterial({ client }: Keys, KeyId: string | undefined, bytes: Uint8Array): Promise<void> {
  const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const parameters = await client.send(new GetParametersForImportCommand({ KeyId, ...wrapping }))
  const key = createPublicKey({ key: Buffer.from(parameters.PublicKey ?? []), format: 'der', type: 'spki' })
  const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
  await client.send(
    new ImportKeyMaterialCommand({
      KeyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: publicEncrypt(oaep, bytes),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    }),
  )
}

/** Gives a key its name, at last. Without it the key would be there and nobody's, so that it goes again when the name is taken. */
async function finished(
  keys: Keys,
  name: string,
  TargetKeyId: string | undefined,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  try {
    await before()
    await keys.client.send(new CreateAliasCommand({ AliasName: aliasOf(keys, name), TargetKeyId }))
  } catch (cause) {
    const gone = { KeyId: TargetKeyId, PendingWindowInDays: DELETION_DAYS }
    await keys.client.send(new ScheduleKeyDeletionCommand(gone))
    throw cause
  }
}

export async function describeKey(keys: Keys, name: string) {
  const { KeyMetadata } = await keys.client.send(new DescribeKeyCommand({ KeyId: aliasOf(keys, name) }))
  return { keyId: KeyMetadata?.KeyId ?? '', createdAt: KeyMetadata?.CreationDate ?? new Date(0) }
}

/** The key can be had back for seven days: `CancelKeyDeletion`, `EnableKey`, and its alias anew. */
export async function deleteKey(keys: Keys, name: string): Promise<void> {
  const { keyId: KeyId } = await describeKey(keys, name)
  await keys.client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: DELETION_DAYS }))
  await keys.client.send(new DeleteAliasCommand({ AliasName: aliasOf(keys, name) }))
}

export async function listKeys(keys: Keys, prefix: string): Promise<readonly string[]> {
  const start = aliasOf(keys, '')
  const names: string[] = []
  for await (const { Aliases = [] } of paginateListAliases({ client: keys.client, pageSize: 100 }, {}))
    for (const { AliasName = '' } of Aliases)
      if (AliasName.startsWith(start) && AliasName.slice(start.length).startsWith(prefix))
        names.push(AliasName.slice(start.length))
  return names
}

export async function generateKey(keys: Keys, name: string, context: Uint8Array) {
  const { Plaintext = new Uint8Array(), CiphertextBlob = new Uint8Array() } = await keys.client.send(
    new GenerateDataKeyCommand({
      KeyId: aliasOf(keys, name),
      KeySpec: 'AES_256',
      EncryptionContext: contextOf(context),
    }),
  )
  return { plaintext: Plaintext, ciphertext: CiphertextBlob }
}

export async function encrypt(keys: Keys, name: string, plaintext: Uint8Array, context: Uint8Array) {
  const { CiphertextBlob = new Uint8Array() } = await keys.client.send(
    new EncryptCommand({ KeyId: aliasOf(keys, name), Plaintext: plaintext, EncryptionContext: contextOf(context) }),
  )
  return CiphertextBlob
}

export async function decrypt(keys: Keys, name: string, ciphertext: Uint8Array, context: Uint8Array) {
  const { Plaintext = new Uint8Array() } = await keys.client.send(
    new DecryptCommand({
      KeyId: aliasOf(keys, name),
      CiphertextBlob: ciphertext,
      EncryptionContext: contextOf(context),
    }),
  )
  return Plaintext
}
