import { evaluate, type Findings, type Question } from './evaluate.ts'
import { evaluateOwn, firstMissing, limitsPassed, type OwnFindings, statementRef } from './own-policies.ts'
import type { CompiledPolicy, Decision, Denial, Ground, Missing, PolicySource, StatementRef } from './types.ts'

/** A resource with a policy of its own: a key with its key policy, a role with its trust policy. */
export type PolicedResource = {
  readonly account: string
  readonly policy: CompiledPolicy
  readonly source: Extract<PolicySource, 'key-policy' | 'trust-policy'>
}

/** Everything that was found about one question, before it is weighed. */
export type Evidence = {
  readonly question: Question
  readonly resource: PolicedResource
  readonly found: Findings
  readonly own: OwnFindings
  readonly isSameAccount: boolean
}

export function gather(question: Question, resource: PolicedResource): Evidence {
  const { principal } = question
  // Services and token holders belong to no account: what names them directly is all they need.
  const isSameAccount = !('account' in principal) || principal.account === resource.account
  return { question, resource, found: evaluate(resource.policy, question), own: evaluateOwn(question), isSameAccount }
}

/** Any deny is final, whatever allows. */
export function explicitDenial({ resource, found, own, isSameAccount }: Evidence): Denial | undefined {
  // The caller's own denies come first: they are told for a key that does not exist, too.
  if (own.deny) return denied(own.deny, false)
  // What the policy of another account's resource says is not for the caller to learn.
  return found.deny && denied(statementRef(resource.source, found.deny), !isSameAccount)
}

function denied(by: StatementRef, hidden: boolean): Denial {
  return { allowed: false, kind: 'explicit', by, hidden }
}

/**
 * Who is allowed by the resource's policy, alone or with IAM. In the resource's account a principal named in the policy needs
 * nothing more (but limits, where only its role or user is named); one reached through its account needs IAM too. From
 * another account both sides must allow.
 */
export function allowedByPolicies({ resource, found, own, isSameAccount }: Evidence): readonly Ground[] | undefined {
  const limits = limitsPassed(own)
  const ref = (statement: NonNullable<Findings['direct']>) => statementRef(resource.source, statement)
  if (isSameAccount && found.direct) return [ref(found.direct)]
  if (isSameAccount && found.limited && limits) return [ref(found.limited), ...limits]
  const delegating = isSameAccount ? found.account : (found.direct ?? found.limited ?? found.account)
  return delegating && own.identity && limits && [ref(delegating), own.identity, ...limits]
}

/** The refusal when nothing allowed: what was the first to be missing. */
export function implicitDenial({ found, own, isSameAccount }: Evidence): Denial {
  if (!isSameAccount) return refusal('other-account')
  if (found.limited) return refusal(own.boundary === undefined ? 'permissions-boundary' : 'session-policy')
  return refusal(found.account ? firstMissing(own) : 'resource-policy')
}

export function refusal(missing: Missing): Denial {
  return { allowed: false, kind: 'implicit', missing, hidden: missing === 'other-account' }
}

/** The decision by policies alone. */
export function decideByPolicies(evidence: Evidence): Decision {
  const explicit = explicitDenial(evidence)
  if (explicit) return explicit
  const by = allowedByPolicies(evidence)
  return by ? { allowed: true, by } : implicitDenial(evidence)
}
