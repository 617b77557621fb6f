import { isIssuedForm } from '../domain/access-key-id.ts'
import { type AccountId, parseAccountId, parsePrincipalArn, parseRegion, type Region } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { isServicesKey } from '../domain/integrated-service.ts'
import { SIGNING_KEY_CACHE_MAX } from '../domain/limits.ts'
import { type ParsedAuthorization, parseAuthorization, readCredential } from '../sigv4/authorization.ts'
import { invalidToken, missingToken, notSigned } from '../sigv4/refusal.ts'
import { checkScope, verifySignature } from '../sigv4/verify.ts'
import type { VerifiedCaller } from './caller.ts'
import type { CredentialFinder, Owner } from './credentials.ts'
import { type HttpRequest, header } from './http.ts'
import type { KnownPrincipal, KnownService, Principals } from './iam/principals.ts'
import { lru } from './lru.ts'
import type { Store } from './ports.ts'

/** Finds out who sends a request to the service of that signing name. */
export type Authenticate = (request: HttpRequest, service: string) => Promise<VerifiedCaller | ServiceError>

/** How the emulator takes credentials. */
export type Acceptance = {
  readonly defaultAccount: AccountId
  readonly principals: Pick<Principals, 'root'>
  /** Whether made-up credentials may do anything in their account. */
  readonly isUnrestricted: boolean
}

/** The emulator: made-up credentials are accepted; an access key id of 12 digits names the account. */
export function acceptAnyone({ defaultAccount, principals, isUnrestricted }: Acceptance): Authenticate {
  const callers = lru<string, Identified>(SIGNING_KEY_CACHE_MAX)
  return async (request) => {
    const credential = readCredential(request)
    if (credential === undefined) return missingToken()
    if (isError(credential)) return credential
    const { accessKeyId } = credential
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
    const root = identified(principals.root(account, { accessKeyId, region }), { accessKeyId, region, account })
    const made = isUnrestricted ? { ...root, isUnrestricted } : root
    callers.set(name, made)
    return callerOf(made, request)
  }
}

/**
 * Credentials that a Trent has issued go their own way: a deleted access key would otherwise be worth more than it was before
 * its deletion.
 */
export function byOrigin(ways: { readonly issued: Authenticate; readonly accept: Authenticate }): Authenticate {
  return async (request, service) => {
    const credential = readCredential(request)
    const isIssued = credential !== undefined && !isError(credential) && isIssuedForm(credential.accessKeyId)
    return isIssued ? ways.issued(request, service) : ways.accept(request, service)
  }
}

export type Verification = {
  readonly store: Store
  readonly principals: Principals
  readonly credentials: CredentialFinder
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
  const keysOf = verification.credentials
  const identify = identifyKeys(verification)
  return async (request, service) => {
    const now = verification.realNow()
    const parsed = parseAuthorization(request, now)
    if (isError(parsed)) return parsed
    const isRegion = (region: string) => verification.isServed(service, region)
    const outOfScope = checkScope(parsed, { services: [service], isRegion, now })
    if (outOfScope) return outOfScope
    const region = parseRegion(parsed.region)
    const found = region ? await keysOf(parsed) : invalidToken()
    if (!region || isError(found)) return isError(found) ? found : invalidToken()
    const refused = verifySignature(request, parsed, found.signingKey, { explain: service !== 'kms' })
    if (refused) return refused
    if (refusesService(found.owner, service)) return invalidToken()
    const identity = identify(found.owner, region)
    // Awaited only when it must be looked up: a turn of the microtask queue costs as much as a hash.
    const known = identity instanceof Promise ? await identity : identity
    if (!known) return invalidToken()
    return known.principal.type === 'service' ? callerForItself(known, request, parsed) : callerOf(known, request)
  }
}

/**
 * Sessions that may not call IAM at all, and services, which call KMS and STS alone. Source: GetSessionToken and
 * GetFederationToken of the STS API reference.
 */
function refusesService({ session, via, ...owner }: Owner, service: string): boolean {
  if (via) return service !== 'kms'
  if (isServicesKey(owner)) return service !== 'kms' && service !== 'sts'
  if (service !== 'iam' || session === undefined) return false
  return session.kind === 'federated' || (session.kind === 'user' && session.mfaAt === undefined)
}

/** What stays the same between a principal's requests, made once so that its event text is built once. */
type Identified = Pick<
  VerifiedCaller,
  'principal' | 'identity' | 'keys' | 'accessKeyId' | 'region' | 'scope' | 'session' | 'via' | 'isUnrestricted'
>
type Remembered = { readonly version: number; readonly identified: Identified }

/**
 * Who credentials belong to, with its policies. What was made is used until a commit touches any principal or policy of the
 * account: the version is read before the store is, so that nothing stale is ever taken for fresh.
 */
function identifyKeys({ store, principals }: Pick<Verification, 'store' | 'principals'>) {
  const remembered = lru<string, Remembered>(SIGNING_KEY_CACHE_MAX)
  const identify = async (owner: Owner, region: Region, name: string, version: number) => {
    const { accessKeyId, account, session, via } = owner
    const principal = await principalOf(principals, owner, region)
    if (!principal) return undefined
    const known = identified(principal, { accessKeyId, region, account })
    const through = via ? { via, identity: { ...principal.identity, invokedBy: via.principal } } : {}
    const made = { ...known, ...(session ? { session } : {}), ...through }
    remembered.set(name, { version, identified: made })
    return made
  }
  return (owner: Owner, region: Region): Identified | Promise<Identified | undefined> => {
    const { accessKeyId, account, via } = owner
    const name = via ? `${accessKeyId}/${region}/${via.name}` : `${accessKeyId}/${region}`
    const version = store.iamVersion(account)
    const known = remembered.get(name)
    return known?.version === version ? known.identified : identify(owner, region, name, version)
  }
}

async function principalOf(
  principals: Principals,
  { accessKeyId, account, userId, session }: Owner,
  region: Region,
): Promise<KnownPrincipal | KnownService | undefined> {
  const credentials = { accessKeyId, region }
  if (userId !== undefined && isServicesKey({ userId })) return principals.service(account, userId)
  if (session) return principals.session(session, credentials)
  return userId === undefined ? principals.root(account, credentials) : principals.user(account, userId, credentials)
}

function identified(
  known: KnownPrincipal | KnownService,
  { accessKeyId, region, account }: Pick<Owner, 'accessKeyId' | 'account'> & { readonly region: Region },
): Identified {
  return { ...known, accessKeyId, region, scope: { account, region } }
}

/** Headers in which a service tells for which resource of its users it calls: nobody else's are looked at. */
const SOURCES = [
  ['x-amz-source-account', 'aws:sourceaccount', "'X-Amz-Source-Account'"],
  ['x-amz-source-arn', 'aws:sourcearn', "'X-Amz-Source-Arn'"],
] as const

/** A service that calls for itself, with what it says to call for. */
function callerForItself(
  known: Identified,
  request: HttpRequest,
  { signedHeaders }: ParsedAuthorization,
): VerifiedCaller | ServiceError {
  const keys = [...known.keys]
  for (const [name, key, shown] of SOURCES) {
    const value = header(request, name)
    if (value === undefined) continue
    if (!signedHeaders.includes(name)) return notSigned(shown)
    keys.push([key, value])
  }
  return callerOf({ ...known, keys }, request)
}

/**
 * A caller who did not sign. It may do nothing by itself: what it asks for is decided by what its request proves.
 *
 * @param account - that the request is about.
 */
export function unsignedCaller(request: HttpRequest, account = parseAccountId('000000000000')): VerifiedCaller {
  const region = parseRegion(GLOBAL_REGION)
  if (!account || !region) throw new TypeError('no account or Region')
  const principal = {
    type: 'federated-user',
    arn: parsePrincipalArn('anonymous'),
    account,
    identityPolicies: [],
  } as const
  const known = { principal, identity: { type: 'Unknown' }, keys: [], accessKeyId: '', region } as const
  return callerOf({ ...known, scope: { account, region } }, request)
}

function callerOf(known: Identified, request: HttpRequest): VerifiedCaller {
  return {
    principal: known.principal,
    identity: known.identity,
    keys: known.keys,
    ...(known.session ? { session: known.session } : {}),
    ...(known.via ? { via: known.via } : {}),
    ...(known.isUnrestricted ? { isUnrestricted: true } : {}),
    accessKeyId: known.accessKeyId,
    region: known.region,
    scope: known.scope,
    sourceIp: request.sourceIp,
    userAgent: header(request, 'user-agent') ?? '',
    secure: request.tls !== undefined,
  } as VerifiedCaller
}
