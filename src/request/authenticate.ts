import { isIssuedForm } from '../domain/access-key-id.ts'
import { type AccountId, parseAccountId, parsePrincipalArn, parseRegion, type Region } from '../domain/arn.ts'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { SESSION_CACHE_MAX, SIGNING_KEY_CACHE_MAX } from '../domain/limits.ts'
import type { SessionRecord } from '../domain/session.ts'
import { parseAuthorization, readCredential } from '../sigv4/authorization.ts'
import { expiredToken, invalidToken, missingToken } from '../sigv4/refusal.ts'
import { checkScope, verifySignature } from '../sigv4/verify.ts'
import type { VerifiedCaller } from './caller.ts'
import { type HttpRequest, header } from './http.ts'
import type { KnownPrincipal, Principals } from './iam/principals.ts'
import { parseSessionRecord, parseSessionToken } from './iam/session-token.ts'
import { lru } from './lru.ts'
import type { AccessKey, Clock, KeyProcess, Store } from './ports.ts'

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
    const root = identified(principals.root(account, { accessKeyId, region }), accessKeyId, region)
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
  readonly hsm: KeyProcess
  readonly principals: Principals
  /** Time by which sessions end. */
  readonly clock: Clock
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
  const keysOf = credentialFinder(verification)
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
    const known = refusesService(found.owner, service) ? undefined : await identify(found.owner, region)
    return known ? callerOf(known, request) : invalidToken()
  }
}

/**
 * Sessions that may not call IAM at all. Source: GetSessionToken and GetFederationToken of the STS API reference.
 */
function refusesService({ session }: Owner, service: string): boolean {
  if (service !== 'iam' || session === undefined) return false
  return session.kind === 'federated' || (session.kind === 'user' && session.mfaAt === undefined)
}

/** Whose credentials they are. */
type Owner = Pick<AccessKey, 'accessKeyId' | 'account' | 'userId'> & { readonly session?: SessionRecord }
type Credentials = { readonly owner: Owner; readonly signingKey: Uint8Array }
type Signed = Scoped & { readonly sessionToken?: string | undefined }
type SessionSigned = Scoped & { readonly sessionToken: string }

/** Finds out whose the credentials are, and what they sign with. */
function credentialFinder({ store, hsm, clock }: Verification) {
  const signingKeys = lru<string, Uint8Array>(SIGNING_KEY_CACHE_MAX)
  const sessions = sessionFinder(hsm)
  return async (signed: Signed): Promise<Credentials | ServiceError> => {
    if (signed.sessionToken !== undefined) {
      const opened = await sessions({ ...signed, sessionToken: signed.sessionToken })
      if (isError(opened)) return opened
      return opened.owner.session && opened.owner.session.expiresAt <= clock.now() ? expiredToken() : opened
    }
    const accessKey = await store.findAccessKey(signed.accessKeyId)
    if (accessKey?.status !== 'Active') return invalidToken()
    const signingKey = await signingKeyOf(hsm, signingKeys, accessKey, signed)
    return isError(signingKey) ? signingKey : { owner: accessKey, signingKey }
  }
}

/** Opens session tokens. Each is opened once in a day, Region and service; whether it has ended is for the caller to ask. */
function sessionFinder(hsm: KeyProcess) {
  const opened = lru<string, Credentials>(SESSION_CACHE_MAX)
  return async ({ accessKeyId, sessionToken, date, region, service }: SessionSigned) => {
    const token = parseSessionToken(sessionToken)
    if (token === undefined) return invalidToken()
    const name = `${accessKeyId}/${date}/${region}/${service}/${sessionToken}`
    const known = opened.get(name)
    if (known) return known
    const session = await hsm.openSession(accessKeyId, token, { date, region, service })
    if (isError(session)) return session.code === 'UnrecognizedClientException' ? invalidToken() : session
    const record = parseSessionRecord(session.record)
    const made = { owner: { accessKeyId, account: record.account, session: record }, signingKey: session.signingKey }
    opened.set(name, made)
    return made
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
type Identified = Omit<KnownPrincipal, 'identity'> &
  Pick<VerifiedCaller, 'identity'> &
  Pick<VerifiedCaller, 'accessKeyId' | 'region' | 'scope' | 'session' | 'isUnrestricted'>
type Remembered = { readonly version: number; readonly identified: Identified }

/**
 * Who credentials belong to, with its policies. What was made is used until a commit touches any principal or policy of the
 * account: the version is read before the store is, so that nothing stale is ever taken for fresh.
 */
function identifyKeys({ store, principals }: Pick<Verification, 'store' | 'principals'>) {
  const remembered = lru<string, Remembered>(SIGNING_KEY_CACHE_MAX)
  return async (owner: Owner, region: Region): Promise<Identified | undefined> => {
    const { accessKeyId, account, session } = owner
    const name = `${accessKeyId}/${region}`
    const version = store.iamVersion(account)
    const known = remembered.get(name)
    if (known?.version === version) return known.identified
    const principal = await principalOf(principals, owner, region)
    if (!principal) return undefined
    const made = { ...identified(principal, accessKeyId, region), ...(session ? { session } : {}) }
    remembered.set(name, { version, identified: made })
    return made
  }
}

async function principalOf(
  principals: Principals,
  { accessKeyId, account, userId, session }: Owner,
  region: Region,
): Promise<KnownPrincipal | undefined> {
  const credentials = { accessKeyId, region }
  if (session) return principals.session(session, credentials)
  return userId === undefined ? principals.root(account, credentials) : principals.user(account, userId, credentials)
}

function identified(known: KnownPrincipal, accessKeyId: string, region: Region): Identified {
  return { ...known, accessKeyId, region, scope: { account: known.principal.account, region } }
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
    ...(known.isUnrestricted ? { isUnrestricted: true } : {}),
    accessKeyId: known.accessKeyId,
    region: known.region,
    scope: known.scope,
    sourceIp: request.sourceIp,
    userAgent: header(request, 'user-agent') ?? '',
    secure: request.tls !== undefined,
  } as VerifiedCaller
}
