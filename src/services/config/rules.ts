import { error, isError, type ServiceError } from '../../domain/error.ts'
import { list, oneOf, optional, structure } from '../../protocol/shape.ts'
import { type ConfiguredRule, configuredRules, deleteRule, noSuchRule } from '../../request/compliance/configured.ts'
import { type Call, operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'
import { shownCount, shownRule } from './shown.ts'
import { parseToken, tokenFor } from './token.ts'

/** Rules of one page. */
const PAGE = 25

type Asked = { readonly ConfigRuleNames?: readonly string[]; readonly NextToken?: string }

/** Those that are named, else all; `NoSuchConfigRuleException` for a name that no rule has. */
async function rulesNamed(
  { ConfigRuleNames: names = [] }: Asked,
  { store, caller: { scope } }: Call,
): Promise<readonly ConfiguredRule[] | ServiceError> {
  const rules = await configuredRules(store, scope)
  const missing = names.find((name) => !rules.some((rule) => rule.name === name))
  if (missing !== undefined) return noSuchRule(missing)
  return names.length === 0 ? rules : rules.filter(({ name }) => names.includes(name))
}

function pageOf(rules: readonly ConfiguredRule[], { ConfigRuleNames = [], NextToken }: Asked, kind: string) {
  const question = JSON.stringify([kind, ...ConfigRuleNames])
  const from = parseToken(question, NextToken)
  if (isError(from)) return from
  const at = from?.at ?? 0
  const page = rules.slice(at, at + PAGE)
  const next = at + PAGE < rules.length ? { NextToken: tokenFor(question, at + PAGE, undefined) } : {}
  return { page, next }
}

/**
 * The rules of the account in the Region.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html
 */
export const DescribeConfigRules = operation({
  ...shapes.shared,
  name: 'DescribeConfigRules',
  input: {
    ConfigRuleNames: optional(shapes.ConfigRuleNames),
    NextToken: optional(shapes.NextToken),
    Filters: optional(structure({ EvaluationMode: optional(oneOf('DETECTIVE', 'PROACTIVE')) })),
  },
  output: { ConfigRules: optional(list(shapes.ConfigRule)), NextToken: optional(shapes.NextToken) },
  errors: ['NoSuchConfigRuleException', 'InvalidNextTokenException'],
  targets: async () => ({ account: account('config:DescribeConfigRules') }),
  async run(input, _granted, call) {
    const rules = await rulesNamed(input, call)
    if (isError(rules)) return rules
    const paged = pageOf(input.Filters?.EvaluationMode === 'PROACTIVE' ? [] : rules, input, 'rules')
    if (isError(paged)) return paged
    const { scope } = call.caller
    const shown = paged.page.map((rule) => shownRule(scope, rule, call.compliance.isEvaluating(scope, rule.name)))
    return { output: { ConfigRules: shown, ...paged.next } }
  },
})

/**
 * Deletes a rule, and what was known of it.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteConfigRule.html
 */
export const DeleteConfigRule = operation({
  ...shapes.shared,
  name: 'DeleteConfigRule',
  input: { ConfigRuleName: shapes.ConfigRuleName },
  errors: ['NoSuchConfigRuleException'],
  readOnly: false,
  targets: async () => ({ account: account('config:DeleteConfigRule') }),
  async run({ ConfigRuleName }, _granted, { store, caller: { scope } }) {
    const changes = await deleteRule(store, scope, ConfigRuleName)
    return isError(changes) ? changes : { output: {}, changes }
  },
})

/**
 * Evaluates rules anew, behind the call.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
 */
export const StartConfigRulesEvaluation = operation({
  ...shapes.shared,
  name: 'StartConfigRulesEvaluation',
  input: { ConfigRuleNames: optional(list(shapes.ConfigRuleName, 1, 25)) },
  output: {},
  errors: ['NoSuchConfigRuleException', 'InvalidParameterValueException'],
  readOnly: false,
  targets: async () => ({ account: account('config:StartConfigRulesEvaluation') }),
  async run(input, _granted, call) {
    const rules = await rulesNamed(input, call)
    if (isError(rules)) return rules
    if (rules.length === 0) return error('InvalidParameterValueException', 'There are no rules to evaluate.')
    call.compliance.start(
      call.caller.scope,
      rules.map(({ name }) => name),
    )
    return { output: {} }
  },
})

/** How a rule stands by its last evaluation, and by how many resources. One that changed meanwhile has not been evaluated. */
function standing({ compliance, caller: { scope } }: Call, { name, revision }: ConfiguredRule) {
  const last = compliance.last(scope, name)
  if (!last || last.revision !== revision) return { ComplianceType: 'INSUFFICIENT_DATA' as const }
  if (last.nonCompliant === 0)
    return { ComplianceType: last.compliant > 0 ? ('COMPLIANT' as const) : ('INSUFFICIENT_DATA' as const) }
  return { ComplianceType: 'NON_COMPLIANT' as const, ComplianceContributorCount: shownCount(last.nonCompliant) }
}

/**
 * Which rules all of their resources comply with, by the last evaluation.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByConfigRule.html
 */
export const DescribeComplianceByConfigRule = operation({
  ...shapes.shared,
  name: 'DescribeComplianceByConfigRule',
  input: {
    ConfigRuleNames: optional(shapes.ConfigRuleNames),
    ComplianceTypes: optional(shapes.ComplianceTypes),
    NextToken: optional(shapes.NextToken),
  },
  output: {
    ComplianceByConfigRules: optional(
      list(structure({ ConfigRuleName: optional(shapes.ConfigRuleName), Compliance: optional(shapes.Compliance) })),
    ),
    NextToken: optional(shapes.NextToken),
  },
  errors: ['InvalidParameterValueException', 'NoSuchConfigRuleException', 'InvalidNextTokenException'],
  targets: async () => ({ account: account('config:DescribeComplianceByConfigRule') }),
  async run(input, _granted, call) {
    const rules = await rulesNamed(input, call)
    if (isError(rules)) return rules
    const paged = pageOf(rules, input, 'compliance')
    if (isError(paged)) return paged
    const { ComplianceTypes: wanted = [] } = input
    const all = paged.page.map((rule) => ({ ConfigRuleName: rule.name, Compliance: standing(call, rule) }))
    const ComplianceByConfigRules = all.filter(
      ({ Compliance }) => wanted.length === 0 || wanted.includes(Compliance.ComplianceType),
    )
    return { output: { ComplianceByConfigRules, ...paged.next } }
  },
})

/**
 * How many rules all of their resources comply with, by the last evaluations.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceSummaryByConfigRule.html
 */
export const GetComplianceSummaryByConfigRule = operation({
  ...shapes.shared,
  name: 'GetComplianceSummaryByConfigRule',
  input: {},
  output: {
    ComplianceSummary: optional(
      structure({
        CompliantResourceCount: optional(shapes.ComplianceCount),
        NonCompliantResourceCount: optional(shapes.ComplianceCount),
        ComplianceSummaryTimestamp: optional(shapes.Time),
      }),
    ),
  },
  errors: [],
  targets: async () => ({ account: account('config:GetComplianceSummaryByConfigRule') }),
  async run(_input, _granted, call) {
    const rules = await configuredRules(call.store, call.caller.scope)
    const types = rules.map((rule) => standing(call, rule).ComplianceType)
    const count = (wanted: string) => shownCount(types.filter((type) => type === wanted).length)
    return {
      output: {
        ComplianceSummary: {
          CompliantResourceCount: count('COMPLIANT'),
          NonCompliantResourceCount: count('NON_COMPLIANT'),
          ComplianceSummaryTimestamp: call.clock.now(),
        },
      },
    }
  },
})
