import type { AccountId, PrincipalArn } from '../../src/domain/arn.ts'
import { isError } from '../../src/domain/error.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { defaultKeyPolicy, type PolicyDocument, parsePolicy } from '../../src/policy/document.ts'
import type {
  AttachedPolicy,
  CompiledPolicy,
  FederatedUser,
  PolicyKind,
  Principal,
  RequestContext,
  RoleSession,
  RootUser,
  ServicePrincipal,
  User,
  WebIdentity,
} from '../../src/policy/types.ts'

export const OWN = '111122223333'
export const OTHER = '444455556666'
export const KEY_ARN = `arn:aws:kms:us-east-1:${OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const ROOT = `arn:aws:iam::${OWN}:root`

/** A statement as JSON; the tests write them as policies do. */
export type StatementJson = { readonly [element: string]: unknown }

export function documentText(statements: unknown, version = '2012-10-17'): string {
  return JSON.stringify({ Version: version, Statement: statements })
}

export function documentOf(text: string, kind: PolicyKind): PolicyDocument {
  const document = parsePolicy(text, kind)
  if (isError(document)) throw new Error(`${document.message}: ${text}`)
  return document
}

export function policyOf(kind: PolicyKind, statements: unknown, version?: string): CompiledPolicy {
  return compilePolicy(documentOf(documentText(statements, version), kind))
}

export const DEFAULT_POLICY = compilePolicy(documentOf(defaultKeyPolicy(ROOT), 'key'))

export function attached(statements: unknown, name = 'inline'): AttachedPolicy {
  return { name, policy: policyOf('identity', statements) }
}

export const ALLOW_ALL = attached({ Effect: 'Allow', Action: '*', Resource: '*' }, 'allow-all')
export const DENY_ALL = attached({ Effect: 'Deny', Action: '*', Resource: '*' }, 'deny-all')
export const ALLOW_DESCRIBE = attached({ Effect: 'Allow', Action: 'kms:Describe*', Resource: '*' }, 'describe')

const parseArn = (text: string) => text as PrincipalArn
const parseAccount = (text: string) => text as AccountId

export const root: RootUser = { type: 'root', arn: parseArn(ROOT), account: parseAccount(OWN) }

export function user(name: string, own: Partial<User> = {}, account = OWN): User {
  const arn = parseArn(`arn:aws:iam::${account}:user/${name}`)
  return { type: 'user', arn, account: parseAccount(account), identityPolicies: [], ...own }
}

export function session(own: Partial<RoleSession> = {}, account = OWN): RoleSession {
  return {
    type: 'role-session',
    arn: parseArn(`arn:aws:sts::${account}:assumed-role/Batch/run7`),
    roleArn: parseArn(`arn:aws:iam::${account}:role/Batch`),
    account: parseAccount(account),
    identityPolicies: [],
    ...own,
  }
}

export function federated(own: Partial<FederatedUser> = {}): FederatedUser {
  return {
    type: 'federated-user',
    arn: parseArn(`arn:aws:sts::${OWN}:federated-user/kim`),
    userArn: parseArn(`arn:aws:iam::${OWN}:user/dana`),
    account: parseAccount(OWN),
    identityPolicies: [],
    ...own,
  }
}

export const service: ServicePrincipal = { type: 'service', arn: 's3.amazonaws.com', service: 's3.amazonaws.com' }
export const webIdentity: WebIdentity = {
  type: 'web-identity',
  arn: 'anonymous',
  provider: `arn:aws:iam::${OWN}:oidc-provider/token.example.com`,
}

type Values = { readonly [key: string]: string | readonly string[] }

export function contextOf(values: Values): RequestContext {
  return new Map(
    Object.entries(values).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]),
  )
}

const REQUEST: Values = {
  'aws:SecureTransport': 'true',
  'aws:SourceIp': '203.0.113.10',
  'aws:CurrentTime': '2026-03-01T12:00:00Z',
  'aws:EpochTime': '1772366400',
  'aws:RequestedRegion': 'us-east-1',
  'aws:ViaAWSService': 'false',
  'kms:KeySpec': 'SYMMETRIC_DEFAULT',
  'kms:KeyUsage': 'ENCRYPT_DECRYPT',
  'kms:KeyOrigin': 'AWS_KMS',
  'kms:MultiRegion': 'false',
}

/** What the request layer would derive for `principal`, with `values` over it. */
export function requestContext(principal: Principal, values: Values = {}): RequestContext {
  const account: Values =
    'account' in principal ? { 'aws:PrincipalAccount': principal.account, 'kms:CallerAccount': principal.account } : {}
  const named = principal.type === 'role-session' ? principal.roleArn : principal.arn
  const username: Values = principal.type === 'user' ? { 'aws:username': named.slice(named.lastIndexOf('/') + 1) } : {}
  return contextOf({ ...REQUEST, ...account, ...username, 'aws:PrincipalArn': named, ...values })
}
