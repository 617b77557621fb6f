import { isMultivalued, isVisible } from './context-keys.ts'
import { parseBool } from './operands.ts'
import { OPERATORS, type Operator } from './operators.ts'
import type { ConditionTest, RequestContext } from './types.ts'
import type { Dialect, TextMatcher } from './variables.ts'

/** How an operator ranges over the request's values: over its one value, over all of them, over any of them. */
export type Quantifier = 'one' | 'all' | 'any'

export type OperatorName =
  | { readonly type: 'presence' }
  | {
      readonly type: 'comparison'
      readonly operator: Operator
      readonly quantifier: Quantifier
      readonly ifExists: boolean
    }

/** One operator on one key. `text` is the operator as the policy spells it; `key` is in lower case. */
export type Condition = {
  readonly text: string
  readonly name: OperatorName
  readonly key: string
  readonly values: readonly string[]
}

const QUANTIFIERS: readonly (readonly [prefix: string, quantifier: Quantifier])[] = [
  ['forallvalues:', 'all'],
  ['foranyvalue:', 'any'],
]
const IF_EXISTS = 'ifexists'

/** Reads `ForAllValues:StringLikeIfExists` and its like, in any letter case. Nothing for an unknown operator. */
export function parseOperatorName(text: string): OperatorName | undefined {
  const lower = text.toLowerCase()
  const [prefix, quantifier] = QUANTIFIERS.find(([prefix]) => lower.startsWith(prefix)) ?? ['', 'one' as const]
  const bare = lower.slice(prefix.length)
  if (bare === 'null') return { type: 'presence' }
  const ifExists = bare.endsWith(IF_EXISTS)
  const operator = OPERATORS.get(ifExists ? bare.slice(0, -IF_EXISTS.length) : bare)
  return operator && { type: 'comparison', operator, quantifier, ifExists }
}

export function compileCondition(condition: Condition, dialect: Dialect, effect: 'Allow' | 'Deny'): ConditionTest {
  const { name, key } = condition
  const read = isVisible(key, dialect.kind) ? (context: RequestContext) => context.get(key) ?? NONE : () => NONE
  if (name.type === 'presence') return presenceTest(condition.values, read)
  const test = valueTest(
    condition.values.map((value) => name.operator.compile(value, dialect)),
    name.operator.negated,
  )
  switch (name.quantifier) {
    case 'all':
      return (context) => read(context).every((value) => test(value, context))
    case 'any':
      return (context) =>
        (name.ifExists && read(context).length === 0) || read(context).some((value) => test(value, context))
    case 'one':
      return oneTest(condition, read, test, effect)
  }
}

type Read = (context: RequestContext) => readonly string[]
const NONE: readonly string[] = []

/** `Null`: "true" asks for an absent key, "false" for a present one. */
function presenceTest(values: readonly string[], read: Read): ConditionTest {
  const wanted = new Set(values.map(parseBool))
  return (context) => wanted.has(read(context).length === 0)
}

/** Values of the policy are alternatives; for the `Not` forms none of them may match. */
function valueTest(matchers: readonly TextMatcher[], negated: boolean): TextMatcher {
  return (actual, context) => matchers.some((matches) => matches(actual, context)) !== negated
}

/**
 * Without a set operator an absent key satisfies `IfExists` and the `Not` forms only, and a key that is a list satisfies
 * nothing. A key that is no list yet came with several values (two pairs of an encryption context whose names differ in case
 * alone) must satisfy an Allow with all of them and a Deny with any: whichever was meant, nobody gets more than he should.
 */
function oneTest(condition: Condition, read: Read, test: TextMatcher, effect: 'Allow' | 'Deny'): ConditionTest {
  const { name, key } = condition
  const whenAbsent = name.type === 'comparison' && (name.ifExists || name.operator.negated)
  if (isMultivalued(key)) return (context) => whenAbsent && read(context).length === 0
  const holds = (context: RequestContext) => (value: string) => test(value, context)
  return (context) => {
    const values = read(context)
    if (values.length === 0) return whenAbsent
    return effect === 'Allow' ? values.every(holds(context)) : values.some(holds(context))
  }
}
