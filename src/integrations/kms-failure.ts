import { KMSServiceException } from '@aws-sdk/client-kms'

/** A refusal of KMS, or its silence. */
export type KmsFailure = { readonly kind: 'refused' | 'silent'; readonly code: string; readonly message: string }

/** What an error of the SDK's client says; nothing for any other error, which is a mistake in the program. */
export function kmsFailure(cause: unknown): KmsFailure | undefined {
  if (cause instanceof KMSServiceException && cause.$fault === 'client' && !isForNow(cause.name))
    return { kind: 'refused', code: cause.name, message: messageOf(cause) }
  if (cause instanceof KMSServiceException) return { kind: 'silent', code: cause.name, message: messageOf(cause) }
  if (!(cause instanceof Error) || !('$metadata' in cause)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return { kind: 'silent', code, message: `KMS does not answer (${code})` }
}

/** Refusals that say nothing about the request: it may be made again. */
function isForNow(name: string): boolean {
  return name === 'ThrottlingException'
}

/** What errors mean for which KMS sends no message; the SDK puts `UnknownError` in its place. Source: their API pages. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['IncorrectKeyException', 'the ciphertext was encrypted with another key'],
  ['InvalidCiphertextException', 'the ciphertext was changed, or encrypted with another context or elsewhere'],
])

/** The message of a refusal, or what it means when it has none. */
export function messageOf({ name, message }: KMSServiceException): string {
  return message === 'UnknownError' || message === '' ? (MEANINGS.get(name) ?? 'the service gives no reason') : message
}
