import { DecryptCommand, DescribeKeyCommand } from '@aws-sdk/client-kms'
import { CIPHERTEXT_MAX_BYTES } from '../../domain/limits.ts'
import { type Failure, failure, failureIn, systemCode } from '../failure.ts'
import { fromBase64, looksLikeBase64 } from './base64.ts'
import { deliver, type Job, runJob } from './job.ts'
import { boundTo, decryptingMessage } from './message.ts'
import type { DecryptOptions } from './options.ts'
import { counted } from './progress.ts'

/** Bytes of base64 that hold the longest ciphertext of the API, with a line break after every 76 and some to spare. */
const HEAD_BYTES = CIPHERTEXT_MAX_BYTES * 2
/** Version and type, or version and algorithm suite. Source: AWS Encryption SDK message format, header, versions 1 and 2. */
const MESSAGE_STARTS = [
  [0x01, 0x80],
  [0x02, 0x04, 0x78],
  [0x02, 0x05, 0x78],
]

/** Decrypts the input, whichever of the forms it has that `encrypt` writes. */
export function decrypt(options: DecryptOptions): Promise<Failure | undefined> {
  return runJob(options, HEAD_BYTES, async (job) => {
    const { head } = job.source
    const isText = looksLikeBase64(head)
    const start = isText ? Buffer.from(head.toString('latin1'), 'base64') : head
    if (MESSAGE_STARTS.some((bytes) => bytes.every((byte, i) => start[i] === byte)))
      return decryptStreamed(job, options, isText)
    return decryptWhole(job, options, isText)
  })
}

async function decryptWhole(
  job: Job,
  { key, algorithm }: DecryptOptions,
  isText: boolean,
): Promise<Failure | undefined> {
  const ciphertext = isText ? Buffer.concat(await Array.fromAsync(fromBase64(headOf(job)))) : job.source.head
  if (!job.source.isWhole || ciphertext.length > CIPHERTEXT_MAX_BYTES || ciphertext.length === 0)
    return failure(
      `the input is no ciphertext: neither 1 to ${CIPHERTEXT_MAX_BYTES} bytes nor a message of the AWS Encryption SDK`,
    )
  const { Plaintext = new Uint8Array() } = await job.client.send(
    new DecryptCommand({
      CiphertextBlob: ciphertext,
      EncryptionContext: job.context,
      ...(key === undefined ? {} : { KeyId: key }),
      ...(algorithm === undefined ? {} : { EncryptionAlgorithm: algorithm }),
    }),
    { abortSignal: job.abortSignal },
  )
  await deliver(job, { input: once(Buffer.from(Plaintext)) })
  return undefined
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}

const headOf = ({ source }: Job): AsyncIterable<Buffer> => once(source.head)

async function decryptStreamed(job: Job, { key, out }: DecryptOptions, isText: boolean): Promise<Failure | undefined> {
  const keyArn = key === undefined ? undefined : await arnOf(job, key)
  const { stream, refusal } = decryptingMessage(job, {
    ...(keyArn === undefined ? {} : { keyArn }),
    releasesEarly: out === undefined,
  })
  const bytes = counted(job.source.all(), job.source.sizeBytes)
  try {
    await deliver(job, {
      input: isText ? fromBase64(bytes) : bytes,
      message: stream,
      output: boundTo(job.context, stream),
    })
    return undefined
  } catch (cause) {
    if (refusal() !== undefined) throw refusal()
    if (job.abortSignal.aborted || failureIn(cause) || systemCode(cause) || !(cause instanceof Error)) throw cause
    return failure(`the message cannot be decrypted: ${cause.message.split('\n', 1)[0]}`)
  }
}

/** Messages name keys by their ARN. */
async function arnOf({ client, abortSignal }: Job, key: string): Promise<string | undefined> {
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }), { abortSignal })
  return KeyMetadata?.Arn
}
