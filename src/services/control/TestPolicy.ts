import { error, isError } from '../../domain/error.ts'
import { REPLAYED_CALLS_MAX } from '../../domain/limits.ts'
import { boolean, integer, list, optional, text, withDefault } from '../../protocol/shape.ts'
import { examined } from '../../request/explain/candidates.ts'
import { checkOf } from '../../request/explain/grounds.ts'
import { type Replay, replay, searchOfCalls } from '../../request/explain/replay.ts'
import { wouldOrphan } from '../../request/explain/who-can.ts'
import { callerWords, outcomeWords } from '../../request/explain/words.ts'
import { operation } from '../../request/operation.ts'
import { PolicyType } from '../kms/shapes.ts'
import { keyAskedAbout, keyByIdentity } from './key-target.ts'
import * as shapes from './shapes.ts'

/**
 * Which of the last recorded calls on a key a draft policy would answer otherwise. Nothing changes.
 *
 * `MalformedPolicyDocumentException` for a draft that may not be saved, and for one under which nobody could replace the
 * policy any more.
 */
export const TestPolicy = operation({
  name: 'TestPolicy',
  input: {
    KeyId: shapes.KeyIdType,
    Policy: PolicyType,
    Limit: withDefault(shapes.LimitType, REPLAYED_CALLS_MAX),
    NextToken: optional(shapes.TokenType),
  },
  output: {
    KeyId: text(),
    /** Calls that were decided again. */
    Replayed: integer(),
    Flips: list(shapes.Flip),
    Undecided: list(shapes.Undecided),
    /** PutKeyPolicy would not take the draft from this caller without BypassPolicyLockoutSafetyCheck. */
    LocksOutCaller: boolean(),
    NextToken: optional(shapes.TokenType),
  },
  errors: ['NotFoundException', 'MalformedPolicyDocumentException', 'LimitExceededException', 'ThrottlingException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => keyByIdentity('trent:TestPolicy', input.KeyId, find),
  async run({ KeyId, Policy, Limit, NextToken }, _granted, { store, iam, policies, find, caller, searchTrail }) {
    const key = await keyAskedAbout(KeyId, find)
    if (isError(key)) return key
    const draft = await policies.draft(Policy)
    if (isError(draft)) return draft
    const parts = { store, iam, policies }
    const about = await examined(parts, key)
    if (await wouldOrphan(parts, about, draft.policy))
      return error('MalformedPolicyDocumentException', 'Under this policy nobody could change the key policy any more.')
    const found = await searchTrail(searchOfCalls(key, Limit, NextToken === undefined ? undefined : Number(NextToken)))
    if (isError(found)) return found
    const replays: Replay[] = []
    for (const line of found.lines) replays.push(...(await replay(parts, about, draft.policy, line)))
    const checked = await policies.check({ text: Policy, bypassesLockoutCheck: false, caller, key })
    return {
      output: {
        KeyId: key.arn,
        Replayed: found.lines.length,
        ...shownReplays(replays, key.account),
        LocksOutCaller: isError(checked),
        ...(found.next === undefined || found.lines.length >= Limit ? {} : { NextToken: String(found.next) }),
      },
    }
  },
})

/** What the policies of another account say, and hang on, is for that account to know. */
const FOREIGN_WHY = 'refused: the key policy and the other account no longer allow it together'
const FOREIGN_NEEDS = ['what the policies of the other account ask for']

function shownReplays(replays: readonly Replay[], account: string) {
  return {
    Flips: replays.flatMap((each) =>
      each.outcome === 'flips'
        ? [
            {
              ...shownCall(each, account),
              Was: each.check.allowed ? 'allowed' : 'refused',
              Becomes: each.decision.allowed ? 'allowed' : 'refused',
              Why: each.call.account === account ? outcomeWords(checkOf(each.decision, each.check)) : FOREIGN_WHY,
              IsOfDraft: each.isOfDraft,
            },
          ]
        : [],
    ),
    Undecided: replays.flatMap((each) =>
      each.outcome === 'undecided'
        ? [{ ...shownCall(each, account), Needs: each.call.account === account ? each.needs : FOREIGN_NEEDS }]
        : [],
    ),
  }
}

/** Of another account's principals the key's account learns what CloudTrail would tell it: the account. */
function shownCall({ call, check }: Replay, account: string) {
  const isOwn = call.account === account
  return {
    RequestId: call.requestId,
    Time: call.time,
    Principal: isOwn ? callerWords(call) : `a principal of account ${call.account}`,
    Action: check.action,
  }
}
