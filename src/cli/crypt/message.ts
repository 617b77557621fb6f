import type { Duplex } from 'node:stream'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  KmsKeyringNode,
  type KmsNodeClientSupplier,
} from '@aws-crypto/client-node'
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { MESSAGE_DATA_KEYS_MAX, MESSAGE_FRAME_BYTES } from '../../domain/limits.ts'
import { failure, thrown } from '../failure.ts'
import type { Job } from './job.ts'

/**
 * AES-256-GCM in frames, with key commitment and without a signature: each frame is verified before its plaintext is
 * released, whereas a signature stands at the end, after all of it.
 * Source: AWS Encryption SDK, supported algorithm suites, 0x0478.
 */
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
/** Context that the message format adds itself. Source: AWS Encryption SDK, reserved encryption context. */
const RESERVED_CONTEXT = 'aws-crypto-'

const { encryptStream, decryptStream, decryptUnsignedMessageStream } = buildClient({
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  maxEncryptedDataKeys: MESSAGE_DATA_KEYS_MAX,
})

const NONE = new Uint8Array()

type Calls = Exclude<ReturnType<KmsNodeClientSupplier>, false>

/** The three calls that the format makes, all to the same service, whichever Region a key's ARN names. */
function callsOf({ client, abortSignal }: Job, onRefusal: (cause: unknown) => void): Calls {
  const sending = { abortSignal }
  return {
    async generateDataKey(input) {
      const {
        KeyId = '',
        CiphertextBlob = NONE,
        Plaintext = NONE,
      } = await client.send(new GenerateDataKeyCommand(input), sending)
      return { KeyId, CiphertextBlob, Plaintext }
    },
    async encrypt(input) {
      const { KeyId = '', CiphertextBlob = NONE } = await client.send(new EncryptCommand(input), sending)
      return { KeyId, CiphertextBlob }
    },
    async decrypt(input) {
      const answer = client.send(new DecryptCommand(input), sending)
      answer.catch(onRefusal)
      const { KeyId = '', Plaintext = NONE } = await answer
      return { KeyId, Plaintext }
    },
  }
}

/** Encrypts under a data key of `key`. What goes wrong, a refusal of the service too, is the stream's error. */
export function encryptingMessage(job: Job, key: string): Duplex {
  const calls = callsOf(job, () => undefined)
  const keyring = new KmsKeyringNode({ generatorKeyId: key, clientProvider: () => calls })
  return encryptStream(keyring, {
    suiteId: SUITE,
    encryptionContext: { ...job.context },
    frameLength: MESSAGE_FRAME_BYTES,
  })
}

/** A decryption, and why the service did not open the data key: the format's own error says it as the text of a stack only. */
export type DecryptingMessage = { readonly stream: Duplex; readonly refusal: () => unknown }

export type Trust = {
  /** The only key that may open the message; any that it names when absent. */
  readonly keyArn?: string
  /** Plaintext is released before the end of the message is seen, so that signed messages are refused. */
  readonly releasesEarly: boolean
}

/** Decrypts under the data key in the message. */
export function decryptingMessage(job: Job, { keyArn, releasesEarly }: Trust): DecryptingMessage {
  let refusal: unknown
  const calls = callsOf(job, (cause) => {
    refusal = cause
  })
  const keys = keyArn === undefined ? { discovery: true } : { keyIds: [keyArn] }
  const keyring = new KmsKeyringNode({ ...keys, clientProvider: () => calls })
  const stream = releasesEarly ? decryptUnsignedMessageStream(keyring) : decryptStream(keyring)
  return { stream, refusal: () => refusal }
}

type Context = Readonly<Record<string, string>>

/** Lets plaintext pass when the message was encrypted with exactly this context, the rule of Decrypt in the API. */
export function boundTo(context: Context, message: Duplex): (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  let stored: Context = {}
  // Emitted once the header is verified, before any plaintext.
  message.once('MessageHeader', (header: { readonly encryptionContext: Context }) => {
    stored = header.encryptionContext
  })
  return async function* (chunks) {
    let isChecked = false
    for await (const chunk of chunks) {
      if (!isChecked) requireContext(context, stored)
      isChecked = true
      yield chunk
    }
    if (!isChecked) requireContext(context, stored)
  }
}

function requireContext(given: Context, stored: Context): void {
  const own = Object.entries(stored).filter(([name]) => !name.startsWith(RESERVED_CONTEXT))
  if (own.length === Object.keys(given).length && own.every(([name, value]) => given[name] === value)) return
  const wanted = own.map(([name, value]) => `--context '${name}=${value}'`).join(' ')
  throw thrown(failure(`the message was encrypted with another context: ${wanted === '' ? 'none' : wanted}`))
}
