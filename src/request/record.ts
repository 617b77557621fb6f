import type { AccountId, Region } from '../domain/arn.ts'
import { isError } from '../domain/error.ts'
import type { Key } from '../domain/key.ts'
import type { CheckTrace } from '../trail/decision.ts'
import { type CallRecord, type EventResource, eventLine, type JsonObject } from '../trail/event.ts'
import { eventDate } from '../trail/event-time.ts'
import type { Identity } from '../trail/identity.ts'
import type { Attempt } from './attempt.ts'
import type { Verdict } from './authorize.ts'
import type { VerifiedCaller } from './caller.ts'
import { type HttpRequest, header } from './http.ts'
import { logged } from './logged.ts'
import type { Ids, OutboxEvent } from './ports.ts'
import { resourceArn, type Target } from './targets.ts'

/** A caller that was not authenticated claims nothing that an event should repeat as a fact. */
const UNKNOWN: Identity = { type: 'Unknown' }

/** Events need some Region and source even when a request was too malformed to name one. */
const UNKNOWN_REGION = 'unknown'

/** An event of one call in the logs of several accounts. */
export type SharedEvent = {
  readonly sharedEventId: string
  /** Whose log the event is for, when that is not the caller's own. */
  readonly owner?: AccountId
}

/**
 * The event of a call, granted or refused. Which parameters show: CloudTrail records of KMS.
 *
 * @param time - milliseconds since the epoch at which the call was decided.
 */
export function eventOf(attempt: Attempt, eventId: string, time: number, shared?: SharedEvent): string {
  const { caller, request, operation, result } = attempt
  const service = caller && callingService(caller)
  const record: CallRecord = {
    eventId,
    requestId: request.requestId,
    time,
    eventSource: attempt.service?.eventSource ?? 'kms.amazonaws.com',
    eventName: operation?.name ?? attempt.operationName,
    region: caller?.region ?? UNKNOWN_REGION,
    account: caller && (shared?.owner ?? accountOf(attempt, caller)),
    sourceIpAddress: service ?? request.sourceIp,
    userAgent: service ?? caller?.userAgent ?? header(request, 'user-agent') ?? '',
    identity: caller ? identityFor(attempt, caller, shared) : UNKNOWN,
    error: isError(result) ? { code: result.code, message: result.message } : undefined,
    requestParameters: requestParameters(attempt),
    responseElements: responseElements(attempt),
    additionalEventData: additionalEventData(attempt),
    readOnly: operation?.readOnly ?? true,
    resources: resourcesOf(attempt),
    eventType: 'AwsApiCall',
    sharedEventId: shared?.sharedEventId,
    tlsDetails: tlsOf(request),
    // What decided it in the caller's account is not for the owner's log.
    decision: shared?.owner === undefined ? decisionOf(attempt) : undefined,
  }
  return eventLine(record)
}

/** A service that calls is told in the place of where it called from. Source: CloudTrail record contents, sourceIPAddress. */
function callingService({ via, principal }: VerifiedCaller): string | undefined {
  return via?.principal ?? (principal.type === 'service' ? principal.service : undefined)
}

/** Services have no account: what they do to a key is told to the account that owns it. */
function accountOf({ targets = {} }: Attempt, { principal, scope }: VerifiedCaller): string {
  if (principal.type !== 'service') return scope.account
  const key = Object.values(targets).find(({ kind }) => kind === 'key')
  return key?.kind === 'key' ? key.key.account : scope.account
}

/** Other accounts learn the caller's account and unique id, and no more. Source: CloudTrail user guide, events across accounts. */
function identityFor({ targets }: Attempt, { identity, scope }: VerifiedCaller, shared?: SharedEvent): Identity {
  if (shared?.owner !== undefined && 'principalId' in identity)
    return { type: 'AWSAccount', principalId: identity.principalId, accountId: scope.account }
  const role = targets?.role
  // Nobody signed the request: who asks is in the token that came with it.
  return role?.kind === 'role' && role.bearer ? role.bearer : identity
}

const NOBODY: readonly AccountId[] = []

/** Accounts, not the caller's, whose keys or roles a call used: their logs have the call too. None for a refusal. */
export function otherOwners({ caller, targets, result }: Attempt): readonly AccountId[] {
  if (!caller || caller.principal.type === 'service' || !targets || isError(result)) return NOBODY
  let owners = NOBODY
  for (const name in targets) {
    const owner = ownerOf(targets[name])
    if (owner !== undefined && owner !== caller.scope.account && !owners.includes(owner)) owners = [...owners, owner]
  }
  return owners
}

function ownerOf(target: Target | undefined): AccountId | undefined {
  if (target?.kind === 'key') return target.key.account
  return target?.kind === 'role' ? target.account : undefined
}

/** The events of a call in the logs of several accounts, the caller's first. */
export function sharedEvents(
  attempt: Attempt,
  owners: readonly AccountId[],
  { eventId, time, ids }: { readonly eventId: string; readonly time: number; readonly ids: Ids },
): readonly OutboxEvent[] {
  const sharedEventId = ids.uuid()
  const own = { eventId, line: eventOf(attempt, eventId, time, { sharedEventId }) }
  const copies = owners.map((owner) => {
    const copyId = ids.uuid()
    return { eventId: copyId, line: eventOf(attempt, copyId, time, { sharedEventId, owner }) }
  })
  return [own, ...copies]
}

/** Who makes the calls in other Regions, on the caller's behalf. Source: CloudTrail records of multi-Region keys. */
const OURSELVES = 'kms.amazonaws.com'

/** The events of a call in other Regions than that of its endpoint, for the commit that its own event is in. */
export function eventsElsewhere(attempt: Attempt, ids: Ids, time: number): readonly OutboxEvent[] {
  const { caller, request, result } = attempt
  if (!caller || isError(result)) return []
  return (result.elsewhere ?? []).map(({ eventName, key, request: asked, response }) => {
    const eventId = ids.uuid()
    const line = eventLine({
      eventId,
      requestId: request.requestId,
      time,
      eventSource: attempt.service?.eventSource ?? OURSELVES,
      eventName,
      region: key.region,
      account: key.account,
      sourceIpAddress: OURSELVES,
      userAgent: OURSELVES,
      identity: invokedByUs(caller.identity),
      requestParameters: logged(asked.members, asked.value, eventDate),
      responseElements: response ? logged(response.members, response.value, eventDate) : null,
      readOnly: false,
      resources: [keyResource(key)],
      eventType: 'AwsApiCall',
    })
    return { eventId, line }
  })
}

function invokedByUs(identity: Identity): Identity {
  return 'principalId' in identity && identity.type !== 'WebIdentityUser'
    ? { ...identity, invokedBy: OURSELVES }
    : identity
}

function requestParameters({ operation, input }: Attempt): JsonObject | null {
  if (!operation || !input || operation.event?.request === 'none') return null
  return renamed(logged(operation.input, operation.shown?.(input) ?? input, eventDate), operation.event?.renamed)
}

function renamed(shown: JsonObject | null, names: Readonly<Record<string, string>> | undefined): JsonObject | null {
  if (!shown || !names) return shown
  const known = new Map(Object.entries(names))
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [known.get(name) ?? name, value]))
}

function responseElements({ operation, targets, result }: Attempt): JsonObject | null {
  if (!operation || isError(result)) return null
  const response = operation.event?.response
  if (response === undefined) return null
  const output = response === 'arn' ? null : logged(operation.output ?? {}, result.output, eventDate)
  const key = response === 'output' ? undefined : targets?.key
  return key?.kind === 'key' ? { ...output, keyId: key.key.arn } : output
}

function additionalEventData(attempt: Attempt): JsonObject | undefined {
  const { result } = attempt
  const used = materialUsed(attempt)
  const noted = isError(result) ? undefined : result.noted
  return used && noted ? { ...used, ...noted } : (used ?? noted)
}

/** Symmetric cryptographic calls tell which material was used; ReEncrypt tells both. */
function materialUsed({ operation, targets = {}, result }: Attempt): JsonObject | undefined {
  if (!operation?.crypto || isError(result)) return undefined
  let used: Record<string, string> | undefined
  for (const [name, target] of Object.entries(targets)) {
    if (target.kind !== 'key' || !target.material || target.key.keySpec !== 'SYMMETRIC_DEFAULT') continue
    used ??= {}
    used[name === 'key' ? 'keyMaterialId' : `${name}KeyMaterialId`] = target.material.materialId
  }
  return used
}

/** What the call was about, and what it made; keys of other Regions are told in events of those. */
function resourcesOf({ caller, targets = {}, result }: Attempt): readonly EventResource[] {
  const resources: EventResource[] = []
  for (const target of Object.values(targets)) {
    const resource = resourceOf(target, caller?.region)
    if (resource) resources.push(resource)
  }
  for (const change of isError(result) ? [] : (result.changes ?? []))
    if (change.kind === 'insert-key' && change.key.region === caller?.region) resources.push(keyResource(change.key))
  return resources
}

/** The resource of a check is told where the event's resources do not say which it was. */
function decisionOf({ verdicts, caller }: Attempt): CallRecord['decision'] {
  const target = verdicts?.[0]?.target
  if (!verdicts || !target) return undefined
  const isPlain = verdicts.length === 1 && target.kind === 'key' && target.key.region === caller?.region
  const isLimited = caller !== undefined && 'sessionPolicies' in caller.principal
  return verdicts.map((verdict) => checkOf(verdict, isPlain, isLimited))
}

function checkOf({ target, decision, asked }: Verdict, isPlain: boolean, isSessionLimited: boolean): CheckTrace {
  return {
    action: target.action,
    decision,
    ...(isPlain ? {} : { resource: resourceArn(target) }),
    ...(asked ? { asked } : {}),
    ...(isSessionLimited ? { isSessionLimited } : {}),
  }
}

const TYPE = 'AWS::KMS::Key'

function keyResource({ account, arn }: Key): EventResource {
  return { accountId: account, type: TYPE, ARN: arn }
}

function resourceOf(target: Target, region: Region | undefined): EventResource | undefined {
  if (target.kind === 'key') return target.key.region === region ? keyResource(target.key) : undefined
  if (target.kind === 'role') return { accountId: target.account, type: 'AWS::IAM::Role', ARN: target.arn }
  return target.kind === 'alias' ? { accountId: target.account, type: TYPE, ARN: target.arn } : undefined
}

function tlsOf(request: HttpRequest): CallRecord['tlsDetails'] {
  if (!request.tls) return undefined
  const host = header(request, 'host')
  const { version, cipherSuite } = request.tls
  return { tlsVersion: version, cipherSuite, ...(host === undefined ? {} : { clientProvidedHostHeader: host }) }
}
