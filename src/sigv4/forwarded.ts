import { hash } from 'node:crypto'
import type { ServiceError } from '../domain/error.ts'
import type { ParsedAuthorization } from './authorization.ts'
import { canonicalRequest, stringToSign } from './canonical-request.ts'
import { headerValue } from './headers.ts'
import * as refusal from './refusal.ts'
import type { SignedRequest } from './request.ts'
import { checkSignedHeaders, isSignatureOf } from './verify.ts'

/** A request that somebody else received. Of its body there is what its signature says of it. */
export type ForwardedRequest = Omit<SignedRequest, 'body'> & {
  /** The last line of the canonical request: SHA-256 of the body in hex, or what the service's signers put in its place. */
  readonly payloadHash: string
}

/** S3's signers leave the path as it is sent; those of all other services encode each segment once more. */
const asSent = (path: string): string => path

/**
 * Checks that a request which another service received was signed with `signingKey`.
 *
 * @param signingKey - 32 bytes, of the day, Region and service in `parsed`.
 * @returns nothing when it was; `InvalidSignatureException` when not, or when a header that must be signed is not.
 */
export function verifyForwarded(
  request: ForwardedRequest,
  parsed: ParsedAuthorization,
  signingKey: Uint8Array,
): ServiceError | undefined {
  const unsigned = checkSignedHeaders(request, parsed)
  if (unsigned) return unsigned
  const declaredHash = headerValue(request.rawHeaders, 'x-amz-content-sha256')
  if (declaredHash !== undefined && declaredHash !== request.payloadHash) return refusal.mismatch()
  const pathOf = parsed.service === 's3' ? asSent : undefined
  const text = stringToSign(canonicalRequest(request, parsed, request.payloadHash, pathOf), parsed)
  return text !== undefined && isSignatureOf(text, signingKey, parsed.signature) ? undefined : refusal.mismatch()
}

/** What a signature is remembered by: 32 bytes from which it cannot be told. */
export function signatureDigest({ signature }: Pick<ParsedAuthorization, 'signature'>): Uint8Array {
  return hash('sha256', signature, 'buffer')
}
