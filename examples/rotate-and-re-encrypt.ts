/**
 * Rotates a key and brings an old ciphertext to the new key material, with the AWS SDK.
 *
 *   npx node examples/rotate-and-re-encrypt.ts TEXT
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. Rotation leaves old ciphertexts readable, so
 * that re-encryption is needed only where old material must go out of use. The key is scheduled for deletion at the end.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { startTrent } from './own-trent.ts'

const EncryptionContext = { purpose: 'example' }
/** AWS takes some seconds to rotate, Trent none. */
const POLL_MS = 1_000
const POLLS_MAX = 60

async function currentMaterial(kms: KMSClient, KeyId: string): Promise<string | undefined> {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
  return KeyMetadata?.CurrentKeyMaterialId
}

/** Throws when the key has no other material within a minute. */
async function rotate(kms: KMSClient, KeyId: string): Promise<void> {
  const before = await currentMaterial(kms, KeyId)
  await kms.send(new RotateKeyOnDemandCommand({ KeyId }))
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    if ((await currentMaterial(kms, KeyId)) !== before) return
    await delay(POLL_MS)
  }
  throw new Error(`${KeyId} did not rotate`)
}

/** Decrypts, and tells which key material the ciphertext was made with. */
async function open(kms: KMSClient, CiphertextBlob: Uint8Array, text: string): Promise<string | undefined> {
  const { Plaintext, KeyMaterialId } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  if (Buffer.from(Plaintext ?? []).toString() !== text) throw new Error('the decrypted text differs')
  return KeyMaterialId
}

const [, , text] = process.argv
if (text === undefined) throw new Error('usage: npx node examples/rotate-and-re-encrypt.ts TEXT')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const kms = new KMSClient({ region: process.env.AWS_REGION ?? 'us-east-1', ...own?.client })
const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'rotate-and-re-encrypt' }))
const KeyId = KeyMetadata?.KeyId ?? ''
const old = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text), EncryptionContext }))
if (!old.CiphertextBlob) throw new Error('the KMS answered no ciphertext')
const first = await open(kms, old.CiphertextBlob, text)
await rotate(kms, KeyId)
const stillFirst = await open(kms, old.CiphertextBlob, text)
if (stillFirst !== first) throw new Error('the ciphertext changed its key material')
process.stdout.write(`The key has rotated; the ciphertext still decrypts with ${first}.\n`)
// The plaintext never leaves the KMS. DestinationKeyId may as well be another key.
const moved = await kms.send(
  new ReEncryptCommand({
    CiphertextBlob: old.CiphertextBlob,
    SourceEncryptionContext: EncryptionContext,
    DestinationKeyId: KeyId,
    DestinationEncryptionContext: EncryptionContext,
  }),
)
if (!moved.CiphertextBlob) throw new Error('the KMS answered no ciphertext')
const second = await open(kms, moved.CiphertextBlob, text)
if (second === first) throw new Error('the new ciphertext is of the old key material')
await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
process.stdout.write(`The re-encrypted one decrypts with ${second}.\n`)
