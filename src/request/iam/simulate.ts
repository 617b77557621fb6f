import type { AccountId, PrincipalArn } from '../../domain/arn.ts'
import { isError, type ServiceError } from '../../domain/error.ts'
import { compilePolicy } from '../../policy/compile.ts'
import { parsePolicy } from '../../policy/document.ts'
import { decideIdentityAccess } from '../../policy/identity-access.ts'
import { decideByPolicies, gather } from '../../policy/resource-access.ts'
import type { AttachedPolicy, CompiledPolicy, Decision, Ground, User } from '../../policy/types.ts'

/** Who would ask, under which policies. */
export type Simulation = {
  readonly caller: { readonly arn: PrincipalArn; readonly account: AccountId; readonly id?: string }
  readonly policies: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
  /** The policy of every resource, and the account that owns them. */
  readonly resourcePolicy?: CompiledPolicy
  readonly resourceOwner: string
  /** Condition keys in lower case. */
  readonly context: ReadonlyMap<string, readonly string[]>
}

export type Simulated = {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny'
  /** The policies whose statements decided. */
  readonly matched: readonly { readonly name: string; readonly source: string }[]
  /** Condition keys that policies ask for and the simulation does not have. */
  readonly missing: readonly string[]
  readonly allowedByBoundary?: boolean
}

/** A policy that a request brings; nothing of it is kept. The errors are those of `parsePolicy`. */
export function parseSimulated(kind: 'identity' | 'key', name: string, text: string): AttachedPolicy | ServiceError {
  const document = parsePolicy(text, kind)
  return isError(document) ? document : { name, policy: compilePolicy(document) }
}

/** Decides one action on one resource as if the caller asked for it now. Real resources and grants are not looked at. */
export function simulate(simulation: Simulation, action: string, resource: string): Simulated {
  const decision = decide(simulation, action, resource)
  const { boundary, policies } = simulation
  const grounds: readonly Ground[] = decision.allowed ? decision.by : decision.kind === 'explicit' ? [decision.by] : []
  return {
    decision: decision.allowed ? 'allowed' : decision.kind === 'explicit' ? 'explicitDeny' : 'implicitDeny',
    matched: grounds.flatMap((ground) =>
      ground.kind === 'statement' ? [{ name: ground.policy ?? 'ResourcePolicy', source: ground.source }] : [],
    ),
    missing: missingKeys([...policies, ...(boundary ? [boundary] : [])], simulation, action),
    ...(boundary ? { allowedByBoundary: passes(boundary, simulation, action, resource) } : {}),
  }
}

function principalOf({ caller, policies, boundary }: Simulation): User {
  const { arn, account, id } = caller
  return {
    type: 'user',
    arn,
    account,
    identityPolicies: policies,
    ...(boundary ? { boundary } : {}),
    ...(id === undefined ? {} : { uniqueId: id }),
  }
}

function decide(simulation: Simulation, action: string, resource: string): Decision {
  const { resourcePolicy, resourceOwner, context } = simulation
  const principal = principalOf(simulation)
  if (!resourcePolicy) {
    // Without a policy of the resource only the caller's own decide, whoever owns it.
    return decideIdentityAccess({ principal, action, resource, account: principal.account, context })
  }
  const question = { principal, action: action.toLowerCase(), resource, context }
  return decideByPolicies(gather(question, { account: resourceOwner, policy: resourcePolicy, source: 'key-policy' }))
}

function passes(boundary: AttachedPolicy, simulation: Simulation, action: string, resource: string): boolean {
  const principal = principalOf({ ...simulation, policies: [boundary] })
  const { context } = simulation
  return decideIdentityAccess({ principal, action, resource, account: principal.account, context }).allowed
}

function missingKeys(policies: readonly AttachedPolicy[], { context }: Simulation, action: string): readonly string[] {
  const asked = policies
    .flatMap(({ policy }) => [...policy.denies, ...policy.allows])
    .filter(({ coversAction }) => coversAction(action.toLowerCase()))
    .flatMap(({ conditions }) => conditions.map(({ key }) => key))
  return [...new Set(asked)].filter((key) => !context.has(key))
}

/** Every condition key that the policies ask for, in order. */
export function contextKeysOf(policies: readonly AttachedPolicy[]): readonly string[] {
  const statements = policies.flatMap(({ policy }) => [...policy.denies, ...policy.allows])
  return [...new Set(statements.flatMap(({ conditions }) => conditions.map(({ key }) => key)))].sort()
}
