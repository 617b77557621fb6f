import { error, isError } from '../../domain/error.ts'
import { list, optional, structure, text } from '../../protocol/shape.ts'
import { callIn, searchOfCall, shownToItsAccount } from '../../request/explain/recorded.ts'
import { callerWords, callLines } from '../../request/explain/words.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'
import { shownCheck } from './shown.ts'

/**
 * Why a recorded call was answered as it was. Calls of other accounts are as if they had never been.
 *
 * One call looks through a part of the trail, the newest first; an answer without `Call` has a token to go on with.
 */
export const ExplainDecision = operation({
  name: 'ExplainDecision',
  input: { RequestId: shapes.RequestIdType, NextToken: optional(shapes.TokenType) },
  output: {
    Call: optional(
      structure({
        RequestId: text(),
        EventId: text(),
        Time: text(),
        Region: text(),
        Operation: text(),
        Principal: text(),
        ErrorCode: optional(text()),
        ErrorMessage: optional(text()),
        Checks: list(shapes.Check),
        Words: shapes.Strings,
      }),
    ),
    NextToken: optional(shapes.TokenType),
  },
  errors: ['NotFoundException', 'ThrottlingException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('trent:ExplainDecision') }),
  async run({ RequestId, NextToken }, _granted, { caller, searchTrail }) {
    const isOwn = (call: { readonly account?: string }) => call.account === caller.scope.account
    const from = NextToken === undefined ? undefined : Number(NextToken)
    const found = await searchTrail(searchOfCall(RequestId, isOwn, from))
    if (isError(found)) return found
    const call = callIn(found)
    if (call) return { output: { Call: shownCall(shownToItsAccount(call)) } }
    return found.next === undefined
      ? error('NotFoundException', `No call with the request id ${RequestId} is recorded.`)
      : { output: { NextToken: String(found.next) } }
  },
})

function shownCall(call: ReturnType<typeof shownToItsAccount>) {
  const { requestId, eventId, time, region, operation: name, errorCode, errorMessage, checks = [] } = call
  return {
    RequestId: requestId,
    EventId: eventId,
    Time: time,
    Region: region,
    Operation: name,
    Principal: callerWords(call),
    Checks: checks.map(shownCheck),
    Words: callLines(call),
    ...(errorCode === undefined ? {} : { ErrorCode: errorCode }),
    ...(errorMessage === undefined ? {} : { ErrorMessage: errorMessage }),
  }
}
