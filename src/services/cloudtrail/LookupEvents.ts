import { isError } from '../../domain/error.ts'
import { integer, list, optional, structure, text, timestamp } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import { queryOf, tokenAfter } from './query.ts'

const Event = structure({
  EventId: optional(text()),
  EventName: optional(text()),
  ReadOnly: optional(text()),
  AccessKeyId: optional(text()),
  EventTime: optional(timestamp()),
  EventSource: optional(text()),
  Username: optional(text()),
  Resources: optional(list(structure({ ResourceType: optional(text()), ResourceName: optional(text()) }))),
  CloudTrailEvent: optional(text()),
})

/**
 * Events of the last 90 days in the account and Region, newest first.
 *
 * Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
export const LookupEvents = operation({
  name: 'LookupEvents',
  input: {
    LookupAttributes: optional(list(structure({ AttributeKey: text(), AttributeValue: text(1, 2000) }))),
    StartTime: optional(timestamp()),
    EndTime: optional(timestamp()),
    EventCategory: optional(text()),
    // The range is checked with an error of its own.
    MaxResults: optional(integer()),
    NextToken: optional(text()),
  },
  output: { Events: optional(list(Event)), NextToken: optional(text()) },
  errors: [
    'InvalidLookupAttributesException',
    'InvalidTimeRangeException',
    'InvalidMaxResultsException',
    'InvalidNextTokenException',
    'InvalidEventCategoryException',
  ],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('cloudtrail:LookupEvents') }),
  async run(input, _granted, { caller, clock, cloudTrail }) {
    const wanted = queryOf(input, clock.now())
    if (isError(wanted)) return wanted
    // Insights are of another service of AWS; here there are none.
    if (input.EventCategory !== undefined) return { output: { Events: [] } }
    const page = await cloudTrail.lookUp({ ...wanted, ...caller.scope })
    if (isError(page)) return page
    const next = page.next ? { NextToken: tokenAfter(input, page.next) } : {}
    return { output: { Events: page.events, ...next } }
  },
})
