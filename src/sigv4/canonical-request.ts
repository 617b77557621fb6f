import { hash } from 'node:crypto'
import { canonicalHeaders } from './headers.ts'
import { bytesOf, percentEncode } from './percent.ts'
import { canonicalQuery } from './query.ts'
import { ALGORITHM, type SignatureForm, type SignedRequest, TERMINATOR } from './request.ts'

/** What a signature covers, beside the request: which headers, and for which day, Region and service. */
export type SignedScope = {
  readonly form: SignatureForm
  /** Lower-case names, in the order of SignedHeaders. */
  readonly signedHeaders: readonly string[]
  /** `YYYYMMDD`. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** `YYYYMMDDTHHMMSSZ`, as sent. */
  readonly timestamp: string
}

/**
 * The canonical request: method, path, query, headers, signed names, body hash, joined by line feeds.
 *
 * @param payloadHash - lower-case hex SHA-256 of the body as received.
 * @param pathOf - how the service's signers write the path: S3's alone do it otherwise.
 * Source: Signature Version 4, "Create a canonical request".
 */
export function canonicalRequest(
  request: Omit<SignedRequest, 'body'>,
  { form, signedHeaders }: Pick<SignedScope, 'form' | 'signedHeaders'>,
  payloadHash: string,
  pathOf = canonicalPath,
): string {
  const headers = canonicalHeaders(request.rawHeaders, signedHeaders)
  return `${request.method}\n${pathOf(request.path)}\n${canonicalQuery(request.rawQuery, form)}\n${headers}\n${signedHeaders.join(';')}\n${payloadHash}`
}

/**
 * The path without empty, `.` and `..` segments, each segment encoded once more than it was sent, as the signers of all
 * services but S3 do. A target that is no path (`*`, a URL) gets no leading slash, so that no signed path equals it.
 */
export function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/'
  if (!path.startsWith('/')) return percentEncode(path)
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(percentEncode(segment))
  }
  const trailing = segments.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${segments.join('/')}${trailing}`
}

/**
 * The string that the signing key signs.
 *
 * @returns nothing when the canonical request holds what no byte can carry: hashing it would need a lossy encoding.
 */
export function stringToSign(canonical: string, scope: SignedScope): string | undefined {
  const bytes = bytesOf(canonical)
  if (bytes === undefined) return undefined
  const digest = hash('sha256', bytes)
  return `${ALGORITHM}\n${scope.timestamp}\n${scope.date}/${scope.region}/${scope.service}/${TERMINATOR}\n${digest}`
}

/** Lower-case hex SHA-256 of the body. */
export function payloadHash(body: Uint8Array): string {
  return hash('sha256', body)
}
