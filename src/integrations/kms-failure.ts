import { KMSServiceException } from '@aws-sdk/client-kms'

/** A refusal of KMS, or its silence. */
export type KmsFailure = { readonly kind: 'refused' | 'silent'; readonly code: string; readonly message: string }

/** What an error of the SDK's client says; nothing for any other error, which is a mistake in the program. */
export function kmsFailure(cause: unknown): KmsFailure | undefined {
  if (cause instanceof KMSServiceException && cause.$fault === 'client' && !isForNow(cause.name))
    return { kind: 'refused', code: cause.name, message: cause.message }
  if (cause instanceof KMSServiceException) return { kind: 'silent', code: cause.name, message: cause.message }
  if (!(cause instanceof Error) || !('$metadata' in cause)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return { kind: 'silent', code, message: `KMS does not answer (${code})` }
}

/** Refusals that say nothing about the request: it may be made again. */
function isForNow(name: string): boolean {
  return name === 'ThrottlingException'
}
