import { wrongParameter } from '../../compliance/rule.ts'
import { findManagedRule } from '../../compliance/rules.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { list, optional, structure, text, type ValueOf } from '../../protocol/shape.ts'
import { type ConfiguredRule, configuredRules, noSuchRule, putRule } from '../../request/compliance/configured.ts'
import { operation } from '../../request/operation.ts'
import type { Ids } from '../../request/ports.ts'
import { account } from '../../request/targets.ts'
import * as shapes from './shapes.ts'

type Given = ValueOf<typeof shapes.ConfigRule>

const invalid = (message: string) => error('InvalidParameterValueException', message)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined
    throw problem
  }
}

/** Parameters are texts; numbers and truth values are taken for their texts, as by AWS. */
function parametersOf({ InputParameters }: Given): ReadonlyMap<string, string> | ServiceError {
  if (InputParameters === undefined) return new Map()
  const parsed = parseJson(InputParameters)
  const wrong = invalid('Blank spaces or invalid JSON in the inputParameters: it is to be an object of texts.')
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return wrong
  const entries = Object.entries(parsed)
  if (entries.some(([, value]) => typeof value === 'object')) return wrong
  return new Map(entries.map(([name, value]) => [name, String(value)]))
}

function scopeOf({ Scope }: Given): Pick<ConfiguredRule, 'scope'> {
  if (!Scope) return {}
  const { ComplianceResourceTypes: types, ComplianceResourceId: resourceId, TagKey: tagKey, TagValue: tagValue } = Scope
  return {
    scope: {
      ...(types ? { types } : {}),
      ...(resourceId === undefined ? {} : { resourceId }),
      ...(tagKey === undefined ? {} : { tagKey }),
      ...(tagValue === undefined ? {} : { tagValue }),
    },
  }
}

/** The rule as it is kept, with the id of the one that it replaces. */
function configured(given: Given, was: ConfiguredRule | undefined, ids: Ids): ConfiguredRule | ServiceError {
  const { Source, ConfigRuleName: name = was?.name, Description, MaximumExecutionFrequency: frequency } = given
  const identifier = Source.SourceIdentifier ?? ''
  if (Source.Owner !== 'AWS') return invalid(`Rules of the owner ${Source.Owner} cannot be evaluated here.`)
  const rule = findManagedRule(identifier)
  if (!rule)
    return invalid(`The sourceIdentifier ${identifier} is invalid: no such managed rule can be evaluated here.`)
  if (name === undefined) return invalid('The configRuleName is missing.')
  const parameters = parametersOf(given)
  if (isError(parameters)) return parameters
  const wrong = wrongParameter(rule, parameters)
  if (wrong !== undefined) return invalid(wrong)
  return {
    name,
    id: was?.id ?? `config-rule-${ids.hex(3)}`,
    identifier,
    parameters: Object.fromEntries(parameters),
    ...(Description === undefined ? {} : { description: Description }),
    ...(frequency === undefined ? {} : { frequency }),
    ...scopeOf(given),
    revision: ids.hex(8),
  }
}

/**
 * Puts a managed rule, new or over the one of the same name, id or ARN. It is evaluated behind the call.
 *
 * Source: https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigRule.html
 */
export const PutConfigRule = operation({
  ...shapes.shared,
  name: 'PutConfigRule',
  input: {
    ConfigRule: shapes.ConfigRule,
    Tags: optional(list(structure({ Key: optional(text(1, 128)), Value: optional(text(0, 256)) }), 0, 50)),
  },
  errors: ['InvalidParameterValueException', 'MaxNumberOfConfigRulesExceededException', 'NoSuchConfigRuleException'],
  readOnly: false,
  targets: async () => ({ account: account('config:PutConfigRule') }),
  async run({ ConfigRule: given }, _granted, { caller: { scope }, store, ids }) {
    const rules = await configuredRules(store, scope)
    const id = given.ConfigRuleId ?? given.ConfigRuleArn?.split('/').at(-1)
    const was = rules.find((each) => (id === undefined ? each.name === given.ConfigRuleName : each.id === id))
    if (id !== undefined && !was) return noSuchRule(given.ConfigRuleName ?? id)
    if (was && given.ConfigRuleName !== undefined && was.name !== given.ConfigRuleName)
      return invalid('The name of a rule cannot be changed.')
    const rule = configured(given, was, ids)
    if (isError(rule)) return rule
    const changes = await putRule(store, scope, rule)
    return isError(changes) ? changes : { output: {}, changes }
  },
})
