/** An event as the rules look at it. */
export type WatchedEvent = {
  readonly id: string
  readonly name: string
  readonly source: string
  readonly time: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly account: string
  readonly region: string
  readonly errorCode?: string
  readonly errorMessage: string
  /** A session's role, a user, a root user; empty for callers who were not authenticated. */
  readonly principal: string
  readonly isRoot: boolean
  readonly accessKeyId: string
  readonly sourceIp: string
  readonly keys: readonly string[]
  /** Keys of tags that the call put on the key, and took from it. */
  readonly tagged: readonly string[]
  readonly untagged: readonly string[]
}

type Members = { readonly [name: string]: unknown }

function parseMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {}
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The role of a session, so that every session of it is one caller. */
function principalOf(identity: Members): string {
  const issuer = parseMembers(parseMembers(identity.sessionContext).sessionIssuer)
  return textOf(issuer.arn) || textOf(identity.arn)
}

/** @returns nothing for what is no event of a call. */
export function watchedEvent(line: string): WatchedEvent | undefined {
  const event = parseMembers(JSON.parse(line))
  const [id, time] = [textOf(event.eventID), textOf(event.eventTime)]
  if (id === '' || textOf(event.requestID) === '' || event.eventType !== 'AwsApiCall') return undefined
  const identity = parseMembers(event.userIdentity)
  const parameters = parseMembers(event.requestParameters)
  const errorCode = textOf(event.errorCode)
  return {
    id,
    name: textOf(event.eventName),
    source: textOf(event.eventSource),
    time,
    at: Date.parse(time),
    account: textOf(event.recipientAccountId),
    region: textOf(event.awsRegion),
    ...(errorCode === '' ? {} : { errorCode }),
    errorMessage: textOf(event.errorMessage),
    principal: principalOf(identity),
    isRoot: identity.type === 'Root',
    accessKeyId: textOf(identity.accessKeyId),
    sourceIp: textOf(event.sourceIPAddress),
    keys: listOf(event.resources)
      .map((each) => textOf(parseMembers(each).ARN))
      .filter((arn) => arn.includes(':key/')),
    tagged: listOf(parameters.tags).map((tag) => textOf(parseMembers(tag).tagKey)),
    untagged: listOf(parameters.tagKeys).map(textOf),
  }
}
