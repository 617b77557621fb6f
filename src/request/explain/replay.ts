import { decideKeyAccess, grantNames } from '../../policy/key-access.ts'
import { assumedPolicy, assumedPrincipal, partialContext } from '../../policy/knowledge.ts'
import type { CompiledPolicy, Decision } from '../../policy/types.ts'
import type { RecordedCall, RecordedCheck } from '../../trail/recorded-call.ts'
import { parseRecordedCall } from '../../trail/recorded-call.ts'
import type { Wanted } from '../../trail/search.ts'
import type { CandidateParts, Examined } from './candidates.ts'
import { recordedContext, recordedKnowledge } from './recorded-keys.ts'
import { type RecordedPrincipal, recordedPrincipal } from './recorded-principal.ts'

/** What a draft policy would answer to a recorded call. */
export type Replay = {
  readonly call: RecordedCall
  readonly check: RecordedCheck
} & (
  | { readonly outcome: 'same' }
  /** `isOfDraft`: the policy in force still answers as it did then. */
  | { readonly outcome: 'flips'; readonly decision: Decision; readonly isOfDraft: boolean }
  /** What the answer hangs on and the event does not tell. */
  | { readonly outcome: 'undecided'; readonly needs: readonly string[] }
)

/** Retiring is decided by the grant that is retired, which is gone. */
const NEVER_REPLAYED: ReadonlySet<string> = new Set(['kms:RetireGrant'])

/** The decisions about a key that a call was answered by, and that its key policy had a part in. */
function checksOf(call: RecordedCall, keyArn: string, account: string): readonly RecordedCheck[] {
  const isOwn = call.account === account
  return (call.checks ?? []).filter(
    ({ action, resource, allowed }) =>
      resource === keyArn &&
      action.startsWith('kms:') &&
      !NEVER_REPLAYED.has(action) &&
      // That another account was refused is in that account's log alone.
      (isOwn || allowed),
  )
}

/** The search for recorded calls on a key, newest first. */
export function searchOfCalls({ arn, account }: Examined['key'], limit: number, from?: number): Wanted {
  return {
    needle: `"${arn}"`,
    limit,
    isMeant(line) {
      const call = parseRecordedCall(line)
      return call !== undefined && checksOf(call, arn, account).length > 0
    },
    ...(from === undefined ? {} : { from }),
  }
}

/** Decides a recorded call again by the draft. */
export async function replay(
  parts: CandidateParts,
  about: Examined,
  draft: CompiledPolicy,
  line: string,
): Promise<readonly Replay[]> {
  const call = parseRecordedCall(line)
  if (!call) return []
  const who = await recordedPrincipal(parts, call)
  const checks = checksOf(call, about.key.arn, about.key.account)
  return Promise.all(checks.map((check) => replayCheck(parts, { about, call, check, who }, draft)))
}

type Replayed = {
  readonly about: Examined
  readonly call: RecordedCall
  readonly check: RecordedCheck
  readonly who: RecordedPrincipal | undefined
}

async function replayCheck(parts: CandidateParts, replayed: Replayed, draft: CompiledPolicy): Promise<Replay> {
  const { call, check, who, about } = replayed
  if (!who) return { call, check, outcome: 'undecided', needs: ['its principal, who is no more'] }
  const grants = await parts.store.findGrants(about.key, about.key.keyId, grantNames(who.principal))
  const decide = (policy: CompiledPolicy) => decideAgain({ ...replayed, who }, grants, policy)
  const { decision, needs } = decide(draft)
  if (!decision) return { call, check, outcome: 'undecided', needs }
  if (decision.allowed === check.allowed) return { call, check, outcome: 'same' }
  const now = decide(parts.policies.compiled(about.key)).decision
  return { call, check, outcome: 'flips', decision, isOfDraft: now?.allowed !== decision.allowed }
}

type Again = { readonly decision?: Decision; readonly needs: readonly string[] }

/** Decides for the best and for the worst that could be behind what is not known; only where both agree it is an answer. */
function decideAgain(
  { about, call, check, who }: Replayed & { readonly who: RecordedPrincipal },
  grants: Examined['grants'],
  policy: CompiledPolicy,
): Again {
  const context = partialContext(recordedKnowledge(call, check, about.key, who))
  const encryptionContext = recordedContext(call, check)
  const needs = new Set<string>()
  const [best, worst] = [true, false].map((favours) => {
    const decision = decideKeyAccess({
      principal: assumedPrincipal(who.principal, context, favours),
      action: check.action,
      key: { arn: about.key.arn, account: about.key.account, policy: assumedPolicy(policy, context, favours) },
      grants: encryptionContext ? grants : [],
      context,
      ...(encryptionContext ? { encryptionContext } : {}),
    })
    const open =
      decision.allowed || decision.kind === 'explicit' ? undefined : openGrant(check, grants, encryptionContext)
    if (open !== undefined) needs.add(open)
    return decision
  })
  if (best?.allowed !== worst?.allowed) for (const name of context.unknown) needs.add(name)
  return best && needs.size === 0 ? { decision: best, needs: [] } : { needs: [...needs] }
}

/** A grant that might carry the call, if more of the request were known. */
function openGrant(
  { action, by }: RecordedCheck,
  grants: Examined['grants'],
  encryptionContext: ReadonlyMap<string, string> | undefined,
): string | undefined {
  if (action === 'kms:CreateGrant' && (by.some(({ grant }) => grant !== undefined) || grants.length > 0))
    return 'the grant that it asked for'
  return encryptionContext === undefined && grants.length > 0 ? 'its encryption context' : undefined
}
