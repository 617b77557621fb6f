import { readFile } from 'node:fs/promises'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { OIDC_DOCUMENT_MAX_BYTES, OIDC_KEYS_CACHED_MS, OIDC_LEEWAY_SECONDS, OIDC_TIMEOUT_MS } from '../domain/limits.ts'
import type { TokenClaims, TokenVerifier } from '../request/iam/web-identity.ts'

/** Signatures of public keys only: a shared secret would let its holders speak for the provider. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** @param cause - a file, a network or a document that failed; never the token's fault. */
const noKey = (cause: unknown) =>
  error(
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    cause,
  )
const NO_TOKEN = error(
  'InvalidIdentityToken',
  'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
)

/** Where an issuer's keys are, by its URL: a file, or a URL. What is not named is found by OpenID Connect discovery. */
export type KeySources = ReadonlyMap<string, string>

type Known = { readonly keys: JWTVerifyGetKey; readonly until: number }

/** Verifies tokens with the issuer's own keys, which are read once in a while. */
export function openTokenVerifier(sources: KeySources): TokenVerifier {
  // One entry for each issuer that an account has made known: the quota of providers bounds it.
  const known = new Map<string, Known>()
  const keysOf = async (issuer: string) => {
    const found = known.get(issuer)
    if (found && found.until > Date.now()) return found.keys
    const keys = await openKeys(issuer, sources.get(issuer))
    known.set(issuer, { keys, until: Date.now() + OIDC_KEYS_CACHED_MS })
    return keys
  }
  return {
    issuerOf: async (token) => issuerOf(token),
    async verify(issuer, token, now) {
      const keys = await keysOf(issuer).catch(noKey)
      if (isError(keys)) return keys
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          algorithms: ALGORITHMS,
          currentDate: new Date(now),
          clockTolerance: OIDC_LEEWAY_SECONDS,
          requiredClaims: ['exp', 'iat', 'sub', 'aud'],
        })
        return claimsOf(payload)
      } catch (cause) {
        return refusalOf(cause, now)
      }
    },
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return undefined
    throw cause
  }
}

async function openKeys(issuer: string, source: string | undefined): Promise<JWTVerifyGetKey> {
  if (source === undefined) return remoteKeys(await discover(issuer))
  if (/^https?:\/\//.test(source)) return remoteKeys(source)
  return createLocalJWKSet(JSON.parse(await readFile(source, 'utf8')))
}

function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { timeoutDuration: OIDC_TIMEOUT_MS, [customFetch]: limitedFetch })
}

/** Source: OpenID Connect Discovery 1.0, section 4. */
async function discover(issuer: string): Promise<string> {
  const answer = await limitedFetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {})
  const document: unknown = await answer.json()
  const uri =
    typeof document === 'object' && document !== null && 'jwks_uri' in document ? document.jwks_uri : undefined
  const claimed =
    typeof document === 'object' && document !== null && 'issuer' in document ? document.issuer : undefined
  if (claimed !== issuer || typeof uri !== 'string' || !uri.startsWith('https://'))
    throw new TypeError('the discovery document does not name the keys of its issuer')
  return uri
}

/** A fetch that follows nobody elsewhere, takes no longer than it should and reads no more than keys are long. */
async function limitedFetch(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(OIDC_TIMEOUT_MS) })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length
    if (bytes > OIDC_DOCUMENT_MAX_BYTES) throw new TypeError('an identity provider answered more than keys are long')
    chunks.push(chunk)
  }
  return new Response(Buffer.concat(chunks), { status: answer.status, headers: answer.headers })
}

type Payload = Awaited<ReturnType<typeof jwtVerify>>['payload']

function claimsOf({ sub = '', aud = [], azp, amr }: Payload): TokenClaims {
  return {
    subject: sub,
    audiences: typeof aud === 'string' ? [aud] : aud,
    methods: Array.isArray(amr) ? amr.filter((each) => typeof each === 'string') : [],
    ...(typeof azp === 'string' ? { authorizedParty: azp } : {}),
  }
}

/** What was wrong with a token. Anything that is neither the token's nor the provider's fault is a mistake in this program. */
function refusalOf(cause: unknown, now: number): ServiceError {
  if (cause instanceof errors.JWTExpired) {
    const seconds = Math.floor(now / 1000)
    return error(
      'ExpiredIdentityToken',
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${cause.payload.exp}`,
    )
  }
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) return noKey(cause)
  if (cause instanceof errors.JWKSTimeout || !(cause instanceof errors.JOSEError))
    return error('IDPCommunicationError', 'The identity provider could not be reached.', cause)
  return NO_TOKEN
}
