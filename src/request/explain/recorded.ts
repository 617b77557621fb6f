import { parseArn } from '../../domain/arn.ts'
import {
  parseRecordedCall,
  type RecordedCall,
  type RecordedCheck,
  type RecordedGround,
} from '../../trail/recorded-call.ts'
import type { Found, Wanted } from '../../trail/search.ts'

/** The search for the call of that id. Of several events the call's own is the one with a decision. */
export function searchOfCall(requestId: string, isShown: (call: RecordedCall) => boolean, from?: number): Wanted {
  return {
    needle: `"requestID":${JSON.stringify(requestId)}`,
    isMeant(line) {
      const call = parseRecordedCall(line)
      return call?.requestId === requestId && isShown(call)
    },
    // A call in several Regions has an event in each; they are neighbours.
    limit: EVENTS_OF_A_CALL_MAX,
    ...(from === undefined ? {} : { from }),
  }
}

/** More than the Regions that one call reaches. */
const EVENTS_OF_A_CALL_MAX = 64

/** The event among those found that tells most. */
export function callIn({ lines }: Found): RecordedCall | undefined {
  const calls = lines.flatMap((line) => parseRecordedCall(line) ?? [])
  return calls.find(({ checks }) => checks !== undefined) ?? calls[0]
}

/**
 * The call as its own account may see it. What the key policy of another account says, and what it asked for, is that
 * account's to know, of an allowed call as of a refused one.
 */
export function shownToItsAccount(call: RecordedCall): RecordedCall {
  return call.checks ? { ...call, checks: call.checks.map((check) => shownCheck(check, call.account)) } : call
}

function shownCheck(check: RecordedCheck, account: string | undefined): RecordedCheck {
  const owner = parseArn(check.resource)?.account
  if (owner === undefined || owner === account) return check
  const { deniedBy, missing, ...told } = check
  const isForeign = ({ source, grant }: RecordedGround) =>
    source === 'key-policy' || source === 'trust-policy' || grant !== undefined
  const shown = { ...told, by: check.by.filter((ground) => !isForeign(ground)), asked: new Map() }
  if (check.allowed) return shown
  return deniedBy && !isForeign(deniedBy) ? { ...shown, deniedBy } : { ...shown, missing: 'other-account' }
}
