import { type ManagedRule, parametersOf } from '../../compliance/rule.ts'
import { findManagedRule } from '../../compliance/rules.ts'
import type { ResourceType } from '../../compliance/subject.ts'
import type { Scope } from '../../domain/arn.ts'
import { partitionOf } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import { CONFIG_RULES_MAX, CONFIG_SCOPES_MAX } from '../../domain/limits.ts'
import type { Change, Store } from '../ports.ts'
import { RULES_SETTING, SCOPES_SETTING } from './watched.ts'

/** A rule that an account has put, as it is kept. */
export type ConfiguredRule = {
  readonly name: string
  /** `config-rule-` and hex digits. */
  readonly id: string
  readonly identifier: string
  readonly description?: string
  /** As they were given, by name. */
  readonly parameters: { readonly [name: string]: string }
  readonly frequency?: string
  /** Which resources it is about, when not all of its types. */
  readonly scope?: {
    readonly types?: readonly string[]
    readonly resourceId?: string
    readonly tagKey?: string
    readonly tagValue?: string
  }
  /** Anew with every change: an older evaluation says nothing of it. */
  readonly revision: string
}

type Settings = Pick<Store, 'setting'>

const nameOf = ({ account, region }: Scope) => `${RULES_SETTING}${account} ${region}`

function parseRules(text: string | undefined): readonly ConfiguredRule[] {
  return text === undefined ? [] : (JSON.parse(text) as readonly ConfiguredRule[])
}

export function parseScopes(text: string | undefined): readonly Scope[] {
  return text === undefined ? [] : (JSON.parse(text) as readonly Scope[])
}

export function ruleArn({ account, region }: Scope, { id }: ConfiguredRule): string {
  return `arn:${partitionOf(region)}:config:${region}:${account}:config-rule/${id}`
}

/** The rules of an account in a Region, in order of name. */
export async function configuredRules(store: Settings, scope: Scope): Promise<readonly ConfiguredRule[]> {
  return parseRules(await store.setting(nameOf(scope)))
}

export async function findRule(store: Settings, scope: Scope, name: string): Promise<ConfiguredRule | ServiceError> {
  const found = (await configuredRules(store, scope)).find((each) => each.name === name)
  return found ?? noSuchRule(name)
}

/** Source: recorded answers. */
export const noSuchRule = (name: string): ServiceError =>
  error(
    'NoSuchConfigRuleException',
    `The ConfigRule '${name}' provided in the request is invalid. Please check the configRule name.`,
  )

const put = (name: string, value: string, was: string | undefined): Change => ({
  kind: 'put-setting',
  name,
  value,
  ...(was === undefined ? {} : { was }),
})

async function withScope(store: Settings, scope: Scope): Promise<readonly Change[] | ServiceError> {
  const text = await store.setting(SCOPES_SETTING)
  const { account, region } = scope
  const scopes = parseScopes(text)
  if (scopes.some((each) => each.account === account && each.region === region)) return []
  if (scopes.length >= CONFIG_SCOPES_MAX)
    return error('MaxNumberOfConfigRulesExceededException', `Rules are in ${CONFIG_SCOPES_MAX} accounts and Regions.`)
  return [put(SCOPES_SETTING, JSON.stringify([...scopes, { account, region }]), text)]
}

/** The changes that put a rule, over the one of the same name if there is one. */
export async function putRule(
  store: Settings,
  scope: Scope,
  rule: ConfiguredRule,
): Promise<readonly Change[] | ServiceError> {
  const text = await store.setting(nameOf(scope))
  const others = parseRules(text).filter(({ name }) => name !== rule.name)
  if (others.length >= CONFIG_RULES_MAX)
    return error(
      'MaxNumberOfConfigRulesExceededException',
      `Failed to put config rule '${rule.name}' because the limit of ${CONFIG_RULES_MAX} has been reached.`,
    )
  const scopes = await withScope(store, scope)
  if (isError(scopes)) return scopes
  const rules = [...others, rule].sort((one, other) => (one.name < other.name ? -1 : 1))
  return [put(nameOf(scope), JSON.stringify(rules), text), ...scopes]
}

/** The changes that delete a rule; `NoSuchConfigRuleException`. The account stays among those with rules, which costs nothing. */
export async function deleteRule(
  store: Settings,
  scope: Scope,
  name: string,
): Promise<readonly Change[] | ServiceError> {
  const text = await store.setting(nameOf(scope))
  const rules = parseRules(text)
  if (!rules.some((each) => each.name === name)) return noSuchRule(name)
  return [put(nameOf(scope), JSON.stringify(rules.filter((each) => each.name !== name)), text)]
}

/** A rule with what it takes to judge. */
export type RunnableRule = {
  readonly rule: ManagedRule
  readonly parameters: ReturnType<typeof parametersOf>
  readonly types: readonly ResourceType[]
  readonly scope?: ConfiguredRule['scope']
}

export function runnable({ identifier, parameters, scope }: ConfiguredRule): RunnableRule {
  const rule = findManagedRule(identifier)
  if (!rule) throw new TypeError('a rule that was put is unknown')
  const wanted = scope?.types
  return {
    rule,
    parameters: parametersOf(rule, new Map(Object.entries(parameters))),
    types: wanted && wanted.length > 0 ? rule.types.filter((type) => wanted.includes(type)) : rule.types,
    ...(scope ? { scope } : {}),
  }
}
