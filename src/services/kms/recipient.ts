import { error, type ServiceError } from '../../domain/error.ts'

/** Attestation documents are not verified yet, so no answer may be given for one. */
export function refuseRecipient(input: { readonly Recipient?: unknown }): ServiceError | undefined {
  return input.Recipient === undefined
    ? undefined
    : error('UnsupportedOperationException', 'Recipient is not supported.')
}
