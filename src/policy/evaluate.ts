import type { CompiledPolicy, CompiledStatement, Principal, Reach, RequestContext } from './types.ts'

/** One pair of action and resource to decide. */
export type Question = {
  readonly principal: Principal
  /** In lower case: `kms:decrypt`. */
  readonly action: string
  readonly resource: string
  readonly context: RequestContext
}

/** The first statement that applies, of each sort that matters. Order never decides: a sort is there or it is not. */
export type Findings = {
  readonly deny?: CompiledStatement
  readonly direct?: CompiledStatement
  readonly limited?: CompiledStatement
  readonly account?: CompiledStatement
}

/** Which statements of a policy apply. Statements of identity policies are about their holder: `direct`. */
export function evaluate(policy: CompiledPolicy, question: Question): Findings {
  const found: { -readonly [Sort in keyof Findings]: Findings[Sort] } = {}
  for (const statement of policy.denies)
    if (reachOfStatement(statement, question) !== 'none') {
      found.deny = statement
      break
    }
  for (const statement of policy.allows) {
    const reach = reachOfStatement(statement, question)
    if (reach !== 'none') found[reach] ??= statement
    if (reach === 'direct') break
  }
  return found
}

/** Whether a statement applies, and how it reaches the principal. The cheapest question comes first. */
function reachOfStatement(statement: CompiledStatement, { principal, action, resource, context }: Question): Reach {
  if (!statement.coversAction(action)) return 'none'
  const reach = statement.reaches(principal)
  if (reach === 'none' || !statement.coversResource(resource, context)) return 'none'
  for (const condition of statement.conditions) if (!condition.holds(context)) return 'none'
  return reach
}

/** Why a statement does not apply; for a condition, its operator and key. */
export type Mismatch =
  | { readonly element: 'Principal' | 'Action' | 'Resource' }
  | { readonly element: 'Condition'; readonly operator: string; readonly key: string }

/** A statement in the explanation of a decision. Without a mismatch it applies. */
export type Explained = {
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly reach: Reach
  readonly mismatch?: Mismatch
}

/** Every statement with the first reason why it does not apply, in the document's order. Not for the hot path. */
export function explain(policy: CompiledPolicy, question: Question): readonly Explained[] {
  return [...policy.denies, ...policy.allows]
    .sort((a, b) => a.index - b.index)
    .map((statement) => {
      const { index, sid, effect } = statement
      const mismatch = mismatchOf(statement, question)
      const reach = reachOfStatement(statement, question)
      return { index, effect, reach, ...(sid === undefined ? {} : { sid }), ...(mismatch ? { mismatch } : {}) }
    })
}

function mismatchOf(
  statement: CompiledStatement,
  { principal, action, resource, context }: Question,
): Mismatch | undefined {
  if (statement.reaches(principal) === 'none') return { element: 'Principal' }
  if (!statement.coversAction(action)) return { element: 'Action' }
  if (!statement.coversResource(resource, context)) return { element: 'Resource' }
  const failed = statement.conditions.find((condition) => !condition.holds(context))
  return failed && { element: 'Condition', operator: failed.text, key: failed.key }
}
