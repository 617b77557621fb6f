import { type AccountId, type PrincipalArn, parseArn, parsePrincipalArn } from '../../domain/arn.ts'
import type { Grant } from '../../domain/grant.ts'
import type { IamRole, PrincipalBinding } from '../../domain/iam.ts'
import type { Key } from '../../domain/key.ts'
import { WHO_CAN_NAMED_MAX } from '../../domain/limits.ts'
import { namedPrincipals, type PrincipalEntry, parseAwsPrincipal } from '../../policy/principal.ts'
import type { Principal } from '../../policy/types.ts'
import type { Iam } from '../iam/parts.ts'
import type { KeyPolicies } from '../key-policy.ts'
import type { Page } from '../page.ts'
import type { Store } from '../ports.ts'
import { type KnownCaller, keyMap } from './known-keys.ts'

/** Somebody who might be able to use a key. */
export type Candidate = KnownCaller & {
  /** ARN, name of a service, or a phrase for many. */
  readonly name: string
  readonly principal: Principal
}

export type CandidateParts = { readonly store: Store; readonly iam: Iam; readonly policies: KeyPolicies }

/** The key that is asked about, with the policy to look at and all grants that are looked at. */
export type Examined = {
  readonly key: Key
  readonly named: readonly PrincipalEntry[]
  readonly bindings: readonly PrincipalBinding[]
  readonly grants: readonly Grant[]
}

/** The key with the policy in force. */
export async function examined({ store, policies }: CandidateParts, key: Key): Promise<Examined> {
  const named = namedPrincipals(policies.document(key))
  const grants = await store.listGrants(key, key.keyId, { limit: WHO_CAN_NAMED_MAX })
  return { key, named, bindings: key.policyPrincipals ?? [], grants }
}

/** How many principals are read from the store at once. */
const READ_AT_ONCE = 50

/**
 * Everybody who might be able to use a key: its account's root user, users and roles in order of name, then whoever else
 * its policy and its grants name.
 *
 * @param after - the number of candidates to leave out.
 */
export async function* candidates(parts: CandidateParts, about: Examined, after = 0): AsyncGenerator<Candidate> {
  let left = after
  for await (const candidate of everybody(parts, about)) {
    left -= 1
    if (left < 0) yield await candidate()
  }
}

/** Candidates not made yet, so that those of earlier pages cost little. */
type Unmade = () => Promise<Candidate> | Candidate

async function* everybody(parts: CandidateParts, about: Examined): AsyncGenerator<Unmade> {
  const { account, region } = about.key
  const { principals } = parts.iam
  const credentials = { accessKeyId: '', region }
  yield () => {
    const { principal, keys } = principals.root(account, credentials)
    return { name: principal.arn, principal, keys: keyMap(keys), isWhollyKnown: true }
  }
  for await (const user of listed((page) => parts.store.listEntities(account, 'user', page)))
    yield async () => {
      const known = await principals.user(account, user.id, credentials)
      return known
        ? { name: user.arn, principal: known.principal, keys: keyMap(known.keys), isWhollyKnown: true }
        : { name: user.arn, ...stranger(user.arn, account) }
    }
  for await (const role of listed((page) => parts.store.listEntities(account, 'role', page)))
    yield () => roleCandidate(parts, role, role.arn)
  for (const entry of others(about)) {
    const made = await otherCandidate(parts, about, entry)
    if (made) yield () => made
  }
  yield () => ({ name: 'any principal of another account', ...stranger('arn:aws:iam::*:user/*', '*') })
}

async function* listed<E extends { readonly name: string }>(
  read: (page: Page<string>) => Promise<readonly E[]>,
): AsyncGenerator<E> {
  let after: string | undefined
  for (;;) {
    const page = await read({ limit: READ_AT_ONCE, ...(after === undefined ? {} : { after }) })
    yield* page
    after = page.at(-1)?.name
    if (page.length < READ_AT_ONCE || after === undefined) return
  }
}

/** What can be said of all sessions of a role. `arn` is the role's or that of one session. */
async function roleCandidate({ iam }: CandidateParts, role: IamRole, arn: PrincipalArn): Promise<Candidate> {
  const { account } = role
  return {
    name: arn,
    principal: {
      type: 'role-session',
      arn,
      account,
      roleArn: role.arn,
      uniqueId: role.id,
      ...(await iam.principals.policiesOf(role)),
    },
    keys: keyMap([
      ['aws:principalarn', role.arn],
      ['aws:principalaccount', account],
      ['aws:principaltype', 'AssumedRole'],
    ]),
    isWhollyKnown: false,
  }
}

/** Whom policy and grants name beside the users and roles of the account that exist. */
function others({ key, named, grants }: Examined): readonly PrincipalEntry[] {
  const grantees = grants.flatMap(({ granteePrincipal, retiringPrincipal }) =>
    [granteePrincipal, ...(retiringPrincipal === undefined ? [] : [retiringPrincipal])].flatMap(
      (text) => parseAwsPrincipal(text) ?? [],
    ),
  )
  const found = new Map<string, PrincipalEntry>()
  for (const entry of [...named, ...grantees]) {
    if (found.size >= WHO_CAN_NAMED_MAX) break
    if (entry.type === 'account' && entry.account === key.account) continue
    found.set(entry.type === 'account' ? entry.account : JSON.stringify(entry), entry)
  }
  return [...found.values()]
}

async function otherCandidate(
  parts: CandidateParts,
  about: Examined,
  entry: PrincipalEntry,
): Promise<Candidate | undefined> {
  switch (entry.type) {
    case 'everyone':
    case 'provider':
    case 'provider-host':
      return undefined
    case 'service': {
      const { service } = entry
      const principal = { type: 'service', arn: service, service } as const
      return { name: service, principal, keys: new Map(), isWhollyKnown: false }
    }
    case 'account':
      return {
        name: `principals of account ${entry.account}`,
        ...stranger(`arn:aws:iam::${entry.account}:user/*`, entry.account),
      }
    default:
      return namedCandidate(parts, about, entry)
  }
}

type Named = Extract<
  PrincipalEntry,
  { readonly type: 'user' | 'role' | 'role-session' | 'federated-user' | 'provider' }
>

async function namedCandidate(
  parts: CandidateParts,
  about: Examined,
  { type, arn, account }: Named,
): Promise<Candidate | undefined> {
  const isOwn = account === about.key.account
  const name = arn.slice(arn.lastIndexOf('/') + 1)
  if (type === 'user' || type === 'role') {
    const existing = isOwn ? await parts.store.findEntity(about.key.account, type, name) : undefined
    // Those were candidates already.
    return existing?.arn === arn ? undefined : { name: arn, ...stranger(arn, account, boundId(about, arn)) }
  }
  if (type === 'federated-user')
    return { ...stranger(arn, account), name: arn, principal: { ...bare(arn, account), type: 'federated-user' } }
  const roleName = parseArn(arn)?.resource.split('/')[1] ?? ''
  const role = isOwn ? await parts.store.findEntity(about.key.account, 'role', roleName) : undefined
  if (role) return roleCandidate(parts, role, parsePrincipalArn(arn))
  return {
    ...stranger(arn, account),
    name: arn,
    principal: { ...bare(arn, account), type: 'role-session', roleArn: parsePrincipalArn(arn) },
  }
}

/** What the ARN meant when policy or grant was made. */
function boundId({ bindings, grants }: Examined, arn: string): string | undefined {
  const bound = [...bindings, ...grants.flatMap(({ boundPrincipals = [] }) => boundPrincipals)]
  return bound.find((binding) => binding.arn === arn)?.id
}

function bare(arn: string, account: string) {
  return { arn: parsePrincipalArn(arn), account: parseOwner(account), identityPolicies: [] }
}

/** An account of which nothing but the id is known; what is no account id, such as `*`, equals no account. */
function parseOwner(account: string): AccountId {
  return account as AccountId
}

/** Somebody about whom nothing is known but an ARN. */
function stranger(arn: string, account: string, uniqueId?: string): Omit<Candidate, 'name'> {
  const isRole = arn.includes(':role/')
  const id = uniqueId === undefined ? {} : { uniqueId }
  const principal: Principal = isRole
    ? { ...bare(arn, account), type: 'role-session', roleArn: parsePrincipalArn(arn), ...id }
    : { ...bare(arn, account), type: 'user', ...id }
  const isOne = !arn.includes('*')
  const ofAccount = [['aws:principalaccount', account]] as const
  return {
    principal,
    keys: keyMap([...(account === '*' ? [] : ofAccount), ...(isOne ? ([['aws:principalarn', arn]] as const) : [])]),
    isWhollyKnown: false,
  }
}
