import { isError, type ServiceError } from '../domain/error.ts'
import { compileAction, vendorOf } from './action.ts'
import { splitArn } from './arn-pattern.ts'
import { isOverlyPermissiveForAll } from './context-keys.ts'
import { namesPrincipals, type PrincipalElement, parsePrincipalElement } from './principal.ts'
import { invalidPrincipal, PROBLEMS, problem } from './problem.ts'
import type { PolicyVersion, RawStatement, Statement } from './statement.ts'
import type { PolicyKind } from './types.ts'

/** What the rules of a document may look at beside its statements. */
type About = { readonly kind: PolicyKind; readonly version: PolicyVersion }
/** A rule answers with the message of the refusal. */
type Rule = (statements: readonly RawStatement[], about: About) => string | undefined

const SID = /^[A-Za-z0-9]*$/
const VENDOR = /^[a-z0-9-]+$/i
const PARTITION = /^(?:aws(?:-[a-z]{1,8}){0,3}|[a-z*?-]*[*?][a-z*?-]*)$/
/** What a trust policy can allow. Source: IAM answers "AssumeRole policy may only specify STS AssumeRole actions." */
const TRUST_ACTIONS = [
  'sts:assumerole',
  'sts:assumerolewithsaml',
  'sts:assumerolewithwebidentity',
  'sts:setsourceidentity',
  'sts:tagsession',
] as const

/** In the order in which AWS reports. */
const RULES: Readonly<Record<PolicyKind, readonly Rule[]>> = {
  key: [keyEffect, conditionValues, overlyPermissive, actionForm],
  identity: [effectPresent, noPrincipals, version, legacyParsing, sids, actions, resources, resourceForm, actionForm],
  session: [effectPresent, noPrincipals, version, legacyParsing, sids, actions, resources, resourceForm, actionForm],
  trust: [effectPresent, legacyParsing, noResources, sids, actions, trustActions],
}

/** Holds statements to the rules of their kind of document and reads their principals. */
export function checkStatements(raw: readonly RawStatement[], about: About): readonly Statement[] | ServiceError {
  const principals = namesPrincipals(about.kind) ? principalsOf(raw, about.kind) : raw.map(() => undefined)
  if (isError(principals)) return principals
  for (const rule of RULES[about.kind]) {
    const message = rule(raw, about)
    if (message !== undefined) return problem(about.kind, message)
  }
  return raw.map(({ sid, effect, actions, resources, conditions }, index) => ({
    index,
    effect: effect === 'Deny' ? 'Deny' : 'Allow',
    conditions,
    ...(sid === undefined ? {} : { sid }),
    ...(principals[index] === undefined ? {} : { principals: principals[index] }),
    ...(actions === undefined ? {} : { actions }),
    ...(resources === undefined ? {} : { resources }),
  }))
}

function principalsOf(raw: readonly RawStatement[], kind: PolicyKind): readonly PrincipalElement[] | ServiceError {
  const missing = problem(kind, kind === 'key' ? PROBLEMS.noPrincipal : PROBLEMS.missingPrincipal)
  const elements: PrincipalElement[] = []
  for (const { principal } of raw) {
    if (principal === undefined) return missing
    const element = parsePrincipalElement(principal.value, principal.negated)
    if ('problem' in element) return element.problem === 'none' ? missing : invalidPrincipal(kind, element)
    elements.push(element)
  }
  return elements
}

function keyEffect(statements: readonly RawStatement[]): string | undefined {
  if (statements.some(({ effect }) => effect === undefined)) return PROBLEMS.missingEffect
  return statements.every(hasEffect) ? undefined : PROBLEMS.syntax
}

function effectPresent(statements: readonly RawStatement[]): string | undefined {
  return statements.some(({ effect }) => effect === undefined) ? PROBLEMS.syntax : undefined
}

function hasEffect({ effect }: RawStatement): boolean {
  return effect === 'Allow' || effect === 'Deny'
}

/** Numbers, dates and networks that do not parse would silently never match, which makes a Deny ineffective. */
function conditionValues(statements: readonly RawStatement[]): string | undefined {
  return statements.every(hasGoodConditions) ? undefined : PROBLEMS.syntax
}

function hasGoodConditions({ conditions }: RawStatement): boolean {
  return conditions.every(({ name, values }) => name.type === 'presence' || values.every(name.operator.accepts))
}

function overlyPermissive(statements: readonly RawStatement[]): string | undefined {
  const isRisky = statements
    .flatMap(({ conditions }) => conditions)
    .some(({ name, key }) => name.type === 'comparison' && name.quantifier === 'all' && isOverlyPermissiveForAll(key))
  return isRisky ? PROBLEMS.overlyPermissive : undefined
}

function noPrincipals(statements: readonly RawStatement[]): string | undefined {
  return statements.some(({ principal }) => principal !== undefined) ? PROBLEMS.hasPrincipal : undefined
}

function noResources(statements: readonly RawStatement[]): string | undefined {
  return statements.some(({ resources }) => resources !== undefined) ? PROBLEMS.hasResource : undefined
}

function version(_statements: readonly RawStatement[], about: About): string | undefined {
  return about.version === '2012-10-17' ? undefined : PROBLEMS.version
}

function legacyParsing(statements: readonly RawStatement[]): string | undefined {
  const isShort = (resource: string) => resource.startsWith('arn:') && splitArn(resource) === undefined
  const isGood = (statement: RawStatement) =>
    hasEffect(statement) && hasGoodConditions(statement) && !statement.resources?.patterns.some(isShort)
  return statements.every(isGood) ? undefined : PROBLEMS.legacyParsing
}

function sids(statements: readonly RawStatement[]): string | undefined {
  const given = statements.flatMap(({ sid }) => (sid ? [sid] : []))
  if (!given.every((sid) => SID.test(sid))) return PROBLEMS.sidCharacters
  return new Set(given).size < given.length ? PROBLEMS.sidRepeated : undefined
}

function actions(statements: readonly RawStatement[]): string | undefined {
  return statements.every(({ actions }) => actions?.patterns.length) ? undefined : PROBLEMS.noActions
}

function resources(statements: readonly RawStatement[]): string | undefined {
  return statements.every(({ resources }) => resources?.patterns.length) ? undefined : PROBLEMS.noResources
}

function actionForm(statements: readonly RawStatement[]): string | undefined {
  return firstOf(
    statements.flatMap(({ actions }) => actions?.patterns ?? []),
    (action) => {
      if (action === '*') return undefined
      const vendor = vendorOf(action)
      if (vendor === undefined) return PROBLEMS.noVendor
      if (action.split(':').length > 2) return PROBLEMS.manyColons
      return VENDOR.test(vendor) ? undefined : `Vendor ${vendor} is not valid`
    },
  )
}

function resourceForm(statements: readonly RawStatement[]): string | undefined {
  return firstOf(
    statements.flatMap(({ resources }) => resources?.patterns ?? []),
    (resource) => {
      if (resource === '*') return undefined
      const [prefix, partition = '', vendor = '', region] = resource.split(':')
      if (prefix !== 'arn') return `Resource ${resource} must be in ARN format or "*".`
      if (!PARTITION.test(partition)) return `Partition "${partition}" is not valid for resource "${resource}".`
      if (!VENDOR.test(vendor)) return PROBLEMS.resourceVendor
      return vendor === 'iam' && region !== ''
        ? `IAM resource ${resource} cannot contain region information.`
        : undefined
    },
  )
}

function trustActions(statements: readonly RawStatement[]): string | undefined {
  const isTrust = (pattern: string) => vendorOf(pattern) !== undefined && TRUST_ACTIONS.some(compileAction(pattern))
  const isGood = ({ actions }: RawStatement) => actions && !actions.negated && actions.patterns.every(isTrust)
  return statements.every(isGood) ? undefined : PROBLEMS.notAssumeRole
}

function firstOf(texts: readonly string[], check: (text: string) => string | undefined): string | undefined {
  for (const text of texts) {
    const message = check(text)
    if (message !== undefined) return message
  }
  return undefined
}
