import { isError } from '../../domain/error.ts'
import { boolean, integer, list, optional, structure, text, withDefault } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

const PAGE = 100

const Finding = structure({
  Id: text(),
  Kind: text(),
  Time: text(),
  Region: text(),
  Principal: optional(text()),
  Source: optional(text()),
  Key: optional(text()),
  EventId: text(),
  EventName: text(),
  ErrorCode: optional(text()),
  Suppressed: integer(),
  Text: text(),
})

/** What was found unusual in the account, the newest first. */
export const ListAlarms = operation({
  name: 'ListAlarms',
  input: { Limit: withDefault(integer(1, 1000), PAGE), NextToken: optional(shapes.TokenType) },
  output: { Alarms: list(Finding), NextToken: optional(text()) },
  errors: ['UnsupportedOperationException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('trent:ListAlarms') }),
  async run({ Limit, NextToken }, _granted, { caller, cloudTrail }) {
    const before = NextToken === undefined ? Number.MAX_SAFE_INTEGER : Number(NextToken)
    const found = await cloudTrail.unusual.list(caller.scope.account, before, Limit)
    if (isError(found)) return found
    const last = found.at(-1)
    return {
      output: {
        Alarms: found.map(({ id, kind, time, region, principal, source, key, event, suppressed, text: Text }) => ({
          Id: id,
          Kind: kind,
          Time: time,
          Region: region,
          EventId: event.id,
          EventName: event.name,
          Suppressed: suppressed,
          Text,
          ...(principal === '' ? {} : { Principal: principal }),
          ...(source === '' ? {} : { Source: source }),
          ...(key === undefined ? {} : { Key: key }),
          ...(event.errorCode === undefined ? {} : { ErrorCode: event.errorCode }),
        })),
        ...(last && found.length === Limit ? { NextToken: String(last.number) } : {}),
      },
    }
  },
})

/** Sends one message to the webhook now, and tells what became of it. */
export const TestAlarm = operation({
  name: 'TestAlarm',
  input: {},
  output: { Delivered: boolean(), Reason: optional(text()) },
  errors: ['UnsupportedOperationException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({ account: account('trent:TestAlarm') }),
  async run(_input, _granted, { caller, cloudTrail, ids }) {
    const outcome = await cloudTrail.unusual.test(caller.scope, ids.uuid())
    if (isError(outcome)) return outcome
    return { output: { Delivered: outcome.isTaken, ...(outcome.isTaken ? {} : { Reason: outcome.reason }) } }
  },
})
