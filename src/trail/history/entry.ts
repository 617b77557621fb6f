import { withoutDecision } from '../decision.ts'

/** What events are looked up by. Source: CloudTrail API reference, LookupAttribute. */
export const ATTRIBUTES = [
  'EventId',
  'EventName',
  'ReadOnly',
  'Username',
  'ResourceType',
  'ResourceName',
  'EventSource',
  'AccessKeyId',
] as const
export type Attribute = (typeof ATTRIBUTES)[number]

export type ShownResource = { readonly ResourceType: string; readonly ResourceName: string }

/** An event as LookupEvents answers it. */
export type ShownEvent = {
  readonly EventId: string
  readonly EventName: string
  /** `true` or `false`. */
  readonly ReadOnly: string
  readonly AccessKeyId?: string
  /** Milliseconds since the epoch. */
  readonly EventTime: number
  readonly EventSource: string
  readonly Username?: string
  readonly Resources: readonly ShownResource[]
  /** The whole event as JSON. */
  readonly CloudTrailEvent: string
}

/** An event as the index takes it: whose log it is in, and how it is shown. */
export type HistoryEntry = {
  readonly account: string
  readonly region: string
  readonly shown: ShownEvent
  /** Absent for a call that succeeded. */
  readonly errorCode?: string
}

type Parsed = { readonly [member: string]: unknown }

function parseMembers(value: unknown): Parsed {
  return typeof value === 'object' && value !== null ? (value as Parsed) : {}
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** The session's name for roles and federated users, which have no user name. */
function usernameOf({ type, userName, principalId }: Parsed): string | undefined {
  if (type === 'Root') return 'root'
  return textOf(userName) ?? textOf(textOf(principalId)?.split(':')[1])
}

function resourcesOf({ resources }: Parsed): readonly ShownResource[] {
  if (!Array.isArray(resources)) return []
  return resources.map(parseMembers).flatMap(({ type, ARN }) => {
    const [ResourceType, ResourceName] = [textOf(type), textOf(ARN)]
    return ResourceType && ResourceName ? [{ ResourceType, ResourceName }] : []
  })
}

function optionalMembers(identity: Parsed) {
  const [AccessKeyId, Username] = [textOf(identity.accessKeyId), usernameOf(identity)]
  return { ...(AccessKeyId ? { AccessKeyId } : {}), ...(Username ? { Username } : {}) }
}

/** @returns nothing for an event of nobody's log, as those of callers who could not be authenticated. */
export function entryOf(line: string): HistoryEntry | undefined {
  const event = parseMembers(JSON.parse(line))
  const [account, region] = [textOf(event.recipientAccountId), textOf(event.awsRegion)]
  const EventId = textOf(event.eventID)
  const EventTime = Date.parse(String(event.eventTime))
  if (!account || !region || !EventId || Number.isNaN(EventTime)) return undefined
  const shown: ShownEvent = {
    EventId,
    EventName: String(event.eventName),
    ReadOnly: String(event.readOnly === true),
    ...optionalMembers(parseMembers(event.userIdentity)),
    EventTime,
    EventSource: String(event.eventSource),
    Resources: resourcesOf(event),
    CloudTrailEvent: withoutDecision(line, event),
  }
  const errorCode = textOf(event.errorCode)
  return { account, region, shown, ...(errorCode === undefined ? {} : { errorCode }) }
}

/** A resource is found by its ARN and by its id or alias alone. */
function namesOf({ ResourceName }: ShownResource): readonly string[] {
  const resource = ResourceName.split(':').slice(5).join(':')
  if (resource === '') return [ResourceName]
  return [ResourceName, resource.startsWith('key/') ? resource.slice('key/'.length) : resource]
}

/** All that an event is found by but its id. No pair comes twice. */
export function attributesOf({ shown }: HistoryEntry): readonly (readonly [Attribute, string])[] {
  const { EventName, ReadOnly, Username, EventSource, AccessKeyId, Resources } = shown
  return [
    ['EventName', EventName],
    ['ReadOnly', ReadOnly],
    ['EventSource', EventSource],
    ...(Username === undefined ? [] : [['Username', Username] as const]),
    ...(AccessKeyId === undefined ? [] : [['AccessKeyId', AccessKeyId] as const]),
    ...[...new Set(Resources.map(({ ResourceType }) => ResourceType))].map((type) => ['ResourceType', type] as const),
    ...[...new Set(Resources.flatMap(namesOf))].map((name) => ['ResourceName', name] as const),
  ]
}
