/**
 * Encrypts a file of any size under a data key, with the AWS SDK, and decrypts it again.
 *
 *   npx node examples/encrypt-file.ts FILE
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. FILE.enc holds the encrypted data key, then
 * the encrypted file: it is worthless without the KMS.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { CreateKeyCommand, DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { startTrent } from './own-trent.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
/** What the file is, bound to its data key: it decrypts only for the same purpose. */
const EncryptionContext = { purpose: 'files' }

/** The answer has the data key twice: in the clear, to be used now and forgotten, and encrypted, to be kept. */
async function encrypt(kms: KMSClient, KeyId: string, plaintext: Buffer): Promise<Buffer> {
  const { Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }),
  )
  if (!Plaintext || !CiphertextBlob) throw new Error('the KMS answered no data key')
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', Plaintext, iv)
  Plaintext.fill(0)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(CiphertextBlob.length)
  const encrypted = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([length, CiphertextBlob, iv, cipher.getAuthTag(), encrypted])
}

/** Throws when the file was changed, or its data key is not one of this KMS. */
async function decrypt(kms: KMSClient, file: Buffer): Promise<Buffer> {
  const keyEnd = 2 + file.readUInt16BE(0)
  const [ivEnd, tagEnd] = [keyEnd + IV_BYTES, keyEnd + IV_BYTES + TAG_BYTES]
  const CiphertextBlob = file.subarray(2, keyEnd)
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  if (!Plaintext) throw new Error('the KMS answered no data key')
  const decipher = createDecipheriv('aes-256-gcm', Plaintext, file.subarray(keyEnd, ivEnd), {
    authTagLength: TAG_BYTES,
  })
  Plaintext.fill(0)
  decipher.setAuthTag(file.subarray(ivEnd, tagEnd))
  return Buffer.concat([decipher.update(file.subarray(tagEnd)), decipher.final()])
}

const [, , path] = process.argv
if (path === undefined) throw new Error('usage: npx node examples/encrypt-file.ts FILE')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const kms = new KMSClient({ region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client })
const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'encrypt-file' }))
const plaintext = readFileSync(path)
writeFileSync(`${path}.enc`, await encrypt(kms, KeyMetadata?.KeyId ?? '', plaintext))
const decrypted = await decrypt(kms, readFileSync(`${path}.enc`))
if (!decrypted.equals(plaintext)) throw new Error('the decrypted file differs')
process.stdout.write(`${path} is in ${path}.enc, which decrypts to the same bytes.\n`)
