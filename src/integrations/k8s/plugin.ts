import { DecryptCommand, DescribeKeyCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import { type KmsFailure, kmsFailure } from '../kms-failure.ts'
import { API_VERSION, type DecryptAnswer, type DecryptCall, type EncryptAnswer, type StatusAnswer } from './protocol.ts'

/** Why a call cannot be answered. `invalid`: the caller sent what this plugin never gave. */
export type PluginFailure = KmsFailure | { readonly kind: 'invalid'; readonly code: string; readonly message: string }

export type PluginOptions = {
  readonly client: KMSClient
  /** Any identifier of the key that encrypts from now on. */
  readonly key: string
  readonly context: Readonly<Record<string, string>>
}

/** What the API server asks of a plugin. */
export type Plugin = {
  status(): Promise<StatusAnswer>
  encrypt(plaintext: Uint8Array): Promise<EncryptAnswer | PluginFailure>
  decrypt(call: DecryptCall): Promise<DecryptAnswer | PluginFailure>
}

/**
 * A key id of the plugin: the key and the material that encrypts now. It changes when either does, and then the API server
 * encrypts anew. Source: KMS v2, "key_id … changes when the KEK is rotated"; at most 1 kB.
 */
const KEY_ID = /^(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[a-z0-9-]{1,64})\/[a-f0-9]{64}$/
/** Attempts to encrypt while no rotation passes by. */
const ATTEMPTS = 3

export function isFailure(answer: object): answer is PluginFailure {
  return 'kind' in answer
}

export function openPlugin(options: PluginOptions): Plugin {
  const { client, context } = options
  /** The last key id that was seen: what an unhealthy status tells, so that the API server takes nothing for a rotation. */
  let lastKeyId = ''
  const keyId = async () => {
    lastKeyId = await currentKeyId(options)
    return lastKeyId
  }
  return {
    status: () =>
      statusOf(options, keyId).catch((cause) => ({
        version: API_VERSION,
        healthz: (kmsFailure(cause) ?? rethrown(cause)).message,
        keyId: lastKeyId,
      })),
    encrypt: (plaintext) => failing(() => encryptBetweenRotations(options, keyId, plaintext)),
    decrypt: ({ ciphertext, keyId: named }) =>
      failing(async () => {
        const [, KeyId] = KEY_ID.exec(named) ?? []
        if (KeyId === undefined) return foreign(named)
        const wanted = { KeyId, CiphertextBlob: ciphertext, EncryptionContext: context }
        const { Plaintext = new Uint8Array() } = await client.send(new DecryptCommand(wanted))
        return { plaintext: Plaintext }
      }),
  }
}

const foreign = (named: string): PluginFailure => ({
  kind: 'invalid',
  code: 'InvalidKeyId',
  message: `'${named.slice(0, 100)}' is no key id of this plugin`,
})

function rethrown(cause: unknown): never {
  throw cause
}

async function failing<T>(call: () => Promise<T>): Promise<T | PluginFailure> {
  try {
    return await call()
  } catch (cause) {
    return kmsFailure(cause) ?? rethrown(cause)
  }
}

async function currentKeyId({ client, key }: PluginOptions): Promise<string> {
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: key }))
  return `${KeyMetadata?.Arn}/${KeyMetadata?.CurrentKeyMaterialId}`
}

/** Healthy is who could encrypt now: a dry run asks for key state and permission, and does nothing. */
async function statusOf(options: PluginOptions, keyId: () => Promise<string>): Promise<StatusAnswer> {
  const current = await keyId()
  const trial = new EncryptCommand({
    KeyId: options.key,
    Plaintext: Buffer.from('status'),
    EncryptionContext: options.context,
    DryRun: true,
  })
  const failed = await options.client.send(trial).then(
    () => undefined,
    (cause) => kmsFailure(cause) ?? rethrown(cause),
  )
  const isWell = failed === undefined || failed.code === 'DryRunOperationException'
  return { version: API_VERSION, healthz: isWell ? 'ok' : `${failed.code}: ${failed.message}`, keyId: current }
}

/** What is encrypted while the key rotates could be under either material: then it is done again, so that its key id is true. */
async function encryptBetweenRotations(
  { client, key, context }: PluginOptions,
  keyId: () => Promise<string>,
  plaintext: Uint8Array,
): Promise<EncryptAnswer | PluginFailure> {
  let before = await keyId()
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const wanted = { KeyId: key, Plaintext: plaintext, EncryptionContext: context }
    const { CiphertextBlob = new Uint8Array() } = await client.send(new EncryptCommand(wanted))
    const after = await keyId()
    if (after === before) return { ciphertext: CiphertextBlob, keyId: after }
    before = after
  }
  return { kind: 'silent', code: 'Rotating', message: 'The key is being rotated.' }
}
