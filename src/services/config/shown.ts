import { annotation, type Compliance } from '../../compliance/verdict.ts'
import type { Scope } from '../../domain/arn.ts'
import { type ConfiguredRule, ruleArn } from '../../request/compliance/configured.ts'
import type { Evaluated } from '../../request/compliance/evaluate.ts'

/** How many contribute is told up to here. Source: ComplianceContributorCount. */
const COUNT_MAX = 25

export const shownCount = (count: number) => ({
  CappedCount: Math.min(count, COUNT_MAX),
  CapExceeded: count > COUNT_MAX,
})

type Frequency = 'One_Hour' | 'Three_Hours' | 'Six_Hours' | 'Twelve_Hours' | 'TwentyFour_Hours'
const FREQUENCIES: readonly Frequency[] = ['One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours']

export function shownRule(where: Scope, rule: ConfiguredRule, isEvaluating: boolean) {
  const { name, id, identifier, description, parameters, scope } = rule
  const frequency = FREQUENCIES.find((each) => each === rule.frequency)
  return {
    ConfigRuleName: name,
    ConfigRuleArn: ruleArn(where, rule),
    ConfigRuleId: id,
    ...(description === undefined ? {} : { Description: description }),
    ...(scope ? { Scope: shownScope(scope) } : {}),
    Source: { Owner: 'AWS' as const, SourceIdentifier: identifier },
    ...(Object.keys(parameters).length === 0 ? {} : { InputParameters: JSON.stringify(parameters) }),
    ...(frequency === undefined ? {} : { MaximumExecutionFrequency: frequency }),
    ConfigRuleState: isEvaluating ? ('EVALUATING' as const) : ('ACTIVE' as const),
    EvaluationModes: [{ Mode: 'DETECTIVE' as const }],
  }
}

function shownScope({ types, resourceId, tagKey, tagValue }: NonNullable<ConfiguredRule['scope']>) {
  return {
    ...(types ? { ComplianceResourceTypes: types } : {}),
    ...(tagKey === undefined ? {} : { TagKey: tagKey }),
    ...(tagValue === undefined ? {} : { TagValue: tagValue }),
    ...(resourceId === undefined ? {} : { ComplianceResourceId: resourceId }),
  }
}

/** @param at - milliseconds since the epoch: what is asked for is evaluated now. */
export function shownResult(ruleName: string, { type, id, verdict }: Evaluated, at: number) {
  const told = annotation(verdict)
  return {
    EvaluationResultIdentifier: {
      EvaluationResultQualifier: {
        ConfigRuleName: ruleName,
        ResourceType: type,
        ResourceId: id,
        EvaluationMode: 'DETECTIVE' as const,
      },
      OrderingTimestamp: at,
    },
    ComplianceType: verdict.compliance,
    ResultRecordedTime: at,
    ConfigRuleInvokedTime: at,
    ...(told === undefined ? {} : { Annotation: told }),
  }
}

/** Whether a verdict is asked for. What a rule is not about is shown to those only who ask for it. */
export function isWanted(compliance: Compliance, wanted: readonly Compliance[] | undefined): boolean {
  return wanted === undefined || wanted.length === 0 ? compliance !== 'NOT_APPLICABLE' : wanted.includes(compliance)
}
