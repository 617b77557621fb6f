import { parseRegion, type Region } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { isServicesKey } from '../domain/integrated-service.ts'
import { SIGNATURE_SKEW_MINUTES } from '../domain/limits.ts'
import { parseAuthorization } from '../sigv4/authorization.ts'
import { type ForwardedRequest, signatureDigest, verifyForwarded } from '../sigv4/forwarded.ts'
import { checkScope } from '../sigv4/verify.ts'
import type { CredentialFinder, Owner } from './credentials.ts'

export type { ForwardedRequest } from '../sigv4/forwarded.ts'

/** A request that a user sent to a service, proven to be so. */
export type ProvenRequest = {
  readonly owner: Owner
  readonly region: Region
  /** What the signature is remembered by, 32 bytes. */
  readonly digest: Uint8Array
  /** Milliseconds since the epoch, real time: until then the signature might be fresh, and has to be remembered. */
  readonly freshUntil: number
  /** Milliseconds since the epoch, real time. */
  readonly now: number
}

/**
 * Proves that a request was signed, now and for that service, by somebody whose credentials were issued here.
 *
 * @param service - the name that requests to it are signed for.
 * @returns `InvalidForwardedRequest`, for everything that is wrong with it.
 */
export type ProveForwarded = (request: ForwardedRequest, service: string) => Promise<ProvenRequest | ServiceError>

type Parts = {
  readonly credentials: CredentialFinder
  /** Real time in milliseconds: signatures are never judged by a clock that travels. */
  readonly realNow: () => number
  readonly isServed: (service: string, region: string) => boolean
}

/** Freshness is told in whole seconds, and clocks are set back a little: signatures are remembered longer than they are fresh. */
const REMEMBERED_MS = (SIGNATURE_SKEW_MINUTES + 1) * 60_000
const EMPTY = new Uint8Array()

export function proveForwarded({ credentials, realNow, isServed }: Parts): ProveForwarded {
  return async (request, service) => {
    const now = realNow()
    // No request has line breaks there; in what is signed they would let one part pass for two.
    const { method, path, rawQuery, rawHeaders } = request
    if ([method, path, rawQuery, ...rawHeaders].some((text) => /[\r\n]/.test(text))) return NOT_SIGNED
    const parsed = parseAuthorization({ ...request, body: EMPTY }, now)
    if (isError(parsed)) return invalid(parsed)
    // Whoever has a presigned URL may use it as often as it is valid: it does not say who asks now.
    if (parsed.form === 'query') return error(CODE, 'A presigned request cannot be forwarded.')
    const isRegion = (region: string) => isServed('kms', region)
    const outOfScope = checkScope(parsed, { services: [service], isRegion, now })
    if (outOfScope) return invalid(outOfScope)
    const region = parseRegion(parsed.region)
    const found = await credentials(parsed)
    // Which credentials exist is not for a service to find out.
    if (!region || isError(found)) return isError(found) && isFailure(found) ? found : NOT_SIGNED
    const refused = verifyForwarded(request, parsed, found.signingKey)
    if (refused) return NOT_SIGNED
    if (isServicesKey(found.owner) || found.owner.via) return NOT_SIGNED
    return {
      owner: found.owner,
      region,
      digest: signatureDigest(parsed),
      freshUntil: parsed.signedAt + REMEMBERED_MS,
      now,
    }
  }
}

const CODE = 'InvalidForwardedRequest'
const NOT_SIGNED = error(CODE, 'The forwarded request was not signed by anybody who may call.')

/** What is no verdict about the credentials, but about this program: the key process did not answer. */
function isFailure({ code }: ServiceError): boolean {
  return code !== 'UnrecognizedClientException' && code !== 'ExpiredTokenException'
}

function invalid({ message }: ServiceError): ServiceError {
  return error(CODE, `The forwarded request is not valid: ${message ?? 'it cannot be read'}`)
}
