import { compileActions } from './action.ts'
import { compileArnPattern } from './arn-pattern.ts'
import { compileCondition } from './condition.ts'
import type { PolicyDocument } from './document.ts'
import { type Bindings, compilePrincipals } from './principal-match.ts'
import type { PatternElement, Statement } from './statement.ts'
import type { CompiledPolicy, CompiledStatement, PrincipalMatcher, ResourceTest } from './types.ts'
import type { Dialect } from './variables.ts'

const NO_BINDINGS: Bindings = new Map()

/**
 * Compiles a document, once per revision.
 *
 * @param bindings - for resource policies, the unique ids that user and role ARNs stood for when the document was saved; an
 *   ARN without one stands for whoever bears it.
 */
export function compilePolicy(document: PolicyDocument, bindings: Bindings = NO_BINDINGS): CompiledPolicy {
  const dialect = { kind: document.kind, hasVariables: document.version === '2012-10-17' }
  const statements = document.statements.flatMap((statement) => compileStatement(statement, dialect, bindings) ?? [])
  return {
    kind: document.kind,
    denies: statements.filter(({ effect }) => effect === 'Deny'),
    allows: statements.filter(({ effect }) => effect === 'Allow'),
  }
}

const everybody: PrincipalMatcher = () => 'direct'
const everything: ResourceTest = () => true

function compileStatement(statement: Statement, dialect: Dialect, bindings: Bindings): CompiledStatement | undefined {
  const { index, sid, effect, principals, actions, resources } = statement
  const coversResource = dialect.kind === 'trust' ? everything : resources && compileResources(resources, dialect)
  // An empty list is an absent one: NotAction of nothing must not become every action.
  if (!actions?.patterns.length || coversResource === undefined) return undefined
  return {
    index,
    effect,
    coversAction: compileActions(actions),
    reaches: principals ? compilePrincipals(principals, effect, bindings) : everybody,
    coversResource,
    conditions: statement.conditions.map((condition) => ({
      text: condition.text,
      key: condition.key,
      values: condition.values,
      holds: compileCondition(condition, dialect, effect),
    })),
    ...(sid === undefined ? {} : { sid }),
  }
}

function compileResources({ negated, patterns }: PatternElement, dialect: Dialect): ResourceTest | undefined {
  if (patterns.length === 0) return undefined
  if (patterns.includes('*')) return negated ? () => false : everything
  const matchers = patterns.map((pattern) => compileArnPattern(pattern, dialect, 'resource'))
  return (arn, context) => matchers.some((matches) => matches(arn, context)) !== negated
}
