import { timingSafeEqual } from 'node:crypto'
import type { ServiceError } from '../domain/error.ts'
import type { ParsedAuthorization } from './authorization.ts'
import { canonicalRequest, payloadHash, stringToSign } from './canonical-request.ts'
import { headerValue } from './headers.ts'
import { hmacSha256 } from './hmac.ts'
import * as refusal from './refusal.ts'
import { type SignatureForm, type SignedRequest, TERMINATOR } from './request.ts'
import { checkNotExpired, checkNotStale } from './validity.ts'

/** What a signature must be scoped to. */
export type AcceptedScope = {
  /** Signing names of the service addressed; most have one. */
  readonly services: readonly string[]
  readonly isRegion: (region: string) => boolean
  /** Milliseconds since the epoch, real time. */
  readonly now: number
}

/**
 * Headers that change what a request means, so that they must be signed when present: an unsigned target would let
 * whoever is in the middle swap the operation. A presigned request takes its date from the query, not from the header.
 */
const SIGNED_WHEN_PRESENT: readonly {
  readonly name: string
  readonly text: string
  readonly forms: readonly SignatureForm[]
}[] = [
  { name: 'x-amz-date', text: "'X-Amz-Date'", forms: ['header'] },
  { name: 'x-amz-target', text: "'X-Amz-Target'", forms: ['header', 'query'] },
  { name: 'x-amz-security-token', text: "'X-Amz-Security-Token'", forms: ['header', 'query'] },
]

/**
 * Checks time and scope of a signature, before its key is looked up.
 *
 * @returns `InvalidSignatureException` with AWS's text: too old, in the future, then all faults of the scope joined by
 *   spaces, then past X-Amz-Expires.
 */
export function checkScope(parsed: ParsedAuthorization, accepted: AcceptedScope): ServiceError | undefined {
  const stale = checkNotStale(parsed, accepted.now)
  if (stale) return stale
  const faults = scopeFaults(parsed, accepted)
  return faults.length > 0 ? refusal.outOfScope(faults) : checkNotExpired(parsed, accepted.now)
}

function scopeFaults(parsed: ParsedAuthorization, { services, isRegion }: AcceptedScope): readonly string[] {
  const faults: string[] = []
  const day = parsed.timestamp.slice(0, 8)
  if (!isRegion(parsed.region)) faults.push(`Credential should be scoped to a valid region, not '${parsed.region}'.`)
  if (!services.includes(parsed.service))
    faults.push(`Credential should be scoped to correct service: '${services.join("', '")}'.`)
  if (parsed.terminator !== TERMINATOR)
    faults.push(`Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${parsed.terminator}'.`)
  if (parsed.date !== day)
    faults.push(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${parsed.date}' != '${day}', from '${parsed.timestamp}'.`,
    )
  return faults
}

/**
 * Checks that the request was signed with `signingKey`, over exactly what arrived.
 *
 * @param signingKey - 32 bytes, of the day, Region and service in `parsed`.
 * @param options - `explain` appends what should have been signed to the text, as services other than KMS answer.
 * @returns nothing when it was; `InvalidSignatureException` when not, or when a header that must be signed is not.
 */
export function verifySignature(
  request: SignedRequest,
  parsed: ParsedAuthorization,
  signingKey: Uint8Array,
  options: { readonly explain?: boolean } = {},
): ServiceError | undefined {
  const unsigned = checkSignedHeaders(request, parsed)
  if (unsigned) return unsigned
  const hash = payloadHash(request.body)
  // Neither UNSIGNED-PAYLOAD nor STREAMING-… equals a hash; they are S3's, and would leave the body unsigned.
  const declaredHash = headerValue(request.rawHeaders, 'x-amz-content-sha256')
  const isBodyDeclared = declaredHash === undefined || declaredHash === hash
  const text = stringToSign(canonicalRequest(request, parsed, hash), parsed)
  if (isBodyDeclared && text !== undefined && isSignatureOf(text, signingKey, parsed.signature)) return undefined
  return refusal.mismatch(options.explain ? explainMismatch(request, parsed, { token: 'shown' }) : '')
}

export function checkSignedHeaders(
  request: Pick<SignedRequest, 'rawHeaders'>,
  { form, signedHeaders }: ParsedAuthorization,
): ServiceError | undefined {
  for (const { name, text, forms } of SIGNED_WHEN_PRESENT) {
    if (!forms.includes(form) || signedHeaders.includes(name)) continue
    if (headerValue(request.rawHeaders, name) !== undefined) return refusal.notSigned(text)
  }
  return undefined
}

/** Compares the hex text, not the bytes it stands for, so that no second spelling of a signature passes. */
export function isSignatureOf(text: string, signingKey: Uint8Array, signature: string): boolean {
  const given = Buffer.from(signature)
  const computed = Buffer.from(hmacSha256(signingKey, text))
  return given.length === computed.length && timingSafeEqual(given, computed)
}

/**
 * What should have been signed, in the words that AWS's query services append to a mismatch. Holds no secret.
 *
 * @param options - `token: 'masked'` hides the session token, for a log; 'shown' is for the answer to whoever sent it.
 */
export function explainMismatch(
  request: SignedRequest,
  parsed: ParsedAuthorization,
  options: { readonly token: 'masked' | 'shown' },
): string {
  const canonical = canonicalRequest(request, parsed, payloadHash(request.body))
  const shown = options.token === 'masked' ? withoutToken(canonical) : canonical
  const text = stringToSign(canonical, parsed) ?? ''
  return `\n\nThe Canonical String for this request should have been\n'${shown}'\n\nThe String-to-Sign should have been\n'${text}'\n`
}

/** The token stands in a header line or in the query line, and nowhere else. */
function withoutToken(canonical: string): string {
  return canonical
    .replace(/^x-amz-security-token:.*$/m, 'x-amz-security-token:***')
    .replace(/\bX-Amz-Security-Token=[^&\n]*/, 'X-Amz-Security-Token=***')
}
