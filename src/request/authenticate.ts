import { type AccountId, parseAccountId, parseRegion, type Region, rootArn } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { SIGNING_KEY_CACHE_MAX } from '../domain/limits.ts'
import { type Credential, parseAuthorization, readCredential } from '../sigv4/authorization.ts'
import { invalidToken, missingToken } from '../sigv4/refusal.ts'
import { checkScope, verifySignature } from '../sigv4/verify.ts'
import type { VerifiedCaller } from './caller.ts'
import { type HttpRequest, header } from './http.ts'
import { lru } from './lru.ts'
import type { AccessKey, KeyProcess, Store } from './ports.ts'

/** Finds out who sends a request to the service of that signing name. */
export type Authenticate = (request: HttpRequest, service: string) => Promise<VerifiedCaller | ServiceError>

/** The emulator: any credentials are accepted; an access key id of 12 digits names the account. */
export function acceptAnyone(defaultAccount: AccountId): Authenticate {
  const callers = lru<string, Identified>(SIGNING_KEY_CACHE_MAX)
  return async (request) => {
    const credential = readCredential(request)
    if (credential === undefined) return missingToken()
    if (isError(credential)) return credential
    const region = parseRegion(credential.region)
    if (!region)
      return error(
        'InvalidSignatureException',
        `Credential should be scoped to a valid region, not '${credential.region}'.`,
      )
    const account = parseAccountId(credential.accessKeyId) ?? defaultAccount
    return callerOf(remembered(callers, account, credential, region), request)
  }
}

export type Verification = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly regions: readonly Region[]
  /** Real time in milliseconds: signatures are never judged by a clock that travels. */
  readonly realNow: () => number
}

/** Where global services are signed for by clients that know no other Region. */
const GLOBAL_REGION = 'us-east-1'

/**
 * The service: every signature is verified.
 *
 * A day's signing key is cached by credential scope; the access key itself is looked up for every request, so that a
 * deleted or deactivated one is refused from the moment its deletion answers.
 */
export function verifyEveryone(verification: Verification): Authenticate {
  const signingKeys = lru<string, Uint8Array>(SIGNING_KEY_CACHE_MAX)
  const callers = lru<string, Identified>(SIGNING_KEY_CACHE_MAX)
  const isRegion = (service: string) => (region: string) =>
    verification.regions.some((served) => served === region) || (service !== 'kms' && region === GLOBAL_REGION)
  return async (request, service) => {
    const now = verification.realNow()
    const parsed = parseAuthorization(request, now)
    if (isError(parsed)) return parsed
    const outOfScope = checkScope(parsed, { services: [service], isRegion: isRegion(service), now })
    if (outOfScope) return outOfScope
    const region = parseRegion(parsed.region)
    const accessKey = await verification.store.findAccessKey(parsed.accessKeyId)
    // No session tokens are issued, so a request that carries one was signed with credentials that are not ours.
    if (!region || accessKey?.status !== 'Active' || parsed.sessionToken !== undefined) return invalidToken()
    const signingKey = await signingKeyOf(verification.hsm, signingKeys, accessKey, parsed)
    if (isError(signingKey)) return signingKey
    const refused = verifySignature(request, parsed, signingKey, { explain: service !== 'kms' })
    return refused ?? callerOf(remembered(callers, accessKey.account, parsed, region), request)
  }
}

type Scoped = { readonly accessKeyId: string; readonly date: string; readonly region: string; readonly service: string }

async function signingKeyOf(
  hsm: KeyProcess,
  cache: ReturnType<typeof lru<string, Uint8Array>>,
  accessKey: AccessKey,
  { date, region, service }: Scoped,
): Promise<Uint8Array | ServiceError> {
  const name = `${accessKey.accessKeyId}/${accessKey.createdAt}/${date}/${region}/${service}`
  const known = cache.get(name)
  if (known) return known
  const derived = await hsm.deriveSigningKey(accessKey, { date, region, service })
  if (!isError(derived)) cache.set(name, derived)
  return derived
}

/** What stays the same between a principal's requests, made once so that its event text is built once. */
type Identified = Pick<VerifiedCaller, 'principal' | 'identity' | 'accessKeyId' | 'region' | 'scope'>

function remembered(
  callers: ReturnType<typeof lru<string, Identified>>,
  account: AccountId,
  { accessKeyId }: Credential,
  region: Region,
) {
  const name = `${account}/${accessKeyId}/${region}`
  const known = callers.get(name)
  if (known) return known
  const arn = rootArn(account, region)
  const made: Identified = {
    principal: { type: 'root', account, arn },
    identity: { type: 'Root', principalId: account, arn, accountId: account, accessKeyId },
    accessKeyId,
    region,
    scope: { account, region },
  }
  callers.set(name, made)
  return made
}

function callerOf(identified: Identified, request: HttpRequest): VerifiedCaller {
  const { principal, identity, accessKeyId, region, scope } = identified
  const userAgent = header(request, 'user-agent') ?? ''
  return {
    principal,
    identity,
    accessKeyId,
    region,
    scope,
    sourceIp: request.sourceIp,
    userAgent,
    secure: request.tls !== undefined,
  } as VerifiedCaller
}
