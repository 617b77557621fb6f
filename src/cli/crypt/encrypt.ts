import { EncryptCommand } from '@aws-sdk/client-kms'
import { PLAINTEXT_MAX_BYTES } from '../../domain/limits.ts'
import { type Failure, failure, misuse } from '../failure.ts'
import { toBase64 } from './base64.ts'
import { deliver, type Job, runJob } from './job.ts'
import { encryptingMessage } from './message.ts'
import type { EncryptOptions } from './options.ts'
import { counted } from './progress.ts'

/** Encrypts the input: by one call when it is small enough, else as an envelope message. */
export async function encrypt(options: EncryptOptions): Promise<Failure | undefined> {
  if (options.out === undefined && process.stdout.isTTY && !options.base64 && !options.force)
    return misuse('ciphertext is binary and would garble the terminal: give --base64, --out FILE or --force')
  return runJob(options, PLAINTEXT_MAX_BYTES + 1, (job) =>
    isSmall(job) ? encryptWhole(job, options) : encryptStreamed(job, options),
  )
}

/** Encrypt takes at least one byte; the message format takes none as well. Source: service model, PlaintextType. */
function isSmall({ source: { isWhole, head } }: Job): boolean {
  return isWhole && head.length > 0 && head.length <= PLAINTEXT_MAX_BYTES
}

async function encryptWhole(job: Job, { key, algorithm, base64 }: EncryptOptions): Promise<undefined> {
  const { CiphertextBlob = new Uint8Array() } = await job.client.send(
    new EncryptCommand({
      KeyId: key,
      Plaintext: job.source.head,
      EncryptionContext: job.context,
      ...(algorithm === undefined ? {} : { EncryptionAlgorithm: algorithm }),
    }),
    { abortSignal: job.abortSignal },
  )
  const ciphertext = Buffer.from(CiphertextBlob)
  // One line, however long, so that it can be the value of a variable.
  await deliver(job, { input: once(base64 ? Buffer.from(`${ciphertext.toString('base64')}\n`) : ciphertext) })
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}

async function encryptStreamed(job: Job, { key, algorithm, base64 }: EncryptOptions): Promise<Failure | undefined> {
  if (algorithm !== undefined)
    return failure(`with --algorithm the input is encrypted by the key itself: 1 to ${PLAINTEXT_MAX_BYTES} bytes`)
  const { source } = job
  await deliver(job, {
    input: counted(source.all(), source.sizeBytes),
    message: encryptingMessage(job, key),
    ...(base64 ? { output: toBase64 } : {}),
  })
  return undefined
}
