import type { AttachedPolicy, CompiledPolicy, CompiledStatement, Principal, RequestContext } from './types.ts'

/**
 * What is known of a condition key, in lower case: its values, none when it is certainly absent, `unknown` when it could have
 * any value.
 */
export type Knowledge = (key: string) => readonly string[] | 'unknown'

/** A context of what is known, which remembers the keys that were asked for and are not. */
export type PartialContext = RequestContext & {
  /** How often something unknown was asked for. */
  readonly unknownAsks: () => number
  readonly unknown: ReadonlySet<string>
}

export function partialContext(knowledge: Knowledge): PartialContext {
  const unknown = new Set<string>()
  let asks = 0
  return {
    unknown,
    unknownAsks: () => asks,
    get(key) {
      const values = knowledge(key)
      if (values !== 'unknown') return values
      unknown.add(key)
      asks += 1
      return undefined
    },
  }
}

/**
 * The policy as it decides when everything that is unknown turns out in the caller's favour, or all of it against the caller.
 * Where both ways decide the same, the unknown does not matter: allowing is monotonous in what statements apply.
 */
export function assumedPolicy(policy: CompiledPolicy, context: PartialContext, favours: boolean): CompiledPolicy {
  const assume = (statement: CompiledStatement): CompiledStatement => {
    const assumed = statement.effect === 'Allow' ? favours : !favours
    /** The outcome, unless it rests on something that is not known. */
    const unlessUnknown = (test: () => boolean): boolean => {
      const before = context.unknownAsks()
      const outcome = test()
      return context.unknownAsks() === before ? outcome : assumed
    }
    return {
      ...statement,
      coversResource: (arn) => unlessUnknown(() => statement.coversResource(arn, context)),
      conditions: statement.conditions.map((condition) => ({
        ...condition,
        holds: () => unlessUnknown(() => condition.holds(context)),
      })),
    }
  }
  return { ...policy, denies: policy.denies.map(assume), allows: policy.allows.map(assume) }
}

/** The principal with its own policies so assumed. */
export function assumedPrincipal(principal: Principal, context: PartialContext, favours: boolean): Principal {
  if (!('identityPolicies' in principal)) return principal
  const assume = ({ name, policy }: AttachedPolicy) => ({ name, policy: assumedPolicy(policy, context, favours) })
  const { identityPolicies, boundary } = principal
  const held = {
    identityPolicies: identityPolicies.map(assume),
    ...(boundary === undefined ? {} : { boundary: assume(boundary) }),
  }
  const sessionPolicies = 'sessionPolicies' in principal ? principal.sessionPolicies?.map(assume) : undefined
  return principal.type === 'user' || sessionPolicies === undefined
    ? { ...principal, ...held }
    : { ...principal, ...held, sessionPolicies }
}
