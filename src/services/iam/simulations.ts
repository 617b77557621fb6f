import { parseAccountId, parseArn, parsePrincipalArn } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { PolicyHolder } from '../../domain/iam.ts'
import { SIMULATIONS_MAX } from '../../domain/limits.ts'
import { boolean, list, oneOf, optional, type StructureOf, structure, text } from '../../protocol/shape.ts'
import type { Finder } from '../../request/finder.ts'
import { entityTarget } from '../../request/iam/entity-target.ts'
import { contextKeysOf, parseSimulated, type Simulated, type Simulation, simulate } from '../../request/iam/simulate.ts'
import { type Call, type Operation, operation } from '../../request/operation.ts'
import { onAccount, shared } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import * as shapes from './shapes.ts'

const common = {
  PolicyInputList: optional(list(shapes.PolicyDocumentType)),
  PermissionsBoundaryPolicyInputList: optional(list(shapes.PolicyDocumentType)),
  ActionNames: list(text(3, 128)),
  ResourceArns: optional(list(text(1, 2048))),
  ResourcePolicy: optional(shapes.PolicyDocumentType),
  ResourceOwner: optional(text(1, 2048)),
  CallerArn: optional(text(1, 2048)),
  ContextEntries: optional(
    list(
      structure({
        ContextKeyName: optional(text(5, 256)),
        ContextKeyValues: optional(list(text())),
        ContextKeyType: optional(text()),
      }),
    ),
  ),
  ResourceHandlingOption: optional(text(1, 64)),
  ...shapes.pageInput,
} as const

const output = {
  EvaluationResults: list(
    structure({
      EvalActionName: text(),
      EvalResourceName: optional(text()),
      EvalDecision: oneOf('allowed', 'explicitDeny', 'implicitDeny'),
      MatchedStatements: list(structure({ SourcePolicyId: text(), SourcePolicyType: text() })),
      MissingContextValues: list(text()),
      PermissionsBoundaryDecisionDetail: optional(structure({ AllowedByPermissionsBoundary: boolean() })),
    }),
  ),
  ...shapes.pageOutput,
}

type Asked = StructureOf<typeof common>

/** A principal's policies without and with what would change them. Source: IAM API reference. */
export const SIMULATION_OPERATIONS: readonly Operation[] = [
  onAccount({
    name: 'SimulateCustomPolicy',
    input: common,
    output,
    async run(input, { caller }) {
      const { account } = caller.scope
      const own = { caller: { arn: caller.principal.arn, account }, policies: [], resourceOwner: account }
      const simulation = simulationOf(input, own)
      return isError(simulation) ? simulation : results(simulation, input)
    },
  }),
  operation({
    ...shared({ name: 'SimulatePrincipalPolicy' }),
    input: { PolicySourceArn: shapes.ArnType, ...common },
    output,
    targets: async (input, find) => ({
      source: await holderTarget(find, input.PolicySourceArn, 'SimulatePrincipalPolicy'),
    }),
    async run(input, { source: { arn, entity } }, { iam }) {
      if (!isHolder(entity)) return noSource(arn)
      const { identityPolicies, boundary } = await iam.principals.policiesOf(entity)
      const { account } = entity
      const simulation = simulationOf(input, {
        caller: { arn: entity.arn, account, id: entity.id },
        policies: identityPolicies,
        resourceOwner: account,
        ...(boundary ? { boundary } : {}),
      })
      return isError(simulation) ? simulation : results(simulation, input)
    },
  }),
  operation({
    ...shared({ name: 'GetContextKeysForPrincipalPolicy' }),
    input: { PolicySourceArn: shapes.ArnType, PolicyInputList: optional(list(shapes.PolicyDocumentType)) },
    output: { ContextKeyNames: list(text()) },
    targets: async (input, find) => ({
      source: await holderTarget(find, input.PolicySourceArn, 'GetContextKeysForPrincipalPolicy'),
    }),
    async run({ PolicyInputList = [] }, { source: { arn, entity } }, { iam }: Call) {
      if (!isHolder(entity)) return noSource(arn)
      const { identityPolicies, boundary } = await iam.principals.policiesOf(entity)
      const added = parseAll('PolicyInputList', PolicyInputList)
      if (isError(added)) return added
      const ContextKeyNames = contextKeysOf([...identityPolicies, ...(boundary ? [boundary] : []), ...added])
      return { output: { ContextKeyNames } }
    },
  }),
]

const noSource = (arn: string) => error('NoSuchEntity', `The policy source ${arn} cannot be found.`)

function isHolder(entity: { readonly kind: string } | undefined): entity is PolicyHolder {
  return entity?.kind === 'user' || entity?.kind === 'group' || entity?.kind === 'role'
}

/** The user, group or role of that ARN in the caller's account. */
async function holderTarget(find: Finder, arn: string, name: string) {
  const { account } = find.scope
  const resource = parseArn(arn)?.resource ?? ''
  const kind = (['user', 'group', 'role'] as const).find((each) => resource.startsWith(`${each}/`))
  const found = kind && (await find.directory.findEntity(account, kind, arn.slice(arn.lastIndexOf('/') + 1)))
  return entityTarget<string, PolicyHolder>(`iam:${name}`, account, found?.arn === arn ? found : parsePrincipalArn(arn))
}

function parseAll(name: string, texts: readonly string[]) {
  const parsed = texts.map((each, index) => parseSimulated('identity', `${name}.${index + 1}`, each))
  const wrong = parsed.find(isError)
  return wrong ? error('InvalidInput', wrong.message) : parsed.flatMap((each) => (isError(each) ? [] : [each]))
}

/** What a request adds to a principal's own. `InvalidInput` for documents and ARNs that are none. */
function simulationOf(input: Asked, own: Omit<Simulation, 'context'>): Simulation | ServiceError {
  const added = parseAll('PolicyInputList', input.PolicyInputList ?? [])
  if (isError(added)) return added
  const boundaries = parseAll('PermissionsBoundaryPolicyInputList', input.PermissionsBoundaryPolicyInputList ?? [])
  if (isError(boundaries)) return boundaries
  const [boundary] = boundaries
  const resource =
    input.ResourcePolicy === undefined ? undefined : parseSimulated('key', 'ResourcePolicy', input.ResourcePolicy)
  if (isError(resource)) return error('InvalidInput', resource.message)
  const caller = callerOf(input.CallerArn, own.caller)
  if (isError(caller)) return caller
  return {
    ...own,
    caller,
    policies: [...own.policies, ...added],
    context: contextOf(input),
    ...(boundary ? { boundary } : {}),
    ...(resource ? { resourcePolicy: resource.policy } : {}),
    ...(input.ResourceOwner === undefined ? {} : { resourceOwner: accountIn(input.ResourceOwner) }),
  }
}

/** An account id, or the account of an ARN. */
function accountIn(owner: string): string {
  return parseAccountId(owner) ?? parseArn(owner)?.account ?? owner
}

function callerOf(arn: string | undefined, own: Simulation['caller']): Simulation['caller'] | ServiceError {
  if (arn === undefined || arn === own.arn) return own
  const account = parseAccountId(parseArn(arn)?.account ?? '')
  return account ? { arn: parsePrincipalArn(arn), account } : error('InvalidInput', `CallerArn ${arn} is not valid.`)
}

function contextOf({ ContextEntries = [] }: Asked): Simulation['context'] {
  return new Map(
    ContextEntries.flatMap(({ ContextKeyName, ContextKeyValues = [] }) =>
      ContextKeyName === undefined ? [] : [[ContextKeyName.toLowerCase(), ContextKeyValues] as const],
    ),
  )
}

const SOURCES: ReadonlyMap<string, string> = new Map([
  ['identity-policy', 'IAM Policy'],
  ['permissions-boundary', 'IAM Permissions Boundary Policy'],
  ['key-policy', 'Resource Policy'],
])

function results(simulation: Simulation, { ActionNames, ResourceArns = ['*'], ...wanted }: Asked) {
  const pairs = ActionNames.flatMap((action) => ResourceArns.map((resource) => ({ action, resource })))
  if (pairs.length > SIMULATIONS_MAX)
    return error('InvalidInput', `A simulation must not have more than ${SIMULATIONS_MAX} actions and resources.`)
  const page = pageAmong(wanted, pairs, ({ action, resource }) => `${action} ${resource}`)
  if (isError(page)) return page
  const { entries, ...rest } = page
  const shown = entries.map(({ action, resource }) => ({
    EvalActionName: action,
    EvalResourceName: resource,
    ...shownResult(simulate(simulation, action, resource)),
  }))
  return { output: { EvaluationResults: shown, ...rest } }
}

function shownResult({ decision, matched, missing, allowedByBoundary }: Simulated) {
  return {
    EvalDecision: decision,
    MatchedStatements: matched.map(({ name, source }) => ({
      SourcePolicyId: name,
      SourcePolicyType: SOURCES.get(source) ?? 'none',
    })),
    MissingContextValues: missing,
    ...(allowedByBoundary === undefined
      ? {}
      : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowedByBoundary } }),
  }
}
