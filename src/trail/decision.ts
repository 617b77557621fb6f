import { TRAIL_FIELD_MAX_BYTES } from '../domain/limits.ts'
import { jsonOf, repeatedTextOf, writtenOnce } from './json-text.ts'

/** One statement of one policy; the object must not change, since its JSON is written once. */
export type StatementTrace = {
  readonly kind: 'statement'
  /** Which sort of policy: `key-policy`, `identity-policy` and so on. */
  readonly source: string
  /** Name of the policy, where there can be several. */
  readonly policy?: string
  /** Place among the document's statements, from 0. */
  readonly index: number
  readonly sid?: string
}

/** What an allowing decision rests on. */
export type GroundTrace =
  | StatementTrace
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'root-user' }

export type DecisionTrace =
  | { readonly allowed: true; readonly by: readonly GroundTrace[] }
  | { readonly allowed: false; readonly kind: 'explicit'; readonly by: StatementTrace }
  | { readonly allowed: false; readonly kind: 'implicit'; readonly missing: string }

/** One decision of a call: whether one action on one resource was allowed, and by what. */
export type CheckTrace = {
  readonly action: string
  /** ARN, or `*` for the account; absent when it is the event's only resource. */
  readonly resource?: string
  readonly decision: DecisionTrace
  /** Condition keys, in lower case, that policies asked for, with the values that the request had. */
  readonly asked?: ReadonlyMap<string, readonly string[]>
  /** The caller's session had session policies. */
  readonly isSessionLimited?: boolean
}

/** Under this name an event tells its decision: no member of CloudTrail's. */
export const DECISION_MEMBER = 'trentDecision'

/** The place of a statement tells which it is; a longer Sid only helps to recognise it. */
const SID_MAX_CHARACTERS = 256

function groundJson(ground: GroundTrace): string {
  if (ground.kind === 'grant') return `{"grant":${repeatedTextOf(ground.grantId)}}`
  if (ground.kind === 'root-user') return '{"root":true}'
  return statementJson(ground)
}

const statementJson = writtenOnce(({ source, policy, index, sid }: StatementTrace) => {
  const named = policy === undefined ? '' : `,"policy":${repeatedTextOf(policy)}`
  const told = sid === undefined ? '' : `,"sid":${repeatedTextOf(sid.slice(0, SID_MAX_CHARACTERS))}`
  return `{"source":${repeatedTextOf(source)}${named},"statement":${index}${told}}`
})

function outcomeJson(decision: DecisionTrace): string {
  if (decision.allowed) {
    let by = ''
    for (const ground of decision.by) by += by === '' ? groundJson(ground) : `,${groundJson(ground)}`
    return `"allowed":true,"by":[${by}]`
  }
  return decision.kind === 'explicit'
    ? `"allowed":false,"deniedBy":${groundJson(decision.by)}`
    : `"allowed":false,"missing":${repeatedTextOf(decision.missing)}`
}

function checkJson({ action, resource, decision, asked, isSessionLimited }: CheckTrace, withAsked: boolean): string {
  const on = resource === undefined ? '' : `,"resource":${repeatedTextOf(resource)}`
  const keys = asked && withAsked ? `,"asked":${jsonOf(Object.fromEntries(asked))}` : ''
  return `{"action":${repeatedTextOf(action)}${on},${outcomeJson(decision)}${isSessionLimited ? ',"sessionPolicies":true' : ''}${keys}}`
}

/**
 * The member that tells what was decided, with the comma before it; nothing when nothing was.
 *
 * It is the last member of an event, so that whoever wants CloudTrail's alone can cut it off.
 */
export function decisionField(checks: readonly CheckTrace[] | undefined): string {
  if (checks === undefined) return ''
  const whole = listJson(checks, true)
  const fits =
    whole.length <= TRAIL_FIELD_MAX_BYTES.decision / 3 || Buffer.byteLength(whole) <= TRAIL_FIELD_MAX_BYTES.decision
  return `,"${DECISION_MEMBER}":${fits ? whole : listJson(checks, false)}`
}

function listJson(checks: readonly CheckTrace[], withAsked: boolean): string {
  const [only] = checks
  const items =
    checks.length === 1 && only ? checkJson(only, withAsked) : checks.map((check) => checkJson(check, withAsked)).join()
  return `[${items}]`
}

/**
 * CloudTrail's own part of an event: what decided a call is for those who may ask about it, and may be of another account.
 *
 * @param event - the same line, parsed: a request can hold a member of that name, but not as the event's own.
 */
export function withoutDecision(line: string, event: object): string {
  // No name in the member itself is spelled like this: those of condition keys are in lower case, all else is fixed.
  return Object.hasOwn(event, DECISION_MEMBER) ? `${line.slice(0, line.lastIndexOf(`,"${DECISION_MEMBER}":`))}}` : line
}
