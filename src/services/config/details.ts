import { namesOf, RESOURCE_TYPES, type ResourceType, type Subject } from '../../compliance/subject.ts'
import type { Compliance } from '../../compliance/verdict.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { list, optional, structure } from '../../protocol/shape.ts'
import { type ConfiguredRule, configuredRules, findRule, runnable } from '../../request/compliance/configured.ts'
import { type Cursor, type Evaluated, evaluatePage, judged } from '../../request/compliance/evaluate.ts'
import { findSubject, subjectPage } from '../../request/compliance/subjects.ts'
import { type Call, operation } from '../../request/operation.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'
import { isWanted, shownCount, shownResult } from './shown.ts'
import { parseToken, tokenFor } from './token.ts'

/** Evaluations that one call may add up to before it gives what it found: then a page has fewer results and a token. */
const PAGES_PER_CALL = 10

/**
 * What a rule says of its resources, evaluated now. A page may have fewer results than asked for, and a successor.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html
 */
export const GetComplianceDetailsByConfigRule = operation({
  ...shapes.shared,
  name: 'GetComplianceDetailsByConfigRule',
  input: {
    ConfigRuleName: shapes.ConfigRuleName,
    ComplianceTypes: optional(shapes.ComplianceTypes),
    Limit: optional(shapes.Limit),
    NextToken: optional(shapes.NextToken),
  },
  output: shapes.details,
  errors: ['InvalidParameterValueException', 'InvalidNextTokenException', 'NoSuchConfigRuleException'],
  targets: async () => ({ account: account('config:GetComplianceDetailsByConfigRule') }),
  async run({ ConfigRuleName, ComplianceTypes: wanted, Limit, NextToken }, _granted, call) {
    const rule = await findRule(call.store, call.caller.scope, ConfigRuleName)
    if (isError(rule)) return rule
    const question = JSON.stringify(['details', rule.id, ...(wanted ?? [])])
    const from = parseToken(question, NextToken)
    if (isError(from)) return from
    const cursor = from && { type: from.at, ...(from.after === undefined ? {} : { after: from.after }) }
    const found = await resultsFrom(call, rule, { from: cursor, limit: Limit || undefined }, wanted)
    if (isError(found)) return found
    const now = call.clock.now()
    return {
      output: {
        EvaluationResults: found.results.map((result) => shownResult(rule.name, result, now)),
        ...(found.next ? { NextToken: tokenFor(question, found.next.type, found.next.after) } : {}),
      },
    }
  },
})

/** The results that are wanted, of as many resources as it takes to have some, within bounds. */
async function resultsFrom(
  call: Call,
  rule: ConfiguredRule,
  { from, limit }: { readonly from: Cursor | undefined; readonly limit: number | undefined },
  wanted: readonly Compliance[] | undefined,
) {
  const run = runnable(rule)
  const results: Evaluated[] = []
  let cursor = from ?? { type: 0 }
  for (let pages = 1; ; pages += 1) {
    const page = await evaluatePage(call, call.caller.scope, run, cursor, limit)
    if (isError(page)) return page
    results.push(...page.results.filter(({ verdict }) => isWanted(verdict.compliance, wanted)))
    if (!page.next) return { results }
    if (results.length > 0 || pages >= PAGES_PER_CALL) return { results, next: page.next }
    cursor = page.next
  }
}

const isResourceType = (text: string): text is ResourceType => RESOURCE_TYPES.some((type) => type === text)

function typeOf(text: string | undefined): ResourceType | undefined | ServiceError {
  if (text === undefined) return undefined
  if (isResourceType(text)) return text
  return error('InvalidParameterValueException', `Resources of the type ${text} are not recorded here.`)
}

async function needsLastUses(call: Call): Promise<{ rules: readonly ConfiguredRule[]; needsLastUses: boolean }> {
  const rules = await configuredRules(call.store, call.caller.scope)
  return { rules, needsLastUses: rules.some((rule) => runnable(rule).rule.needsLastUses === true) }
}

/** What every rule says of a resource. */
function verdictsOn(rules: readonly ConfiguredRule[], subject: Subject, now: number) {
  return rules.flatMap((rule) => {
    const result = judged(runnable(rule), subject, now)
    return result ? [{ rule, result }] : []
  })
}

/**
 * What the rules say of one resource, evaluated now.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByResource.html
 */
export const GetComplianceDetailsByResource = operation({
  ...shapes.shared,
  name: 'GetComplianceDetailsByResource',
  input: {
    ResourceType: optional(shapes.ResourceType),
    ResourceId: optional(shapes.ResourceId),
    ComplianceTypes: optional(shapes.ComplianceTypes),
    NextToken: optional(shapes.NextToken),
  },
  output: shapes.details,
  errors: ['InvalidParameterValueException'],
  targets: async () => ({ account: account('config:GetComplianceDetailsByResource') }),
  async run({ ResourceType, ResourceId, ComplianceTypes: wanted }, _granted, call) {
    const type = typeOf(ResourceType)
    if (isError(type)) return type
    if (type === undefined || ResourceId === undefined)
      return error('InvalidParameterValueException', 'The resourceType and the resourceId are required.')
    const { scope } = call.caller
    const { rules, ...needed } = await needsLastUses(call)
    const subject = await findSubject(call, { scope, ...needed }, type, ResourceId)
    if (isError(subject)) return subject
    const now = call.clock.now()
    const verdicts = subject ? verdictsOn(rules, subject, now) : []
    return {
      output: {
        EvaluationResults: verdicts
          .filter(({ result }) => isWanted(result.verdict.compliance, wanted))
          .map(({ rule, result }) => shownResult(rule.name, result, now)),
      },
    }
  },
})

/** How a resource stands with all rules together; nothing when none is about it. */
function standing(rules: readonly ConfiguredRule[], subject: Subject, now: number) {
  const types = verdictsOn(rules, subject, now).map(({ result }) => result.verdict.compliance)
  const violated = types.filter((type) => type === 'NON_COMPLIANT').length
  if (violated > 0)
    return { ComplianceType: 'NON_COMPLIANT' as const, ComplianceContributorCount: shownCount(violated) }
  return types.includes('COMPLIANT') ? { ComplianceType: 'COMPLIANT' as const } : undefined
}

/**
 * Which resources comply with every rule, evaluated now. A page has the resources of one type, those of a bounded number that
 * are wanted.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByResource.html
 */
export const DescribeComplianceByResource = operation({
  ...shapes.shared,
  name: 'DescribeComplianceByResource',
  input: {
    ResourceType: optional(shapes.ResourceType),
    ResourceId: optional(shapes.ResourceId),
    ComplianceTypes: optional(shapes.ComplianceTypes),
    Limit: optional(shapes.Limit),
    NextToken: optional(shapes.NextToken),
  },
  output: {
    ComplianceByResources: optional(
      list(
        structure({
          ResourceType: optional(shapes.ResourceType),
          ResourceId: optional(shapes.ResourceId),
          Compliance: optional(shapes.Compliance),
        }),
      ),
    ),
    NextToken: optional(shapes.NextToken),
  },
  errors: ['InvalidParameterValueException', 'InvalidNextTokenException'],
  targets: async () => ({ account: account('config:DescribeComplianceByResource') }),
  async run(input, _granted, call) {
    const type = typeOf(input.ResourceType)
    if (isError(type)) return type
    if (input.ResourceId !== undefined && type === undefined)
      return error('InvalidParameterValueException', 'A resourceId goes with a resourceType.')
    const { rules, ...needed } = await needsLastUses(call)
    const types = type === undefined ? RESOURCE_TYPES : [type]
    const question = JSON.stringify([
      'resources',
      input.ResourceType,
      input.ResourceId,
      ...(input.ComplianceTypes ?? []),
    ])
    const from = parseToken(question, input.NextToken)
    if (isError(from)) return from
    const gathering = { scope: call.caller.scope, ...needed, ...(input.Limit ? { limit: input.Limit } : {}) }
    const page = await subjectsAt(call, gathering, types, input.ResourceId, from)
    if (isError(page)) return page
    const now = call.clock.now()
    const { ComplianceTypes: wanted = [] } = input
    const ComplianceByResources = page.subjects.flatMap((subject) => {
      const Compliance = standing(rules, subject, now)
      const isShown = Compliance && (wanted.length === 0 || wanted.includes(Compliance.ComplianceType))
      return isShown ? [{ ResourceType: subject.type, ResourceId: namesOf(subject).id, Compliance }] : []
    })
    const next = page.next ? { NextToken: tokenFor(question, page.next.at, page.next.after) } : {}
    return { output: { ComplianceByResources, ...next } }
  },
})

type At = { readonly at: number; readonly after?: string }

async function subjectsAt(
  call: Call,
  gathering: Parameters<typeof subjectPage>[1],
  types: readonly ResourceType[],
  id: string | undefined,
  { at, after }: At = { at: 0 },
): Promise<{ readonly subjects: readonly Subject[]; readonly next?: At } | ServiceError> {
  const type = types[at]
  if (type === undefined) return { subjects: [] }
  if (id !== undefined) {
    const subject = await findSubject(call, gathering, type, id)
    return isError(subject) ? subject : { subjects: subject ? [subject] : [] }
  }
  const page = await subjectPage(call, gathering, type, after)
  if (isError(page)) return page
  if (page.after !== undefined) return { subjects: page.subjects, next: { at, after: page.after } }
  return at + 1 < types.length ? { subjects: page.subjects, next: { at: at + 1 } } : { subjects: page.subjects }
}
