import { WHO_CAN_WAYS_MAX } from '../domain/limits.ts'
import { type AskedCondition, conditionWords } from './condition-words.ts'
import { CONTEXT_OPERATIONS, type KeyGrant } from './grant.ts'
import { worksAcrossAccounts } from './key-access.ts'
import { type Knowledge, partialContext } from './knowledge.ts'
import { statementRef } from './own-policies.ts'
import { reachOfGrantee } from './principal-match.ts'
import type {
  AttachedPolicy,
  CompiledPolicy,
  CompiledStatement,
  Ground,
  PolicySource,
  Principal,
  Reach,
} from './types.ts'

/** One way in which a call is allowed: what it rests on, and what the request must bring, in plain words. */
export type Way = { readonly by: readonly Ground[]; readonly conditions: readonly string[] }

/** Under which conditions somebody can do something. */
export type Ways = {
  /** Any of them suffices; none: it cannot be done. */
  readonly allowed: readonly Way[]
  /** A request that meets all conditions of one of them is refused after all. */
  readonly except: readonly Way[]
}

export type WaysWanted = {
  readonly principal: Principal
  /** With its service, in lower case. */
  readonly action: string
  readonly key: { readonly arn: string; readonly account: string; readonly policy: CompiledPolicy }
  readonly grants: readonly KeyGrant[]
  readonly knowledge: Knowledge
}

const NOBODY: Ways = { allowed: [], except: [] }
const UNSAID: Way = { by: [], conditions: [] }
const OWN_ACCOUNT = 'its own account allows it'
const WITHIN_GRANT = 'the new grant is within this one'

/** A statement that applies under conditions. */
type Applicable = { readonly way: Way; readonly reach: Reach }

/** The ways in which a principal can perform an action on a key; the counterpart of `decideKeyAccess` for requests unmade. */
export function waysOf(wanted: WaysWanted): Ways {
  const { principal, action, key } = wanted
  const isSameAccount = !('account' in principal) || principal.account === key.account
  const own = ownLayers(wanted)
  const denies = [...applicable(wanted, 'key-policy', key.policy.denies), ...own.denies].map(({ way }) => way)
  if (denies.some(({ conditions }) => conditions.length === 0)) return NOBODY
  if (!isSameAccount && !worksAcrossAccounts(action)) return NOBODY
  const byPolicy =
    action === 'kms:retiregrant'
      ? []
      : applicable(wanted, 'key-policy', key.policy.allows).flatMap(({ way, reach }) =>
          isSameAccount ? carried(way, reach, own) : [together([way, BY_OWN_ACCOUNT])],
        )
  const allowed = fewest([...byPolicy, ...byGrants(wanted, own, isSameAccount)])
  return { allowed, except: allowed.length === 0 ? [] : fewest(denies) }
}

type Own = {
  readonly identity: readonly Way[]
  readonly boundary: readonly Way[]
  readonly denies: readonly Applicable[]
}

/** Another account's policies are its own affair; that they allow it is one more condition. */
const BY_OWN_ACCOUNT: Way = { by: [], conditions: [OWN_ACCOUNT] }
const THEIRS: Own = { identity: [BY_OWN_ACCOUNT], boundary: [BY_OWN_ACCOUNT], denies: [] }

/** The principal's own policies. Sessions are not foreseen: what session policies leave of it is known when there is one. */
function ownLayers(wanted: WaysWanted): Own {
  const { principal, key } = wanted
  if ('account' in principal && principal.account !== key.account) return THEIRS
  if (principal.type === 'root')
    return { identity: [{ by: [{ kind: 'root-user' }], conditions: [] }], boundary: [UNSAID], denies: [] }
  if (!('identityPolicies' in principal)) return { identity: [], boundary: [UNSAID], denies: [] }
  const { identityPolicies, boundary } = principal
  const limits = boundary === undefined ? [] : [boundary]
  return {
    identity: layer(wanted, 'identity-policy', identityPolicies, 'allows').map(({ way }) => way),
    boundary:
      boundary === undefined ? [UNSAID] : layer(wanted, 'permissions-boundary', limits, 'allows').map(({ way }) => way),
    denies: [
      ...layer(wanted, 'identity-policy', identityPolicies, 'denies'),
      ...layer(wanted, 'permissions-boundary', limits, 'denies'),
    ],
  }
}

function layer(
  wanted: WaysWanted,
  source: PolicySource,
  policies: readonly AttachedPolicy[],
  effect: 'allows' | 'denies',
): readonly Applicable[] {
  return policies.flatMap(({ name, policy }) => applicable(wanted, source, policy[effect], name))
}

/** The statements that can apply, each with the conditions on what is not known yet. */
function applicable(
  { principal, action, key, knowledge }: WaysWanted,
  source: PolicySource,
  statements: readonly CompiledStatement[],
  policy?: string,
): readonly Applicable[] {
  return statements.flatMap((statement) => {
    const reach = statement.coversAction(action) ? statement.reaches(principal) : 'none'
    const conditions = reach === 'none' ? undefined : openConditions(statement, key.arn, knowledge)
    return conditions ? [{ reach, way: { by: [statementRef(source, statement, policy)], conditions } }] : []
  })
}

/** What is left open of a statement; nothing when it cannot apply. */
function openConditions(
  statement: CompiledStatement,
  resource: string,
  knowledge: Knowledge,
): readonly string[] | undefined {
  const context = partialContext(knowledge)
  const open: string[] = []
  const isCovered = statement.coversResource(resource, context)
  if (context.unknownAsks() > 0) open.push(`the resource pattern fits (${[...context.unknown].join(', ')})`)
  else if (!isCovered) return undefined
  for (const condition of statement.conditions) {
    const before = context.unknownAsks()
    const holds = condition.holds(context)
    if (context.unknownAsks() > before) open.push(conditionWords(condition satisfies AskedCondition))
    else if (!holds) return undefined
  }
  return [...new Set(open)]
}

/** By itself, within limits, or with IAM too: see `allowedByPolicies`. */
function carried(way: Way, reach: Reach, { identity, boundary }: Own): readonly Way[] {
  if (reach === 'none') return []
  if (reach === 'direct') return [way]
  const limited = boundary.map((limit) => together([way, limit]))
  if (reach === 'limited') return limited
  return limited.flatMap((each) => identity.map((allow) => together([each, allow])))
}

function byGrants(wanted: WaysWanted, own: Own, isSameAccount: boolean): readonly Way[] {
  const operation = wanted.action.slice('kms:'.length)
  return wanted.grants.flatMap((grant) => {
    const by = [{ kind: 'grant', grantId: grant.grantId } as const]
    if (operation === 'retiregrant') return retirement(grant, wanted, own, isSameAccount)
    const given = grant.operations.find((name) => name.toLowerCase() === operation)
    const reach = given ? reachOfGrantee(grant.granteePrincipal, wanted.principal, grant.boundPrincipals) : 'none'
    const conditions = given ? grantConditions(given, grant) : []
    return carried({ by, conditions }, reach, own)
  })
}

function grantConditions(operation: string, { constraint }: KeyGrant): readonly string[] {
  if (operation === 'CreateGrant') return [WITHIN_GRANT]
  if (constraint === undefined || !CONTEXT_OPERATIONS.has(operation)) return []
  const pairs = [...constraint.pairs].map(([name, value]) => `${name}=${value}`)
  return constraint.kind === 'EncryptionContextSubset' ? pairs : [`encryption context exactly ${pairs.join(' and ')}`]
}

/** Each grant for itself; see `decideRetirement`. */
function retirement(grant: KeyGrant, { principal }: WaysWanted, own: Own, isSameAccount: boolean): readonly Way[] {
  const { grantId, granteePrincipal, retiringPrincipal, boundPrincipals } = grant
  const way = { by: [{ kind: 'grant', grantId } as const], conditions: [`it is grant ${grantId}`] }
  const isGrantee = grant.operations.includes('RetireGrant')
  const reaches: readonly Reach[] = [
    retiringPrincipal === undefined ? 'none' : reachOfGrantee(retiringPrincipal, principal, boundPrincipals),
    isGrantee ? reachOfGrantee(granteePrincipal, principal, boundPrincipals) : 'none',
    isSameAccount && 'account' in principal ? 'account' : 'none',
  ]
  return reaches.flatMap((reach) => carried(way, reach, own))
}

function together(ways: readonly Way[]): Way {
  return {
    by: ways.flatMap(({ by }) => by),
    conditions: [...new Set(ways.flatMap(({ conditions }) => conditions))],
  }
}

/** Without the ways that ask for all that another one asks for, and more; the least demanding first. */
function fewest(ways: readonly Way[]): readonly Way[] {
  const kept: Way[] = []
  for (const way of ways.toSorted((a, b) => a.conditions.length - b.conditions.length)) {
    const isImplied = kept.some(({ conditions }) => conditions.every((condition) => way.conditions.includes(condition)))
    if (!isImplied) kept.push(way)
  }
  return kept
}

/** The first of the ways that an answer has room for, and how many are left out. */
export function shownWays(ways: readonly Way[]): { readonly shown: readonly Way[]; readonly more: number } {
  return { shown: ways.slice(0, WHO_CAN_WAYS_MAX), more: Math.max(0, ways.length - WHO_CAN_WAYS_MAX) }
}
