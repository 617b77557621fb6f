import { type AccountId, parseAccountId, parsePrincipalArn, parseRegion, type Region } from '../../domain/arn.ts'
import type { AttachedPolicy, CompiledCondition, CompiledStatement } from '../../policy/types.ts'
import { parseMembers, type RecordedCall } from '../../trail/recorded-call.ts'
import type { CallingPrincipal } from '../caller.ts'
import type { Iam } from '../iam/parts.ts'
import type { Store } from '../ports.ts'
import { keyMap } from './known-keys.ts'

/** Who made a recorded call, with the policies that hold now. */
export type RecordedPrincipal = {
  readonly principal: CallingPrincipal
  readonly keys: ReadonlyMap<string, readonly string[]>
  /** Sessions have tags of their own, which events do not hold. */
  readonly isWhollyKnown: boolean
}

type Parts = { readonly store: Store; readonly iam: Iam }

/** Finds the principal of an event; nothing when it is gone, or none that could be found again. */
export async function recordedPrincipal(parts: Parts, call: RecordedCall): Promise<RecordedPrincipal | undefined> {
  const { type, accountId } = call.identity
  const account = typeof accountId === 'string' ? parseAccountId(accountId) : undefined
  const region = parseRegion(call.region)
  if (!account || !region) return undefined
  switch (type) {
    case 'Root':
    case 'IAMUser':
      return longTerm(parts, call, account, region)
    case 'AssumedRole':
      return roleSession(parts, call, account)
    case 'FederatedUser':
      return federatedUser(parts, call, account)
    default:
      return undefined
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

async function longTerm({ iam }: Parts, { identity }: RecordedCall, account: AccountId, region: Region) {
  const credentials = { accessKeyId: textOf(identity.accessKeyId), region }
  const known =
    identity.type === 'Root'
      ? iam.principals.root(account, credentials)
      : await iam.principals.user(account, textOf(identity.principalId), credentials)
  return known && { principal: known.principal, keys: keyMap(known.keys), isWhollyKnown: true }
}

function issuerOf({ identity }: RecordedCall) {
  return parseMembers(parseMembers(identity.sessionContext).sessionIssuer)
}

async function roleSession({ store, iam }: Parts, call: RecordedCall, account: AccountId) {
  const role = await store.findEntityById(account, 'role', textOf(issuerOf(call).principalId))
  if (!role) return undefined
  const isLimited = call.checks?.some(({ isSessionLimited }) => isSessionLimited)
  return {
    principal: {
      type: 'role-session',
      arn: parsePrincipalArn(textOf(call.identity.arn)),
      account,
      roleArn: role.arn,
      uniqueId: role.id,
      ...(await iam.principals.policiesOf(role)),
      ...(isLimited ? { sessionPolicies: [FORGOTTEN] } : {}),
    },
    keys: keyMap([
      ['aws:principalarn', role.arn],
      ['aws:principalaccount', account],
      ['aws:principaltype', 'AssumedRole'],
      ['aws:userid', textOf(call.identity.principalId)],
    ]),
    isWhollyKnown: false,
  } as const
}

async function federatedUser(parts: Parts, call: RecordedCall, account: AccountId) {
  const issuer = issuerOf(call)
  const userId = issuer.type === 'IAMUser' ? textOf(issuer.principalId) : undefined
  const user = userId === undefined ? undefined : await parts.store.findEntityById(account, 'user', userId)
  if (userId !== undefined && !user) return undefined
  const arn = parsePrincipalArn(textOf(call.identity.arn))
  const held = user ? await parts.iam.principals.policiesOf(user) : { identityPolicies: [FORGOTTEN] }
  return {
    principal: {
      type: 'federated-user',
      arn,
      account,
      ...(user ? { userArn: user.arn, uniqueId: user.id } : {}),
      ...held,
      sessionPolicies: [FORGOTTEN],
    },
    keys: keyMap([
      ['aws:principalarn', arn],
      ['aws:principalaccount', account],
      ['aws:principaltype', 'FederatedUser'],
      ['aws:userid', textOf(call.identity.principalId)],
    ]),
    isWhollyKnown: false,
  } as const
}

/** Asks for this key, which is never known: what policies decide that no event holds. */
const FORGOTTEN_KEY = 'the session policies of its session'

const isForgotten: CompiledCondition = {
  text: 'Null',
  key: FORGOTTEN_KEY,
  values: ['false'],
  holds: (context) => context.get(FORGOTTEN_KEY) !== undefined,
}

const everything: Omit<CompiledStatement, 'effect'> = {
  index: 0,
  coversAction: () => true,
  reaches: () => 'direct',
  coversResource: () => true,
  conditions: [isForgotten],
}

/** A policy that may allow or deny anything: it stands for one that was not recorded. */
const FORGOTTEN: AttachedPolicy = {
  name: 'session',
  policy: {
    kind: 'session',
    allows: [{ ...everything, effect: 'Allow' }],
    denies: [{ ...everything, effect: 'Deny' }],
  },
}
