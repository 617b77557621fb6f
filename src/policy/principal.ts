import { parseArn } from '../domain/arn.ts'
import type { JsonValue } from './json.ts'
import type { PolicyKind } from './types.ts'

/** One entry of a Principal element. */
export type PrincipalEntry =
  | { readonly type: 'everyone' }
  | { readonly type: 'account'; readonly account: string; readonly text: string }
  | {
      readonly type: 'user' | 'role' | 'role-session' | 'federated-user' | 'provider'
      readonly arn: string
      readonly account: string
    }
  | { readonly type: 'provider-host'; readonly host: string }
  | { readonly type: 'service'; readonly service: string }

export type PrincipalElement = { readonly negated: boolean; readonly entries: readonly PrincipalEntry[] }

/** `value` is the entry that no principal can have; absent when the element has the wrong form altogether. */
export type PrincipalProblem =
  | { readonly problem: 'none' }
  | { readonly problem: 'invalid'; readonly member?: string; readonly value?: string }

const ACCOUNT = /^\d{12}$/
const PARTITION = /^aws(?:-[a-z]{1,8}){0,3}$/
/** Names and paths of IAM; no wildcard is among the characters of a name, and paths are checked for them. */
const NAME = /^[\w+=,.@-]{1,64}$/
const PATH = /^(?:[!-)+->@-~]{0,512}\/)?$/
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+){0,4}\.amazonaws\.com(?:\.cn)?$/
const PROVIDER = /^(?:oidc-provider|saml-provider)\/[\w+=,.@:/-]{1,255}$/
/** Source: IAM JSON policy elements, Principal. */
const PROVIDER_HOSTS: ReadonlySet<string> = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
])

const PARSERS: ReadonlyMap<string, (text: string) => PrincipalEntry | undefined> = new Map([
  ['AWS', parseAwsPrincipal],
  ['Service', (text) => (SERVICE.test(text) ? { type: 'service', service: text } : undefined)],
  ['Federated', parseProvider],
])

/** Reads the value of Principal or NotPrincipal. */
export function parsePrincipalElement(value: JsonValue, negated: boolean): PrincipalElement | PrincipalProblem {
  if (value.type === 'string')
    return value.text === '*' ? { negated, entries: [{ type: 'everyone' }] } : { problem: 'invalid', value: value.text }
  if (value.type !== 'object') return { problem: 'invalid' }
  const entries: PrincipalEntry[] = []
  for (const { name, value: list } of value.members) {
    const parse = PARSERS.get(name)
    if (parse === undefined) return { problem: 'invalid', member: name }
    for (const item of list.type === 'array' ? list.items : [list]) {
      const entry = item.type === 'string' ? parse(item.text) : undefined
      if (entry === undefined)
        return { problem: 'invalid', member: name, ...(item.type === 'string' ? { value: item.text } : {}) }
      entries.push(entry)
    }
  }
  return entries.length === 0 ? { problem: 'none' } : { negated, entries }
}

/**
 * Reads an entry of `AWS`: `*`, an account id, or the ARN of an account, user, role, role session or federated user.
 *
 * @returns nothing for all else, among it unique ids (`AIDA…`: what a deleted principal is shown as), groups, and names with
 *   wildcards.
 */
export function parseAwsPrincipal(text: string): PrincipalEntry | undefined {
  if (text === '*') return { type: 'everyone' }
  if (ACCOUNT.test(text)) return { type: 'account', account: text, text }
  const arn = parseArn(text)
  if (!arn || !PARTITION.test(arn.partition) || arn.region !== '' || !ACCOUNT.test(arn.account)) return undefined
  const { account } = arn
  if (arn.service === 'iam' && arn.resource === 'root') return { type: 'account', account, text }
  const type = arn.service === 'iam' ? iamType(arn.resource) : arn.service === 'sts' ? stsType(arn.resource) : undefined
  return type && { type, arn: text, account }
}

function iamType(resource: string): 'user' | 'role' | undefined {
  const type = resource.startsWith('user/') ? 'user' : resource.startsWith('role/') ? 'role' : undefined
  const name = resource.slice(resource.lastIndexOf('/') + 1)
  const path = resource.slice(5, resource.length - name.length)
  return type && NAME.test(name) && PATH.test(path) ? type : undefined
}

function stsType(resource: string): 'role-session' | 'federated-user' | undefined {
  const [type, name = '', session, ...rest] = resource.split('/')
  if (rest.length > 0 || !NAME.test(name)) return undefined
  if (type === 'federated-user') return session === undefined ? 'federated-user' : undefined
  return type === 'assumed-role' && session !== undefined && NAME.test(session) ? 'role-session' : undefined
}

function parseProvider(text: string): PrincipalEntry | undefined {
  if (PROVIDER_HOSTS.has(text)) return { type: 'provider-host', host: text }
  const arn = parseArn(text)
  if (arn?.service !== 'iam' || !PARTITION.test(arn.partition) || !ACCOUNT.test(arn.account)) return undefined
  return PROVIDER.test(arn.resource) ? { type: 'provider', arn: text, account: arn.account } : undefined
}

/** A principal that a document names, for checks against a directory of those that exist. */
export type NamedPrincipal = Exclude<PrincipalEntry, { readonly type: 'everyone' }>

type WithPrincipals = { readonly statements: readonly { readonly principals?: PrincipalElement }[] }

/** The principals that a document names, each entry once; `*` names nobody. */
export function namedPrincipals(document: WithPrincipals): readonly NamedPrincipal[] {
  const named = new Map<string, NamedPrincipal>()
  for (const { principals } of document.statements)
    for (const entry of principals?.entries ?? [])
      if (entry.type !== 'everyone') named.set(JSON.stringify(entry), entry)
  return [...named.values()]
}

/** Kinds of documents that are attached to a resource and say whom they are about. */
export function namesPrincipals(kind: PolicyKind): boolean {
  return kind === 'key' || kind === 'trust'
}
