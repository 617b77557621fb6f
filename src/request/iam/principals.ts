import { type AccountId, type PrincipalArn, type Region, rootArn } from '../../domain/arn.ts'
import type { IamRole, IamTag, IamUser, IntegratedService, PolicyHolder } from '../../domain/iam.ts'
import {
  type FederatedSessionRecord,
  federatedUserArn,
  type RoleSessionRecord,
  roleSessionArn,
  type SessionRecord,
  type UserSessionRecord,
} from '../../domain/session.ts'
import type { AttachedPolicy, CompiledPolicy } from '../../policy/types.ts'
import type { Identity, SessionContext } from '../../trail/identity.ts'
import type { CallingPrincipal, CallingServicePrincipal, ContextKeys } from '../caller.ts'
import type { CompiledPolicies } from './compiled-policies.ts'
import type { Directory } from './directory.ts'

type CallerIdentity = Extract<Identity, { readonly type: 'Root' | 'IAMUser' | 'AssumedRole' | 'FederatedUser' }>

/** A principal with everything that decisions and events say about it. */
export type KnownPrincipal = {
  readonly principal: Exclude<CallingPrincipal, CallingServicePrincipal>
  readonly identity: CallerIdentity
  readonly keys: ContextKeys
}

/** The same of a service that calls for itself. */
export type KnownService = {
  readonly principal: CallingServicePrincipal
  readonly identity: Extract<Identity, { readonly type: 'AWSService' }>
  readonly keys: ContextKeys
}

/** What a principal's credentials tell beside who it is. */
type Credentials = { readonly accessKeyId: string; readonly region: Region }

/** Makes principals from what the store holds now. Nothing here is remembered: see `authenticate`. */
export type Principals = {
  root(account: AccountId, credentials: Credentials): KnownPrincipal
  /** Nothing when there is no such user. */
  user(account: AccountId, userId: string, credentials: Credentials): Promise<KnownPrincipal | undefined>
  /** Nothing when the role or user behind the session is gone. */
  session(record: SessionRecord, credentials: Credentials): Promise<KnownPrincipal | undefined>
  /** Nothing when there is no such service. */
  service(account: AccountId, serviceId: string): Promise<KnownService | undefined>
  /** The policies that a holder's requests are decided by. */
  policiesOf(holder: PolicyHolder): Promise<HolderPolicies>
}

export type HolderPolicies = {
  readonly identityPolicies: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
}

type Sources = { readonly directory: Directory; readonly compiled: CompiledPolicies }

export function principalsFrom(directory: Directory, compiled: CompiledPolicies): Principals {
  const sources = { directory, compiled }
  return {
    root: rootUser,
    async user(account, userId, credentials) {
      const user = await directory.findEntityById(account, 'user', userId)
      return user && knownUser(sources, user, credentials)
    },
    session: (record, credentials) => sessionPrincipal(sources, record, credentials),
    async service(account, serviceId) {
      const service = await directory.findEntityById(account, 'service', serviceId)
      return service && knownService(service)
    },
    policiesOf: (holder) => policiesOf(sources, holder),
  }
}

function rootUser(account: AccountId, { accessKeyId, region }: Credentials): KnownPrincipal {
  const arn = rootArn(account, region)
  return {
    principal: { type: 'root', account, arn },
    identity: { type: 'Root', principalId: account, arn, accountId: account, accessKeyId },
    keys: keysOf(arn, account, 'Account', account),
  }
}

async function knownUser(
  sources: Sources,
  user: IamUser,
  { accessKeyId }: Pick<Credentials, 'accessKeyId'>,
): Promise<KnownPrincipal> {
  const { arn, account, id, name, tags } = user
  return {
    principal: { type: 'user', arn, account, uniqueId: id, ...(await policiesOf(sources, user)) },
    identity: { type: 'IAMUser', principalId: id, arn, accountId: account, accessKeyId, userName: name },
    keys: [...keysOf(arn, account, 'User', id), ['aws:username', name], ...tagKeys(tags)],
  }
}

/** Source: IAM user guide, global condition keys. */
function knownService({ arn }: IntegratedService): KnownService {
  return {
    principal: { type: 'service', arn, service: arn },
    identity: { type: 'AWSService', invokedBy: arn },
    keys: [
      ['aws:principalisawsservice', 'true'],
      ['aws:principalservicename', arn],
      ['aws:principalservicenameslist', arn],
    ],
  }
}

function keysOf(arn: PrincipalArn, account: AccountId, type: string, userId: string): ContextKeys {
  return [
    ['aws:principalarn', arn],
    ['aws:principalaccount', account],
    ['aws:principaltype', type],
    ['aws:userid', userId],
  ]
}

function tagKeys(tags: readonly IamTag[]): ContextKeys {
  return tags.map(({ Key, Value }) => [`aws:principaltag/${Key.toLowerCase()}`, Value] as const)
}

async function policiesOf(sources: Sources, holder: PolicyHolder): Promise<HolderPolicies> {
  const groups = holder.kind === 'user' ? await groupsOf(sources, holder) : []
  const held = await Promise.all([holder, ...groups].map((each) => heldPolicies(sources, each)))
  const boundary = 'boundary' in holder ? holder.boundary : undefined
  return {
    identityPolicies: held.flat(),
    ...(boundary === undefined ? {} : { boundary: await limiting(sources, holder.account, boundary) }),
  }
}

async function groupsOf({ directory }: Sources, { account, groups }: IamUser) {
  const found = await Promise.all(groups.map((id) => directory.findEntityById(account, 'group', id)))
  return found.map((group) => group ?? missing('group'))
}

async function heldPolicies({ compiled }: Sources, holder: PolicyHolder): Promise<readonly AttachedPolicy[]> {
  const { account, inlinePolicies, attachedPolicies } = holder
  const inline = inlinePolicies.map(({ name, document }) => ({ name, policy: compiled.document('identity', document) }))
  const attached = await Promise.all(attachedPolicies.map((arn) => compiled.managed(account, arn)))
  return [...inline, ...attached.map((policy) => policy ?? missing('policy'))]
}

/** The store keeps what is referred to; a Deny that could not be found must not be passed over. */
function missing(what: string): never {
  throw new TypeError(`the store lacks a ${what} that is referred to`)
}

const NOTHING: CompiledPolicy = { kind: 'identity', denies: [], allows: [] }

/** A policy that limits: where it is gone, nothing is allowed any more. */
async function limiting({ compiled }: Sources, account: AccountId, arn: string): Promise<AttachedPolicy> {
  return (await compiled.managed(account, arn)) ?? { name: arn, policy: NOTHING }
}

async function sessionPrincipal(
  sources: Sources,
  record: SessionRecord,
  credentials: Credentials,
): Promise<KnownPrincipal | undefined> {
  switch (record.kind) {
    case 'role': {
      const role = await sources.directory.findEntityById(record.account, 'role', record.roleId)
      return role && roleSession(sources, role, record, credentials)
    }
    case 'user':
      return userSession(sources, record, credentials)
    case 'federated':
      return federatedSession(sources, record, credentials)
  }
}

/** Nothing when no session policy was passed. */
async function sessionPolicies(sources: Sources, { account, policies, policyArns }: SessionRecord) {
  if (policies.length === 0 && policyArns.length === 0) return undefined
  const passed = policies.map((text) => ({ name: 'session', policy: sources.compiled.document('session', text) }))
  return [...passed, ...(await Promise.all(policyArns.map((arn) => limiting(sources, account, arn))))]
}

function attributesOf({ issuedAt, mfaAt }: SessionRecord): SessionContext['attributes'] {
  const creationDate = new Date(issuedAt).toISOString().replace(/\.\d{3}Z$/, 'Z')
  return { creationDate, mfaAuthenticated: mfaAt === undefined ? 'false' : 'true' }
}

function issueTime({ issuedAt }: SessionRecord): ContextKeys {
  return [['aws:tokenissuetime', new Date(issuedAt).toISOString()]]
}

/** Present in temporary credentials only: a long-term key says nothing about MFA. Source: IAM user guide, global condition keys. */
function mfaKeys({ mfaAt }: SessionRecord): ContextKeys {
  return [['aws:multifactorauthpresent', String(mfaAt !== undefined)]]
}

async function userSession(
  sources: Sources,
  record: UserSessionRecord,
  credentials: Credentials,
): Promise<KnownPrincipal | undefined> {
  const { account, userId } = record
  const user = userId === undefined ? undefined : await sources.directory.findEntityById(account, 'user', userId)
  if (userId !== undefined && !user) return undefined
  const known = user ? await knownUser(sources, user, credentials) : rootUser(account, credentials)
  return {
    principal: known.principal,
    identity: { ...known.identity, sessionContext: { attributes: attributesOf(record) } },
    keys: [...known.keys, ...issueTime(record), ...mfaKeys(record)],
  }
}

async function roleSession(
  sources: Sources,
  role: IamRole,
  record: RoleSessionRecord,
  { accessKeyId }: Credentials,
): Promise<KnownPrincipal> {
  const { account } = role
  const { sessionName, sourceIdentity, provider } = record
  const arn = roleSessionArn(role, sessionName)
  const passed = await sessionPolicies(sources, record)
  const issuer = { type: 'Role', principalId: role.id, arn: role.arn, accountId: account, userName: role.name } as const
  const overridden = new Set(record.tags.map(({ Key }) => Key.toLowerCase()))
  const roleTags = role.tags.filter(({ Key }) => !overridden.has(Key.toLowerCase()))
  return {
    principal: {
      type: 'role-session',
      arn,
      account,
      roleArn: role.arn,
      uniqueId: role.id,
      ...(await policiesOf(sources, role)),
      ...(passed ? { sessionPolicies: passed } : {}),
    },
    identity: {
      type: 'AssumedRole',
      principalId: `${role.id}:${sessionName}`,
      arn,
      accountId: account,
      accessKeyId,
      sessionContext: {
        sessionIssuer: issuer,
        ...(provider === undefined ? {} : { webIdFederationData: { federatedProvider: provider } }),
        attributes: attributesOf(record),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      },
    },
    keys: [
      ...keysOf(role.arn, account, 'AssumedRole', `${role.id}:${sessionName}`),
      ...tagKeys([...roleTags, ...record.tags]),
      ...issueTime(record),
      ...mfaKeys(record),
      ...(provider === undefined ? [] : [['aws:federatedprovider', provider] as const]),
      ...(sourceIdentity === undefined
        ? []
        : ([
            ['aws:sourceidentity', sourceIdentity],
            ['sts:sourceidentity', sourceIdentity],
          ] as const)),
    ],
  }
}

async function federatedSession(
  sources: Sources,
  record: FederatedSessionRecord,
  credentials: Credentials,
): Promise<KnownPrincipal | undefined> {
  const { account, name, userId, tags } = record
  const user = userId === undefined ? undefined : await sources.directory.findEntityById(account, 'user', userId)
  if (userId !== undefined && !user) return undefined
  const arn = federatedUserArn(account, credentials.region, name)
  const passed = await sessionPolicies(sources, record)
  const root = rootUser(account, credentials)
  const issuer = user
    ? ({ type: 'IAMUser', principalId: user.id, arn: user.arn, accountId: account, userName: user.name } as const)
    : ({ type: 'Root', principalId: account, arn: root.principal.arn, accountId: account } as const)
  return {
    principal: {
      type: 'federated-user',
      arn,
      account,
      ...(user ? { userArn: user.arn, uniqueId: user.id } : {}),
      ...(user ? await policiesOf(sources, user) : { identityPolicies: [ANYTHING] }),
      ...(passed ? { sessionPolicies: passed } : {}),
    },
    identity: {
      type: 'FederatedUser',
      principalId: `${account}:${name}`,
      arn,
      accountId: account,
      accessKeyId: credentials.accessKeyId,
      sessionContext: { sessionIssuer: issuer, attributes: attributesOf(record) },
    },
    keys: [...keysOf(arn, account, 'FederatedUser', `${account}:${name}`), ...tagKeys(tags), ...issueTime(record)],
  }
}

/** What the root user's federated sessions start from; their session policies say what is left of it. */
const ANYTHING: AttachedPolicy = {
  name: 'root',
  policy: {
    kind: 'identity',
    denies: [],
    allows: [
      {
        index: 0,
        effect: 'Allow',
        coversAction: () => true,
        reaches: () => 'direct',
        coversResource: () => true,
        conditions: [],
      },
    ],
  },
}
