import { isError, type ServiceError } from '../domain/error.ts'
import type { AuthorizationFields } from './authorization-fields.ts'
import { headerValue } from './headers.ts'
import * as refusal from './refusal.ts'
import { ALGORITHM } from './request.ts'

/** The parts of `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` and of the headers beside it. */
export function headerFields(header: string, rawHeaders: readonly string[]): AuthorizationFields | ServiceError {
  const space = header.indexOf(' ')
  const algorithm = space < 0 ? header : header.slice(0, space)
  if (algorithm !== ALGORITHM) return refusal.unsupportedAlgorithm(algorithm)
  const parameters = space < 0 ? new Map<string, string>() : parseParameters(header, space + 1)
  if (isError(parameters)) return parameters
  const credential = parameters.get('Credential') ?? ''
  const signature = parameters.get('Signature') ?? ''
  const signedHeaders = parameters.get('SignedHeaders') ?? ''
  const timestamp = headerValue(rawHeaders, 'x-amz-date') ?? headerValue(rawHeaders, 'date') ?? ''
  if (credential === '' || signature === '' || signedHeaders === '' || timestamp === '')
    return refusal.headerPartsMissing(missingParts({ credential, signature, signedHeaders, timestamp }))
  const sessionToken = headerValue(rawHeaders, 'x-amz-security-token')
  return { credential, signature, signedHeaders, timestamp, sessionToken }
}

/** Comma-separated `key=value` parts from `start` on. A key given twice is refused: it would be unclear which one counts. */
function parseParameters(header: string, start: number): ReadonlyMap<string, string> | ServiceError {
  const parameters = new Map<string, string>()
  for (let at = start; at <= header.length; ) {
    const comma = header.indexOf(',', at)
    const end = comma < 0 ? header.length : comma
    const part = withoutSpaces(header, at, end)
    const equals = part.indexOf('=')
    if (equals < 0) return refusal.notKeyValue(part, header)
    const key = part.slice(0, equals)
    if (parameters.has(key)) return refusal.mismatch()
    parameters.set(key, part.slice(equals + 1))
    at = end + 1
  }
  return parameters
}

/** Spaces only: `trim` would drop more kinds of blanks than a signer writes. */
function withoutSpaces(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && text[start] === ' ') start++
  while (end > start && text[end - 1] === ' ') end--
  return text.slice(start, end)
}

function missingParts(fields: AuthorizationFields): readonly string[] {
  const missing: string[] = []
  if (fields.credential === '') missing.push("Authorization header requires 'Credential' parameter.")
  if (fields.signature === '') missing.push("Authorization header requires 'Signature' parameter.")
  if (fields.signedHeaders === '') missing.push("Authorization header requires 'SignedHeaders' parameter.")
  if (fields.timestamp === '')
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  return missing
}
