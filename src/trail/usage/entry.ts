/** Requests of one kind, as an event tells of one of them. */
export type UsedRequest = {
  /** Whose log the event is in: the caller's account. */
  readonly account: string
  readonly region: string
  /** ARN of the key that it was about, the first when there are several; empty without one. */
  readonly key: string
  /** ARNs of all keys, in the event's order. */
  readonly keys: readonly string[]
  /** ARN of the user, the role or the root user, or a service's name. */
  readonly principal: string
  readonly operation: string
  /** Spec of the data key pair that was asked for. */
  readonly keyPairSpec?: string
  /** Empty when the call succeeded, else the code of its error as events spell it. */
  readonly outcome: string
}

/** Something that happened to a key. */
export type KeyChange =
  | {
      readonly kind: 'created'
      readonly arn: string
      readonly account: string
      readonly region: string
      readonly keyId: string
      readonly spec: string
      /** `AWS` for keys of services. */
      readonly manager: string
    }
  | { readonly kind: 'deletion-scheduled' | 'deletion-cancelled' | 'deleted'; readonly arn: string }
  /** Related multi-Region keys share their id, and rotate together. */
  | { readonly kind: 'rotated'; readonly account: string; readonly keyId: string }

/** What an event adds to the usage of the service. */
export type UsageEntry = {
  /** Seconds since the epoch. */
  readonly time: number
  readonly request?: UsedRequest
  readonly change?: KeyChange
}

type Parsed = { readonly [member: string]: unknown }

function parseMembers(value: unknown): Parsed {
  return typeof value === 'object' && value !== null ? (value as Parsed) : {}
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const KMS = 'kms.amazonaws.com'
const KEY = ':key/'

/** Sessions of a role count as the role: their names are as many as their makers like. */
function principalOf(identity: Parsed): string {
  if (identity.type === 'AWSService') return textOf(identity.invokedBy)
  const issuer = parseMembers(parseMembers(identity.sessionContext).sessionIssuer)
  return identity.type === 'AssumedRole' ? textOf(issuer.arn) : textOf(identity.arn)
}

function keysOf({ resources }: Parsed): readonly string[] {
  if (!Array.isArray(resources)) return []
  return resources.map((each) => textOf(parseMembers(each).ARN)).filter((arn) => arn.includes(KEY))
}

/**
 * A request, for whoever made it. What KMS does by itself or in another Region is none of its own, the owner's copy of a call
 * from another account is the same request once more, and callers who were not authenticated used nothing.
 */
function requestOf(event: Parsed): UsedRequest | undefined {
  const identity = parseMembers(event.userIdentity)
  const account = textOf(event.recipientAccountId)
  const { type } = identity
  if (event.eventType !== 'AwsApiCall' || typeof type !== 'string' || identity.invokedBy === KMS) return undefined
  if (account === '' || type === 'Unknown' || type === 'AWSAccount') return undefined
  const keys = keysOf(event)
  const keyPairSpec = textOf(parseMembers(event.requestParameters).keyPairSpec)
  return {
    account,
    region: textOf(event.awsRegion),
    key: keys[0] ?? '',
    keys,
    principal: principalOf(identity),
    operation: textOf(event.eventName),
    outcome: textOf(event.errorCode),
    ...(keyPairSpec === '' ? {} : { keyPairSpec }),
  }
}

function createdIn({ responseElements }: Parsed): KeyChange | undefined {
  const metadata = parseMembers(parseMembers(responseElements).keyMetadata)
  const arn = textOf(metadata.arn)
  const [, , , region = '', account = ''] = arn.split(':')
  if (arn === '') return undefined
  return {
    kind: 'created',
    arn,
    account,
    region,
    keyId: textOf(metadata.keyId),
    spec: textOf(metadata.keySpec),
    manager: textOf(metadata.keyManager),
  }
}

/** A replica is created by the event that its own Region has of the call. */
function changeOf(event: Parsed): KeyChange | undefined {
  if (event.errorCode !== undefined) return undefined
  const [arn = ''] = keysOf(event)
  switch (event.eventName) {
    case 'CreateKey':
      return createdIn(event)
    case 'ScheduleKeyDeletion':
      return { kind: 'deletion-scheduled', arn }
    case 'CancelKeyDeletion':
      return { kind: 'deletion-cancelled', arn }
    case 'DeleteKey':
      return { kind: 'deleted', arn }
    case 'RotateKey':
      return { kind: 'rotated', account: textOf(event.recipientAccountId), keyId: arn.split(KEY)[1] ?? '' }
    default:
      return undefined
  }
}

/** @returns nothing for what is no use of KMS. */
export function usageOf(line: string): UsageEntry | undefined {
  // Most lines of a trail are of KMS; parsing the others would be for nothing.
  if (!line.includes(KMS)) return undefined
  const event = parseMembers(JSON.parse(line))
  const time = Date.parse(textOf(event.eventTime)) / 1_000
  if (event.eventSource !== KMS || Number.isNaN(time)) return undefined
  const request = requestOf(event)
  const change = changeOf(event)
  if (!request && !change) return undefined
  return { time, ...(request ? { request } : {}), ...(change ? { change } : {}) }
}
