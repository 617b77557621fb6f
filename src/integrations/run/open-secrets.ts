import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import { type KmsFailure, kmsFailure } from '../kms-failure.ts'
import { contextOf, type Entry } from './secrets-file.ts'

/** Why a secret cannot be had. */
export type Unopened = KmsFailure & { readonly name: string }

/** Calls of KMS at once. */
const AT_ONCE = 16

/** The variables of a file. All of them, or the first that cannot be had: a program must not start with half of its secrets. */
export async function openSecrets(
  client: KMSClient,
  entries: readonly Entry[],
  context: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string> | Unopened> {
  const variables = new Map<string, string>()
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const some = entries.slice(from, from + AT_ONCE)
    const opened = await Promise.all(some.map((entry) => open(client, entry, context)))
    for (const [index, value] of opened.entries()) {
      if (typeof value !== 'string') return value
      variables.set(some[index]?.name ?? '', value)
    }
  }
  return variables
}

async function open(
  client: KMSClient,
  entry: Entry,
  context: Readonly<Record<string, string>>,
): Promise<string | Unopened> {
  const { name } = entry
  if (entry.kind === 'plain') return entry.value
  try {
    const wanted = { CiphertextBlob: entry.ciphertext, EncryptionContext: contextOf(name, context) }
    const { Plaintext = new Uint8Array() } = await client.send(new DecryptCommand(wanted))
    return Buffer.from(Plaintext).toString('utf8')
  } catch (cause) {
    const failed = kmsFailure(cause)
    if (!failed) throw cause
    return { ...failed, name }
  }
}
