import { error, isError, type ServiceError } from '../../domain/error.ts'
import { HISTORY_AGE_MS } from '../../domain/limits.ts'
import { ATTRIBUTES, type Attribute, type HistoryMark, type HistoryQuery } from '../../request/cloudtrail.ts'

/** A request of LookupEvents; times are milliseconds since the epoch. */
type Input = {
  readonly LookupAttributes?: readonly { readonly AttributeKey: string; readonly AttributeValue: string }[]
  readonly StartTime?: number
  readonly EndTime?: number
  readonly EventCategory?: string
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** Source: CloudTrail API reference, LookupEvents. */
const PAGE_MAX = 50

const isAttribute = (key: string): key is Attribute => ATTRIBUTES.some((known) => known === key)

function attributeOf({ LookupAttributes = [] }: Input): HistoryQuery['attribute'] | ServiceError {
  const [attribute, second] = LookupAttributes
  if (second) return error('InvalidLookupAttributesException', 'You can specify only one lookup attribute.')
  if (!attribute) return undefined
  const { AttributeKey: key, AttributeValue: value } = attribute
  if (!isAttribute(key)) return error('InvalidLookupAttributesException', `The attribute key ${key} is not valid.`)
  if (key === 'ReadOnly' && value !== 'true' && value !== 'false')
    return error('InvalidLookupAttributesException', 'The value of ReadOnly must be true or false.')
  return { key, value }
}

/** What a token is good for: the same question. */
const questionOf = ({ LookupAttributes = [], StartTime, EndTime }: Input): string =>
  JSON.stringify([
    ...LookupAttributes.map(({ AttributeKey, AttributeValue }) => [AttributeKey, AttributeValue]),
    StartTime,
    EndTime,
  ])

/** Where the next page begins, and for which question; opaque to clients. */
export function tokenAfter(input: Input, { time, event }: HistoryMark): string {
  return Buffer.from(JSON.stringify([questionOf(input), time, event])).toString('base64url')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

function markOf(input: Input): HistoryMark | undefined | ServiceError {
  if (input.NextToken === undefined) return undefined
  const parts = parseJson(Buffer.from(input.NextToken, 'base64url').toString('utf8'))
  const [question, time, event]: readonly unknown[] = Array.isArray(parts) ? parts : []
  const isOurs = question === questionOf(input) && Number.isSafeInteger(time) && Number.isSafeInteger(event)
  if (!isOurs || typeof time !== 'number' || typeof event !== 'number')
    return error('InvalidNextTokenException', 'The NextToken is not valid for this request.')
  return { time, event }
}

/**
 * What a request of LookupEvents asks for.
 *
 * @param now - milliseconds since the epoch.
 * @returns an error of the operation's own for each member that is wrong, in the order of the model.
 */
export function queryOf(input: Input, now: number): Omit<HistoryQuery, 'account' | 'region'> | ServiceError {
  const attribute = attributeOf(input)
  if (isError(attribute)) return attribute
  const { StartTime = now - HISTORY_AGE_MS, EndTime = now, MaxResults: limit = PAGE_MAX, EventCategory } = input
  if (StartTime > EndTime) return error('InvalidTimeRangeException', 'The start time is after the end time.')
  if (limit < 1 || limit > PAGE_MAX)
    return error('InvalidMaxResultsException', `MaxResults must be between 1 and ${PAGE_MAX}.`)
  const after = markOf(input)
  if (isError(after)) return after
  if (EventCategory !== undefined && EventCategory !== 'insight')
    return error('InvalidEventCategoryException', 'The only event category is insight.')
  return {
    limit,
    from: Math.ceil(Math.max(StartTime, now - HISTORY_AGE_MS) / 1_000),
    to: Math.floor(EndTime / 1_000),
    ...(attribute ? { attribute } : {}),
    ...(after ? { after } : {}),
  }
}
