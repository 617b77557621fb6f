import { DECISION_MEMBER } from './decision.ts'

/** A statement, a grant or the root user, as an event names them. */
export type RecordedGround = {
  readonly source?: string
  readonly policy?: string
  /** From 0. */
  readonly statement?: number
  readonly sid?: string
  readonly grant?: string
  readonly root?: boolean
}

/** One decision as an event tells it. */
export type RecordedCheck = {
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly by: readonly RecordedGround[]
  readonly deniedBy?: RecordedGround
  readonly missing?: string
  readonly asked: ReadonlyMap<string, readonly string[]>
  /** The caller's session had session policies, which the event does not hold. */
  readonly isSessionLimited: boolean
}

type Members = { readonly [name: string]: unknown }

/** An event of a call, read again. */
export type RecordedCall = {
  readonly requestId: string
  readonly eventId: string
  /** ISO 8601 with whole seconds, UTC. */
  readonly time: string
  readonly source: string
  readonly operation: string
  readonly region: string
  /** The account whose log it is; absent when the caller was not authenticated. */
  readonly account?: string
  readonly identity: Members
  readonly sourceIp: string
  readonly userAgent: string
  readonly isTls: boolean
  readonly parameters: Members
  readonly errorCode?: string
  readonly errorMessage?: string
  /** Absent where nothing was decided. */
  readonly checks?: readonly RecordedCheck[]
}

/** Reads an event; nothing for what is no event of a call. */
export function parseRecordedCall(line: string): RecordedCall | undefined {
  const event = parseMembers(JSON.parse(line))
  const requestId = textOf(event.requestID)
  if (requestId === undefined) return undefined
  const account = textOf(event.recipientAccountId)
  const errorCode = textOf(event.errorCode)
  const errorMessage = textOf(event.errorMessage)
  const checks = parseChecks(event)
  return {
    requestId,
    eventId: textOf(event.eventID) ?? '',
    time: textOf(event.eventTime) ?? '',
    source: textOf(event.eventSource) ?? '',
    operation: textOf(event.eventName) ?? '',
    region: textOf(event.awsRegion) ?? '',
    identity: parseMembers(event.userIdentity),
    sourceIp: textOf(event.sourceIPAddress) ?? '',
    userAgent: textOf(event.userAgent) ?? '',
    isTls: event.tlsDetails !== undefined,
    parameters: parseMembers(event.requestParameters),
    ...(account === undefined ? {} : { account }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...(checks === undefined ? {} : { checks }),
  }
}

/** Members of an object; none for anything else. */
export function parseMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textsOf = (value: unknown) => listOf(value).filter((each) => typeof each === 'string')

function parseChecks(event: Members): readonly RecordedCheck[] | undefined {
  const checks = event[DECISION_MEMBER]
  const only = textOf(parseMembers(listOf(event.resources)[0]).ARN) ?? '*'
  return Array.isArray(checks) ? checks.map((check) => parseCheck(parseMembers(check), only)) : undefined
}

function parseCheck(check: Members, onlyResource: string): RecordedCheck {
  const missing = textOf(check.missing)
  return {
    action: textOf(check.action) ?? '',
    resource: textOf(check.resource) ?? onlyResource,
    allowed: check.allowed === true,
    by: listOf(check.by).map(parseGround),
    asked: new Map(Object.entries(parseMembers(check.asked)).map(([name, values]) => [name, textsOf(values)])),
    isSessionLimited: check.sessionPolicies === true,
    ...(check.deniedBy === undefined ? {} : { deniedBy: parseGround(check.deniedBy) }),
    ...(missing === undefined ? {} : { missing }),
  }
}

function parseGround(value: unknown): RecordedGround {
  const ground = parseMembers(value)
  const source = textOf(ground.source)
  const policy = textOf(ground.policy)
  const sid = textOf(ground.sid)
  const grant = textOf(ground.grant)
  return {
    ...(source === undefined ? {} : { source }),
    ...(policy === undefined ? {} : { policy }),
    ...(typeof ground.statement === 'number' ? { statement: ground.statement } : {}),
    ...(sid === undefined ? {} : { sid }),
    ...(grant === undefined ? {} : { grant }),
    ...(ground.root === true ? { root: true } : {}),
  }
}
