/**
 * Encrypts in one Region and decrypts in another, with a multi-Region key and the AWS SDK.
 *
 *   npx node examples/multi-region-decrypt.ts TEXT
 *
 * It uses the KMS that AWS_ENDPOINT_URL names, or else starts a Trent of its own. AWS_REGION is the Region of the primary,
 * REPLICA_REGION that of the replica. A `trent serve` must have been started with both. The key is scheduled for deletion at
 * the end.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { startTrent } from './own-trent.ts'

const HOME = process.env.AWS_REGION ?? 'us-east-1'
const AWAY = process.env.REPLICA_REGION ?? 'eu-west-1'
/** What the text is, bound to its ciphertext: it decrypts only for the same purpose, in every Region. */
const EncryptionContext = { purpose: 'example' }
/** AWS takes some seconds for a replica, Trent none. */
const POLL_MS = 1_000
const POLLS_MAX = 60

/** A replica cannot be used before it has its primary's material. Throws when that takes longer than a minute. */
async function untilEnabled(kms: KMSClient, KeyId: string): Promise<void> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }))
    if (KeyMetadata?.KeyState === 'Enabled') return
    await delay(POLL_MS)
  }
  throw new Error(`the replica of ${KeyId} is not ready`)
}

async function encrypt(kms: KMSClient, KeyId: string, text: string): Promise<Uint8Array> {
  const input = { KeyId, Plaintext: Buffer.from(text), EncryptionContext }
  const { CiphertextBlob } = await kms.send(new EncryptCommand(input))
  if (!CiphertextBlob) throw new Error('the KMS answered no ciphertext')
  return CiphertextBlob
}

/** The ciphertext names the key: related keys share their id and material, so any Region that has one can decrypt. */
async function decrypt(kms: KMSClient, CiphertextBlob: Uint8Array): Promise<string> {
  const { Plaintext, KeyId } = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }))
  if (!Plaintext) throw new Error('the KMS answered no plaintext')
  process.stdout.write(`Decrypted with ${KeyId}.\n`)
  return Buffer.from(Plaintext).toString()
}

const [, , text] = process.argv
if (text === undefined) throw new Error('usage: npx node examples/multi-region-decrypt.ts TEXT')
await using own = process.env.AWS_ENDPOINT_URL ? undefined : await startTrent()
const home = new KMSClient({ ...own?.client, region: HOME })
const away = new KMSClient({ ...own?.client, region: AWAY })
const { KeyMetadata } = await home.send(
  new CreateKeyCommand({ MultiRegion: true, Description: 'multi-region-decrypt' }),
)
const KeyId = KeyMetadata?.KeyId ?? ''
const ciphertext = await encrypt(home, KeyId, text)
process.stdout.write(`Encrypted with ${KeyMetadata?.Arn}.\n`)
await home.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: AWAY }))
await untilEnabled(away, KeyId)
const decrypted = await decrypt(away, ciphertext)
if (decrypted !== text) throw new Error('the decrypted text differs')
// The primary waits until its replica is gone.
for (const kms of [away, home]) await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }))
process.stdout.write(`${AWAY} decrypted what ${HOME} encrypted.\n`)
