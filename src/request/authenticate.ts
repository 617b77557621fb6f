import { isIssuedForm } from '../domain/access-key-id.ts'
import { type AccountId, parseAccountId, parseRegion, type Region } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { SIGNING_KEY_CACHE_MAX } from '../domain/limits.ts'
import { parseAuthorization, readCredential } from '../sigv4/authorization.ts'
import { invalidToken, missingToken } from '../sigv4/refusal.ts'
import { checkScope, verifySignature } from '../sigv4/verify.ts'
import type { VerifiedCaller } from './caller.ts'
import { type HttpRequest, header } from './http.ts'
import type { KnownPrincipal, Principals } from './iam/principals.ts'
import { lru } from './lru.ts'
import type { AccessKey, KeyProcess, Store } from './ports.ts'

/** Finds out who sends a request to the service of that signing name. */
export type Authenticate = (request: HttpRequest, service: string) => Promise<VerifiedCaller | ServiceError>

/**
 * The emulator: made-up credentials are accepted, and an access key id of 12 digits names the account.
 *
 * @param issued - what to do with credentials that a Trent has issued. Those are never taken for made-up ones: a deleted
 *   access key would otherwise be worth more than it was before.
 */
export function acceptAnyone(
  defaultAccount: AccountId,
  principals: Pick<Principals, 'root'>,
  issued: Authenticate,
): Authenticate {
  const callers = lru<string, Identified>(SIGNING_KEY_CACHE_MAX)
  return async (request, service) => {
    const credential = readCredential(request)
    if (credential === undefined) return missingToken()
    if (isError(credential)) return credential
    const { accessKeyId } = credential
    if (isIssuedForm(accessKeyId)) return issued(request, service)
    const region = parseRegion(credential.region)
    if (!region)
      return error(
        'InvalidSignatureException',
        `Credential should be scoped to a valid region, not '${credential.region}'.`,
      )
    const account = parseAccountId(accessKeyId) ?? defaultAccount
    const name = `${account}/${accessKeyId}/${region}`
    const known = callers.get(name)
    if (known) return callerOf(known, request)
    const made = identified(principals.root(account, { accessKeyId, region }), accessKeyId, region)
    callers.set(name, made)
    return callerOf(made, request)
  }
}

export type Verification = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly principals: Principals
  /** Real time in milliseconds: signatures are never judged by a clock that travels. */
  readonly realNow: () => number
  /** Whether requests signed for that service and Region are served. */
  readonly isServed: (service: string, region: string) => boolean
}

/** Where global services are signed for by clients that know no other Region. */
const GLOBAL_REGION = 'us-east-1'

/** The Regions of a configuration, and the one that global services are signed for. */
export function servedRegions(regions: readonly Region[]): Verification['isServed'] {
  return (service, region) =>
    regions.some((served) => served === region) || (service !== 'kms' && region === GLOBAL_REGION)
}

/**
 * The service: every signature is verified.
 *
 * A day's signing key is cached by credential scope; the access key itself is looked up for every request, so that a
 * deleted or deactivated one is refused from the moment its deletion answers.
 */
export function verifyEveryone(verification: Verification): Authenticate {
  const signingKeys = lru<string, Uint8Array>(SIGNING_KEY_CACHE_MAX)
  const identify = identifyKeys(verification)
  return async (request, service) => {
    const now = verification.realNow()
    const parsed = parseAuthorization(request, now)
    if (isError(parsed)) return parsed
    const isRegion = (region: string) => verification.isServed(service, region)
    const outOfScope = checkScope(parsed, { services: [service], isRegion, now })
    if (outOfScope) return outOfScope
    const region = parseRegion(parsed.region)
    const accessKey = await verification.store.findAccessKey(parsed.accessKeyId)
    if (!region || accessKey?.status !== 'Active' || parsed.sessionToken !== undefined) return invalidToken()
    const signingKey = await signingKeyOf(verification.hsm, signingKeys, accessKey, parsed)
    if (isError(signingKey)) return signingKey
    const refused = verifySignature(request, parsed, signingKey, { explain: service !== 'kms' })
    if (refused) return refused
    const known = await identify(accessKey, region)
    return known ? callerOf(known, request) : invalidToken()
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
type Identified = Omit<KnownPrincipal, never> & Pick<VerifiedCaller, 'accessKeyId' | 'region' | 'scope' | 'session'>
type Remembered = { readonly version: number; readonly identified: Identified }

/**
 * Who an access key belongs to, with its policies. What was made is used until a commit touches any principal or policy of
 * the account: the version is read before the store is, so that nothing stale is ever taken for fresh.
 */
function identifyKeys({ store, principals }: Pick<Verification, 'store' | 'principals'>) {
  const remembered = lru<string, Remembered>(SIGNING_KEY_CACHE_MAX)
  return async ({ accessKeyId, account, userId }: AccessKey, region: Region): Promise<Identified | undefined> => {
    const name = `${accessKeyId}/${region}`
    const version = store.iamVersion(account)
    const known = remembered.get(name)
    if (known?.version === version) return known.identified
    const credentials = { accessKeyId, region }
    const principal =
      userId === undefined ? principals.root(account, credentials) : await principals.user(account, userId, credentials)
    if (!principal) return undefined
    const made = identified(principal, accessKeyId, region)
    remembered.set(name, { version, identified: made })
    return made
  }
}

function identified(known: KnownPrincipal, accessKeyId: string, region: Region): Identified {
  return { ...known, accessKeyId, region, scope: { account: known.principal.account, region } }
}

function callerOf(known: Identified, request: HttpRequest): VerifiedCaller {
  return {
    principal: known.principal,
    identity: known.identity,
    keys: known.keys,
    ...(known.session ? { session: known.session } : {}),
    accessKeyId: known.accessKeyId,
    region: known.region,
    scope: known.scope,
    sourceIp: request.sourceIp,
    userAgent: header(request, 'user-agent') ?? '',
    secure: request.tls !== undefined,
  } as VerifiedCaller
}
