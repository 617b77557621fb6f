import { TRAIL_FIELD_MAX_BYTES } from '../domain/limits.ts'
import { type CheckTrace, decisionField } from './decision.ts'
import { eventTime } from './event-time.ts'
import { type Identity, identityJson } from './identity.ts'
import { jsonOf, repeatedTextOf, textOf, writtenOnce } from './json-text.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** A resource of an event, under CloudTrail's names. */
export type EventResource = { readonly accountId: string; readonly type: string; readonly ARN: string }

export type TlsDetails = {
  readonly tlsVersion: string
  readonly cipherSuite: string
  readonly clientProvidedHostHeader?: string
  readonly keyExchange?: string
}

/** One call, granted or refused, or one thing the service did by itself: all that an event says. */
export type CallRecord = {
  readonly eventId: string
  /** The `x-amzn-RequestId` of the answer; absent where there was no request. */
  readonly requestId?: string | undefined
  /** Milliseconds since the epoch, UTC. */
  readonly time: number
  readonly eventSource: string
  readonly eventName: string
  readonly region: string
  /** The account whose log this is; absent when the caller could not be authenticated. */
  readonly account?: string | undefined
  readonly sourceIpAddress: string
  readonly userAgent?: string | undefined
  readonly identity: Identity
  /** What the client was answered, under the client's names. */
  readonly error?: { readonly code: string; readonly message?: string | undefined } | undefined
  readonly requestParameters: JsonObject | null
  readonly responseElements: JsonObject | null
  readonly additionalEventData?: JsonObject | undefined
  readonly readOnly: boolean
  /** Absent for operations that have no resources. */
  readonly resources?: readonly EventResource[]
  readonly eventType: 'AwsApiCall' | 'AwsServiceEvent'
  readonly serviceEventDetails?: JsonObject
  /** The same in both accounts' events of one call across accounts. */
  readonly sharedEventId?: string | undefined
  readonly tlsDetails?: TlsDetails | undefined
  /** What was decided about the call, beside CloudTrail's own members. */
  readonly decision?: readonly CheckTrace[] | undefined
}

const OMITTED = '{"omitted":true}'

/** A UTF-16 unit is three bytes at the most, so short texts need not be counted. */
function exceeds(json: string, maxBytes: number): boolean {
  return json.length * 3 > maxBytes && Buffer.byteLength(json) > maxBytes
}

/** CloudTrail replaces a field that is too large by `omitted`. Source: CloudTrail record contents. */
function field(value: JsonObject | null, maxBytes: number): string {
  if (value === null) return 'null'
  const json = jsonOf(value)
  return exceeds(json, maxBytes) ? OMITTED : json
}

function optional(name: string, json: string | undefined): string {
  return json === undefined ? '' : `,"${name}":${json}`
}

function errorFields(error: CallRecord['error']): string {
  if (error === undefined) return ''
  // The log's name for a refusal differs from the client's. Source: recorded CloudTrail events.
  const code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code
  const message =
    error.message === undefined ? undefined : textOf(error.message.slice(0, TRAIL_FIELD_MAX_BYTES.errorMessage))
  return `,"errorCode":${repeatedTextOf(code)}${optional('errorMessage', message)}`
}

function resourceJson({ accountId, type, ARN }: EventResource): string {
  return `{"accountId":${repeatedTextOf(accountId)},"type":${repeatedTextOf(type)},"ARN":${repeatedTextOf(ARN)}}`
}

function resourcesField(resources: CallRecord['resources']): string {
  if (resources === undefined) return ''
  const [first] = resources
  const items = resources.length === 1 && first !== undefined ? resourceJson(first) : resources.map(resourceJson).join()
  return `,"resources":[${items}]`
}

const tlsJson = writtenOnce(({ tlsVersion, cipherSuite, clientProvidedHostHeader, keyExchange }: TlsDetails) => {
  const host = clientProvidedHostHeader?.slice(0, TRAIL_FIELD_MAX_BYTES.hostHeader)
  return jsonOf({ tlsVersion, cipherSuite, clientProvidedHostHeader: host, keyExchange })
})

/** Who, when, what and from where. */
function callFields(record: CallRecord): string {
  const userAgent = record.userAgent?.slice(0, TRAIL_FIELD_MAX_BYTES.userAgent)
  return (
    `"userIdentity":${identityJson(record.identity)},"eventTime":"${eventTime(record.time)}"` +
    `,"eventSource":${repeatedTextOf(record.eventSource)},"eventName":${repeatedTextOf(record.eventName)}` +
    `,"awsRegion":${repeatedTextOf(record.region)},"sourceIPAddress":${repeatedTextOf(record.sourceIpAddress)}` +
    optional('userAgent', userAgent === undefined ? undefined : repeatedTextOf(userAgent))
  )
}

/** What was asked and what came of it. */
function outcomeFields(record: CallRecord): string {
  const { additionalEventData: more } = record
  return (
    errorFields(record.error) +
    `,"requestParameters":${field(record.requestParameters, TRAIL_FIELD_MAX_BYTES.requestParameters)}` +
    `,"responseElements":${field(record.responseElements, TRAIL_FIELD_MAX_BYTES.responseElements)}` +
    (more === undefined ? '' : `,"additionalEventData":${field(more, TRAIL_FIELD_MAX_BYTES.additionalEventData)}`)
  )
}

/** What the event belongs to. */
function recordFields(record: CallRecord): string {
  const { requestId, account, sharedEventId, serviceEventDetails: details, tlsDetails: tls } = record
  return (
    `${optional('requestID', requestId === undefined ? undefined : textOf(requestId))},"eventID":${textOf(record.eventId)}` +
    `,"readOnly":${record.readOnly}${resourcesField(record.resources)},"eventType":"${record.eventType}","managementEvent":true` +
    optional('recipientAccountId', account === undefined ? undefined : repeatedTextOf(account)) +
    (details === undefined
      ? ''
      : `,"serviceEventDetails":${field(details, TRAIL_FIELD_MAX_BYTES.serviceEventDetails)}`) +
    optional('sharedEventID', sharedEventId === undefined ? undefined : textOf(sharedEventId)) +
    `,"eventCategory":"Management"${optional('tlsDetails', tls === undefined ? undefined : tlsJson(tls))}`
  )
}

/**
 * One CloudTrail event as one line of JSON, without the line break, its members in CloudTrail's order.
 *
 * Whatever the strings hold, the line has no line break and encodes to valid UTF-8. Fields above CloudTrail's sizes are
 * cut or say `omitted`. What Trent adds is the last member, which readers of CloudTrail pass over (decision.ts). Identity and TLS details should be one object per caller and connection, and must not change.
 * Source: CloudTrail record contents, eventVersion 1.11; the order is that of recorded events.
 */
export function eventLine(record: CallRecord): string {
  return `{"eventVersion":"1.11",${callFields(record)}${outcomeFields(record)}${recordFields(record)}${decisionField(record.decision)}}`
}
