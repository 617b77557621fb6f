import { error, isError } from '../../domain/error.ts'
import { FORWARDED_SESSION_SECONDS, HEADER_LINES_MAX, REQUEST_HEADERS_MAX_BYTES } from '../../domain/limits.ts'
import type { ForwardedSessionRecord } from '../../domain/session.ts'
import { integer, list, optional, secretText, structure, text, timestamp, withDefault } from '../../protocol/shape.ts'
import type { ForwardedRequest, ProvenRequest } from '../../request/forwarded-request.ts'
import { issueForwardedSession } from '../../request/iam/session-token.ts'
import { type Call, operation } from '../../request/operation.ts'

const Header = structure({ Name: text(1, 256), Value: secretText(0, REQUEST_HEADERS_MAX_BYTES) })
const Seconds = integer(FORWARDED_SESSION_SECONDS.min, FORWARDED_SESSION_SECONDS.max)

/**
 * What a service gets for a request that a user signed for it: a session in which it may call KMS for that user, for a short
 * time. A request is good for one session. AWS has such sessions and does not show how they are made; docs/services.md does.
 */
export const ForwardAccess = operation({
  name: 'ForwardAccess',
  input: {
    Method: text(1, 16, '[A-Z]+'),
    Path: secretText(1, REQUEST_HEADERS_MAX_BYTES),
    Query: withDefault(secretText(0, REQUEST_HEADERS_MAX_BYTES), ''),
    Headers: list(Header, 1, HEADER_LINES_MAX),
    PayloadHash: text(1, 64, '[A-Za-z0-9-]+'),
    DurationSeconds: optional(Seconds),
  },
  output: {
    SessionToken: secretText(1, 16384),
    Expiration: timestamp(),
    Account: text(),
    Arn: text(),
    UserId: text(),
  },
  errors: ['InvalidForwardedRequest', 'PackedPolicyTooLarge'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },
  // Path, query and headers are what a user wrote to somebody else.
  shown: ({ Method, PayloadHash }) => ({ Method, PayloadHash }),
  targets: async () => ({}),
  async run(input, _granted, call) {
    const { caller, proveForwarded, store } = call
    const service = await callingService(call)
    if (isError(service)) return service
    const proven = await proveForwarded(forwardedIn(input), service.name)
    if (isError(proven)) return proven
    const { digest, freshUntil, now, owner } = proven
    if (await store.wasForwarded(digest)) return USED
    const known = await principalOf(call, proven)
    if (!known) return error('InvalidForwardedRequest', 'The forwarded request was not signed by anybody who may call.')
    const record = recordOf(call, proven, service, input.DurationSeconds)
    const SessionToken = await issueForwardedSession(call.hsm, caller.accessKeyId, record)
    if (isError(SessionToken)) return SessionToken
    const UserId = known.keys.find(([name]) => name === 'aws:userid')?.[1] ?? ''
    return {
      output: { SessionToken, Expiration: record.expiresAt, Account: owner.account, Arn: known.principal.arn, UserId },
      changes: [{ kind: 'insert-forwarded', digest, freshUntil, now }],
    }
  },
})

const USED = error('InvalidForwardedRequest', 'The forwarded request has been forwarded before.')

async function callingService({ caller: { principal }, store, operator }: Call) {
  const service =
    principal.type === 'service' ? await store.findEntity(operator, 'service', nameIn(principal.service)) : undefined
  return service ?? NO_SERVICE
}

const NO_SERVICE = error('AccessDenied', 'Only services can forward requests.')

/** A service is found by the first part of its principal. */
const nameIn = (principal: string): string => principal.slice(0, principal.indexOf('.'))

type Sent = {
  readonly Method: string
  readonly Path: string
  readonly Query: string
  readonly Headers: readonly { readonly Name: string; readonly Value: string }[]
  readonly PayloadHash: string
}

function forwardedIn({ Method, Path, Query, Headers, PayloadHash }: Sent): ForwardedRequest {
  return {
    method: Method,
    path: Path,
    rawQuery: Query,
    rawHeaders: Headers.flatMap(({ Name, Value }) => [Name, Value]),
    payloadHash: PayloadHash,
  }
}

/** Who signed it, as long as there is such a one. */
async function principalOf({ iam }: Call, { owner, region }: ProvenRequest) {
  const { account, userId, session, accessKeyId } = owner
  const credentials = { accessKeyId, region }
  if (session) return iam.principals.session(session, credentials)
  return userId === undefined
    ? iam.principals.root(account, credentials)
    : iam.principals.user(account, userId, credentials)
}

/** It ends at the latest with the session that the request was signed in. */
function recordOf(
  { clock }: Call,
  { owner, region }: ProvenRequest,
  service: { readonly id: string; readonly name: string },
  seconds: number = FORWARDED_SESSION_SECONDS.default,
): ForwardedSessionRecord {
  const { account, accessKeyId, userId, session } = owner
  return {
    kind: 'forwarded',
    account,
    serviceId: service.id,
    service: service.name,
    region,
    expiresAt: Math.min(clock.now() + seconds * 1000, session?.expiresAt ?? Infinity),
    of: { accessKeyId, ...(userId === undefined ? {} : { userId }), ...(session ? { session } : {}) },
  }
}
