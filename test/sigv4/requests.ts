import { parseRegion } from '../../src/domain/arn.ts'
import { error, isError, type ServiceError } from '../../src/domain/error.ts'
import { parseAuthorization } from '../../src/sigv4/authorization.ts'
import type { SignedRequest } from '../../src/sigv4/request.ts'
import { deriveSigningKey, presignRequest, type Signer, signRequest } from '../../src/sigv4/sign.ts'
import { checkScope, verifySignature } from '../../src/sigv4/verify.ts'

export const NOW = Date.UTC(2026, 2, 1, 12, 15, 0)
export const SIGNER: Signer = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
  service: 'kms',
  time: NOW,
}

/** An unsigned ListKeys request; `changes` replace parts of it. */
export function listKeys(changes: Partial<SignedRequest> = {}): SignedRequest {
  const rawHeaders = ['Host', 'localhost:4599', 'Content-Type', 'application/x-amz-json-1.1']
  const target = ['X-Amz-Target', 'TrentService.ListKeys']
  const body = Buffer.from('{"Limit":9}')
  return { method: 'POST', path: '/', rawQuery: '', rawHeaders: [...rawHeaders, ...target], body, ...changes }
}

/** An unsigned GetCallerIdentity request in the query form that Kubernetes and Vault logins use. */
export function getCallerIdentity(): SignedRequest {
  const rawQuery = 'Action=GetCallerIdentity&Version=2011-06-15'
  return { method: 'GET', path: '/', rawQuery, rawHeaders: ['Host', 'sts.amazonaws.com'], body: Buffer.alloc(0) }
}

export const signed = (changes: Partial<Signer> = {}, request = listKeys()) =>
  signRequest(request, { ...SIGNER, ...changes })

export const presigned = (changes: Partial<Signer> = {}, expiresSeconds = 60) =>
  presignRequest(getCallerIdentity(), { ...SIGNER, service: 'sts', ...changes }, expiresSeconds)

/** The request with each header called `name` changed; without them when `change` gives nothing. */
export function withHeader(
  request: SignedRequest,
  name: string,
  change: (value: string) => string | undefined,
): SignedRequest {
  const rawHeaders: string[] = []
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const [key = '', value = ''] = request.rawHeaders.slice(i, i + 2)
    const changed = key.toLowerCase() === name ? change(value) : value
    if (changed !== undefined) rawHeaders.push(key, changed)
  }
  return { ...request, rawHeaders }
}

export const withoutHeader = (request: SignedRequest, name: string) => withHeader(request, name, () => undefined)

export const addHeader = (request: SignedRequest, name: string, value: string): SignedRequest => ({
  ...request,
  rawHeaders: [...request.rawHeaders, name, value],
})

/**
 * Judges a request as a service would, with one known access key, any Region and any of three services, so that nothing
 * but the signature ties a request to its scope.
 */
export function createJudge(signer: Signer) {
  const signingKeys = new Map<string, Uint8Array>()
  return (request: SignedRequest, now = signer.time): ServiceError | undefined => {
    const parsed = parseAuthorization(request, now)
    if (isError(parsed)) return parsed
    const isRegion = (region: string) => parseRegion(region) !== undefined
    const outside = checkScope(parsed, { services: ['kms', 'iam', 'sts'], isRegion, now })
    if (outside) return outside
    if (parsed.accessKeyId !== signer.accessKeyId || parsed.sessionToken !== signer.sessionToken)
      return error('UnrecognizedClientException')
    const scope = JSON.stringify([parsed.date, parsed.region, parsed.service])
    const signingKey = signingKeys.get(scope) ?? deriveSigningKey(signer.secret, parsed)
    signingKeys.set(scope, signingKey)
    return verifySignature(request, parsed, signingKey)
  }
}
