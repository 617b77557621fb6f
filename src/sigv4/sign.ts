import { createHmac } from 'node:crypto'
import { canonicalRequest, payloadHash, type SignedScope, stringToSign } from './canonical-request.ts'
import { formatInstant } from './instant.ts'
import { percentEncode } from './percent.ts'
import { ALGORITHM, type SignedRequest, TERMINATOR } from './request.ts'

/** Who signs, for where, and when. */
export type Signer = {
  readonly accessKeyId: string
  readonly secret: string
  readonly sessionToken?: string
  readonly region: string
  readonly service: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** Headers that proxies and HTTP libraries change or add after signing. Source: the SDKs' signers. */
const NEVER_SIGNED: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'expect',
  'transfer-encoding',
  'user-agent',
  'x-amzn-trace-id',
])
/** Headers that signing sets itself. */
const REPLACED: ReadonlySet<string> = new Set(['authorization', 'x-amz-date', 'x-amz-security-token'])

/** The signing key of one day, Region and service: 32 bytes. Source: Signature Version 4, "Derive a signing key". */
export function deriveSigningKey(
  secret: string,
  { date, region, service }: Pick<SignedScope, 'date' | 'region' | 'service'>,
): Buffer {
  let key = Buffer.from(`AWS4${secret}`)
  for (const part of [date, region, service, TERMINATOR]) key = createHmac('sha256', key).update(part).digest()
  return key
}

/**
 * Signs all headers of a request that can be signed, in the header form.
 *
 * @param request - must hold `host`, and only strings of bytes.
 * @returns the request with x-amz-date, the token when there is one, and Authorization set.
 */
export function signRequest(request: SignedRequest, signer: Signer): SignedRequest {
  const kept = pairsOf(request.rawHeaders).filter(([name]) => !REPLACED.has(name.toLowerCase()))
  const added = [['x-amz-date', formatInstant(signer.time)]]
  if (signer.sessionToken !== undefined) added.push(['x-amz-security-token', signer.sessionToken])
  const rawHeaders = [...kept, ...added].flat()
  const dated = { ...request, rawHeaders }
  const scope = scopeOf(signer, 'header', signableNames(rawHeaders))
  const parts = [
    `Credential=${credentialOf(signer, scope)}`,
    `SignedHeaders=${scope.signedHeaders.join(';')}`,
    `Signature=${signatureOf(dated, scope, signer)}`,
  ]
  return { ...dated, rawHeaders: [...rawHeaders, 'Authorization', `${ALGORITHM} ${parts.join(', ')}`] }
}

/** Signs a request in the query form, with all signable headers; valid from `signer.time` for `expiresSeconds`. */
export function presignRequest(request: SignedRequest, signer: Signer, expiresSeconds: number): SignedRequest {
  const scope = scopeOf(signer, 'query', signableNames(request.rawHeaders))
  const parameters = [
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', credentialOf(signer, scope)],
    ['X-Amz-Date', scope.timestamp],
    ['X-Amz-Expires', String(expiresSeconds)],
    ['X-Amz-SignedHeaders', scope.signedHeaders.join(';')],
  ]
  if (signer.sessionToken !== undefined) parameters.push(['X-Amz-Security-Token', signer.sessionToken])
  const added = parameters.map(([name, value = '']) => `${name}=${percentEncode(value)}`).join('&')
  const rawQuery = request.rawQuery === '' ? added : `${request.rawQuery}&${added}`
  const signature = signatureOf({ ...request, rawQuery }, scope, signer)
  return { ...request, rawQuery: `${rawQuery}&X-Amz-Signature=${signature}` }
}

function scopeOf(signer: Signer, form: SignedScope['form'], signedHeaders: readonly string[]): SignedScope {
  const timestamp = formatInstant(signer.time)
  return { form, signedHeaders, timestamp, date: timestamp.slice(0, 8), region: signer.region, service: signer.service }
}

function credentialOf({ accessKeyId, region, service }: Signer, { date }: SignedScope): string {
  return `${accessKeyId}/${date}/${region}/${service}/${TERMINATOR}`
}

function signatureOf(request: SignedRequest, scope: SignedScope, signer: Signer): string {
  const text = stringToSign(canonicalRequest(request, scope, payloadHash(request.body)), scope)
  if (text === undefined) throw new TypeError('a request to sign holds a character that is not one byte')
  return createHmac('sha256', deriveSigningKey(signer.secret, scope)).update(text).digest('hex')
}

function pairsOf(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return pairs
}

function signableNames(rawHeaders: readonly string[]): readonly string[] {
  const names = pairsOf(rawHeaders).map(([name]) => name.toLowerCase())
  return [...new Set(names.filter((name) => !NEVER_SIGNED.has(name)))].sort()
}
