import { isError, type ServiceError } from '../domain/error.ts'
import {
  HEADER_LINES_MAX,
  PRESIGNED_EXPIRES_SECONDS,
  REQUEST_HEADERS_MAX_BYTES,
  SIGNED_HEADERS_MAX,
} from '../domain/limits.ts'
import type { AuthorizationFields } from './authorization-fields.ts'
import { headerFields } from './authorization-header.ts'
import type { SignedScope } from './canonical-request.ts'
import { headerValue } from './headers.ts'
import { parseInstant } from './instant.ts'
import { isPresigned, queryFields } from './presigned.ts'
import * as refusal from './refusal.ts'
import type { SignatureForm, SignedRequest } from './request.ts'
import { checkNotStale } from './validity.ts'

/** What a request says about its signature. Nothing of it is verified. */
export type ParsedAuthorization = SignedScope & {
  readonly accessKeyId: string
  readonly terminator: string
  readonly signature: string
  /** `timestamp` in milliseconds since the epoch. */
  readonly signedAt: number
  readonly sessionToken?: string | undefined
  /** Query form only. */
  readonly expiresSeconds?: number | undefined
}

/** Who a request says it is from, and for which Region and service. */
export type Credential = Pick<ParsedAuthorization, 'accessKeyId' | 'region' | 'service' | 'sessionToken'>

/**
 * Reads the signature of a request in header or query form, with AWS's checks in AWS's order.
 *
 * @param now - milliseconds since the epoch, real time. When given, a signature outside of its time is refused before a
 *   malformed credential, as AWS does; without it only `checkScope` looks at the time.
 * @returns `MissingAuthenticationTokenException` for an unsigned request; `IncompleteSignatureException` for a malformed
 *   signature; `InvalidSignatureException` when both forms are present, a part is given twice, or the host is not signed;
 *   `RequestEntityTooLargeException` beyond the limits.
 */
export function parseAuthorization(request: SignedRequest, now?: number): ParsedAuthorization | ServiceError {
  const unbounded = checkBounds(request)
  if (unbounded) return unbounded
  return parseBounded(request, now) ?? refusal.missingToken()
}

/**
 * The credential a request names, without any verification.
 *
 * @returns nothing for an unsigned request; the errors of `parseAuthorization` for a malformed signature.
 */
export function readCredential(request: SignedRequest): Credential | ServiceError | undefined {
  const unbounded = checkBounds(request)
  if (unbounded) return unbounded
  const parsed = parseBounded(request)
  if (parsed === undefined || isError(parsed)) return parsed
  const { accessKeyId, region, service, sessionToken } = parsed
  return { accessKeyId, region, service, sessionToken }
}

/** @returns nothing for an unsigned request; an empty Authorization header counts as none. */
function parseBounded(request: SignedRequest, now?: number): ParsedAuthorization | ServiceError | undefined {
  const header = headerValue(request.rawHeaders, 'authorization') ?? ''
  const inQuery = isPresigned(request)
  if (header !== '') {
    if (inQuery) return refusal.mismatch()
    const fields = headerFields(header, request.rawHeaders)
    return isError(fields) ? fields : parseFields('header', fields, now)
  }
  if (!inQuery) return undefined
  const fields = queryFields(request.rawQuery)
  return isError(fields) ? fields : parseFields('query', fields, now)
}

/** The listener has limits of its own; these keep every loop here bounded whoever calls. */
function checkBounds({ path, rawQuery, rawHeaders }: SignedRequest): ServiceError | undefined {
  if (path.length + rawQuery.length > REQUEST_HEADERS_MAX_BYTES) return refusal.tooLarge('characters in its target')
  if (rawHeaders.length > 2 * HEADER_LINES_MAX) return refusal.tooLarge('headers')
  let length = 0
  for (const text of rawHeaders) length += text.length
  return length > REQUEST_HEADERS_MAX_BYTES ? refusal.tooLarge('headers') : undefined
}

function parseFields(
  form: SignatureForm,
  fields: AuthorizationFields,
  now: number | undefined,
): ParsedAuthorization | ServiceError {
  const { credential, signature, timestamp, sessionToken } = fields
  const signedHeaders = fields.signedHeaders.split(';')
  if (signedHeaders.length > SIGNED_HEADERS_MAX) return refusal.tooLarge('signed headers')
  if (!signedHeaders.includes('host')) return refusal.notSigned("'Host' or ':authority'")
  const signedAt = parseInstant(timestamp)
  if (signedAt === undefined) return refusal.notBasicDate(timestamp)
  const stale = now === undefined ? undefined : checkNotStale({ form, timestamp, signedAt }, now)
  if (stale) return stale
  const elements = credential.split('/')
  if (elements.length !== 5) return refusal.badCredential(credential)
  const expiresSeconds = fields.expires === undefined ? undefined : parseExpires(fields.expires)
  if (isError(expiresSeconds)) return expiresSeconds
  return {
    form,
    accessKeyId: elements[0] ?? '',
    date: elements[1] ?? '',
    region: elements[2] ?? '',
    service: elements[3] ?? '',
    terminator: elements[4] ?? '',
    signedHeaders,
    signature,
    timestamp,
    signedAt,
    sessionToken,
    expiresSeconds,
  }
}

function parseExpires(text: string): number | ServiceError {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  const isInRange = seconds >= PRESIGNED_EXPIRES_SECONDS.min && seconds <= PRESIGNED_EXPIRES_SECONDS.max
  return isInRange ? seconds : refusal.badExpires(text)
}
