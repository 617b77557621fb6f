import { isError, type ServiceError } from '../domain/error.ts'
import { type CallingService, isServicesKey, servicePrincipal } from '../domain/integrated-service.ts'
import { SESSION_CACHE_MAX, SIGNING_KEY_CACHE_MAX } from '../domain/limits.ts'
import type { ForwardedSessionRecord, SealedSession, SessionRecord } from '../domain/session.ts'
import { expiredToken, invalidToken } from '../sigv4/refusal.ts'
import { parseSessionRecord, parseSessionToken } from './iam/session-token.ts'
import { lru } from './lru.ts'
import type { AccessKey, Clock, KeyProcess, Store } from './ports.ts'

/** Whose credentials they are. */
export type Owner = Pick<AccessKey, 'accessKeyId' | 'account' | 'userId'> & {
  readonly session?: SessionRecord
  /** The service that signed, for the owner. */
  readonly via?: CallingService
}
export type Credentials = { readonly owner: Owner; readonly signingKey: Uint8Array }
type Scoped = { readonly accessKeyId: string; readonly date: string; readonly region: string; readonly service: string }
export type Signed = Scoped & { readonly sessionToken?: string | undefined }
type SessionSigned = Scoped & { readonly sessionToken: string }

/** Finds out whose the credentials are, and what they sign with. */
export type CredentialFinder = (signed: Signed) => Promise<Credentials | ServiceError>

type Parts = {
  readonly store: Pick<Store, 'findAccessKey'>
  readonly hsm: KeyProcess
  /** Time by which sessions end. */
  readonly clock: Clock
}

export function credentialFinder({ store, hsm, clock }: Parts): CredentialFinder {
  const signingKeys = lru<string, Uint8Array>(SIGNING_KEY_CACHE_MAX)
  const sessions = sessionFinder(hsm)
  const byAccessKey = async (signed: Scoped) => {
    const accessKey = await store.findAccessKey(signed.accessKeyId)
    if (accessKey?.status !== 'Active') return invalidToken()
    const known = signingKeys.get(signingKeyName(accessKey, signed))
    // Awaited only when it must be asked for: a turn of the microtask queue costs as much as a hash.
    const signingKey = known ?? (await deriveSigningKey(hsm, signingKeys, accessKey, signed))
    return isError(signingKey) ? signingKey : { owner: accessKey, signingKey }
  }
  const byToken = async (signed: Scoped, sessionToken: string): Promise<Credentials | ServiceError> => {
    const opened = await sessions({ ...signed, sessionToken })
    if (isError(opened)) return opened
    const { record, own } = opened
    if (record.expiresAt <= clock.now()) return expiredToken()
    if (record.kind !== 'forwarded') return own ?? invalidToken()
    const service = await byAccessKey(signed)
    return isError(service) ? service : forwardedCredentials(store, service, signed, record)
  }
  return (signed: Signed) =>
    signed.sessionToken === undefined ? byAccessKey(signed) : byToken(signed, signed.sessionToken)
}

/**
 * The credentials of a service that calls for a user: what it signs with is its own, and whom it signs for is in the token.
 * The user's credentials must still be good, or what was taken from the user would be left to the service.
 */
async function forwardedCredentials(
  store: Parts['store'],
  { owner: service, signingKey }: Credentials,
  { region, service: called }: Scoped,
  { account, of, serviceId, service: name, region: forRegion }: ForwardedSessionRecord,
): Promise<Credentials | ServiceError> {
  const isServices = isServicesKey(service) && service.userId === serviceId
  if (!isServices || region !== forRegion || called !== 'kms') return invalidToken()
  const accessKey = of.session ? undefined : await store.findAccessKey(of.accessKeyId)
  if (!of.session && accessKey?.status !== 'Active') return invalidToken()
  return { owner: { ...of, account, via: { name, principal: servicePrincipal(name) } }, signingKey }
}

type Opened = { readonly record: SealedSession; readonly own?: Credentials }

/** Opens session tokens. Each is opened once in a day, Region and service; whether it has ended is for the caller to ask. */
function sessionFinder(hsm: KeyProcess) {
  const opened = lru<string, Opened>(SESSION_CACHE_MAX)
  return async ({
    accessKeyId,
    sessionToken,
    date,
    region,
    service,
  }: SessionSigned): Promise<Opened | ServiceError> => {
    const token = parseSessionToken(sessionToken)
    if (token === undefined) return invalidToken()
    const name = `${accessKeyId}/${date}/${region}/${service}/${sessionToken}`
    const known = opened.get(name)
    if (known) return known
    const session = await hsm.openSession(accessKeyId, token, { date, region, service })
    if (isError(session)) return session.code === 'UnrecognizedClientException' ? invalidToken() : session
    const record = parseSessionRecord(session.record)
    const made =
      record.kind === 'forwarded'
        ? { record }
        : {
            record,
            own: { owner: { accessKeyId, account: record.account, session: record }, signingKey: session.signingKey },
          }
    opened.set(name, made)
    return made
  }
}

function signingKeyName({ accessKeyId, createdAt }: AccessKey, { date, region, service }: Scoped): string {
  return `${accessKeyId}/${createdAt}/${date}/${region}/${service}`
}

async function deriveSigningKey(
  hsm: KeyProcess,
  cache: ReturnType<typeof lru<string, Uint8Array>>,
  accessKey: AccessKey,
  scoped: Scoped,
): Promise<Uint8Array | ServiceError> {
  const { date, region, service } = scoped
  const derived = await hsm.deriveSigningKey(accessKey, { date, region, service })
  if (!isError(derived)) cache.set(signingKeyName(accessKey, scoped), derived)
  return derived
}
