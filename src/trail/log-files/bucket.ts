import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { BUCKET_PUT_ATTEMPTS, BUCKET_PUT_RETRY_MS, BUCKET_PUT_TIMEOUT_MS } from '../../domain/limits.ts'
import { payloadHash } from '../../sigv4/canonical-request.ts'
import { signRequest } from '../../sigv4/sign.ts'
import type { Outlet } from './state.ts'

/** How a bucket lets us in. */
export type BucketAccess = {
  /** A file in the form of AWS's credentials, read for each object: its keys may be changed while the service runs. */
  readonly credentialsPath: string
  /** Where the bucket is. */
  readonly region: string
}

export type BucketObject = {
  /** Letters, digits, `/`, `_`, `-` and `.` only, so that it stands in a URL as it is. */
  readonly key: string
  readonly bytes: Uint8Array
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

type Credentials = { readonly accessKeyId: string; readonly secret: string; readonly sessionToken?: string }

const memberIn = (text: string, name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1]

async function credentialsIn(path: string): Promise<Credentials> {
  const text = await readFile(path, 'utf8')
  const [accessKeyId, secret] = ['aws_access_key_id', 'aws_secret_access_key'].map((name) => memberIn(text, name))
  const sessionToken = memberIn(text, 'aws_session_token')
  if (!accessKeyId || !secret) throw new Error(`${path} has no access key`)
  return { accessKeyId, secret, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

const CODE = /<Code>([A-Za-z]{1,64})<\/Code>/

/** What a server that was asked too much, or that is not well, answers; anything else it will answer again. */
const isPassing = (status: number) => status >= 500 || status === 429

/** @returns why the object is not there, and whether another attempt may help; nothing when it is. */
async function attempt(url: URL, headers: Record<string, string>, bytes: Uint8Array) {
  try {
    const signal = AbortSignal.timeout(BUCKET_PUT_TIMEOUT_MS)
    const body = new Uint8Array(bytes)
    const response = await fetch(url, { method: 'PUT', headers, body, signal, redirect: 'error' })
    const text = await response.text()
    if (response.ok) return undefined
    return { why: `${response.status} ${CODE.exec(text)?.[1] ?? ''}`.trim(), isPassing: isPassing(response.status) }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const { cause: inner } = cause
    return { why: inner instanceof Error ? inner.message : cause.message, isPassing: true }
  }
}

/** The headers of a PUT, signed. Source: S3 API reference, PutObject; the path is signed as it is sent. */
function signedHeaders(url: URL, { bytes, metadata = {} }: BucketObject, region: string, credentials: Credentials) {
  const given = {
    host: url.host,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'x-amz-content-sha256': payloadHash(bytes),
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  }
  const request = {
    method: 'PUT',
    path: url.pathname,
    rawQuery: '',
    rawHeaders: Object.entries(given).flat(),
    body: bytes,
  }
  const { rawHeaders } = signRequest(request, { ...credentials, region, service: 's3', time: Date.now() })
  const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : []))
  return Object.fromEntries(pairs.filter(([name]) => name !== 'host'))
}

/**
 * Puts an object into a bucket of an S3-compatible server, over one of that name.
 *
 * @param outlet - its directory is the server's URL.
 * @throws with why the server does not take it, after several attempts where another one may help.
 */
export async function putObject(outlet: Outlet, object: BucketObject, access: BucketAccess): Promise<void> {
  const url = new URL(`${outlet.directory.replace(/\/$/, '')}/${outlet.bucket}/${object.key}`)
  const credentials = await credentialsIn(access.credentialsPath)
  for (let tried = 1; ; tried += 1) {
    const failed = await attempt(url, signedHeaders(url, object, access.region, credentials), object.bytes)
    if (!failed) return
    if (!failed.isPassing || tried >= BUCKET_PUT_ATTEMPTS)
      throw new Error(`the bucket ${outlet.bucket} at ${url.origin} does not take log files: ${failed.why}`)
    await delay(BUCKET_PUT_RETRY_MS * tried)
  }
}
