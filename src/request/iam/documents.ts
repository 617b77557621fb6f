import { parseAccountId } from '../../domain/arn.ts'
import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { PolicyHolder, PrincipalBinding } from '../../domain/iam.ts'
import { IAM_POLICY_MAX_CHARS } from '../../domain/limits.ts'
import { roleSessionArn } from '../../domain/session.ts'
import { parsePolicy } from '../../policy/document.ts'
import { type NamedPrincipal, namedPrincipals } from '../../policy/principal.ts'
import { invalidPrincipal } from '../../policy/problem.ts'
import type { PolicyKind } from '../../policy/types.ts'
import type { Directory } from './directory.ts'

/** Characters that count: white space does not. Source: IAM quotas. */
export function documentChars(text: string): number {
  return text.replace(/\s/g, '').length
}

/** `MalformedPolicyDocument` when the text is no policy of that kind. */
export function checkDocument(
  kind: Extract<PolicyKind, 'identity' | 'session'>,
  text: string,
): ServiceError | undefined {
  const document = parsePolicy(text, kind)
  return isError(document) ? document : undefined
}

/** `LimitExceeded` when a managed policy is too long. */
export function checkManagedSize(text: string): ServiceError | undefined {
  return documentChars(text) > IAM_POLICY_MAX_CHARS.managed
    ? error('LimitExceeded', `Cannot exceed quota for PolicySize: ${IAM_POLICY_MAX_CHARS.managed}`)
    : undefined
}

/** `LimitExceeded` when the inline policies of one holder are too long together. */
export function checkInlineSize({ kind, name, inlinePolicies }: PolicyHolder): ServiceError | undefined {
  const total = inlinePolicies.reduce((sum, { document }) => sum + documentChars(document), 0)
  return total > IAM_POLICY_MAX_CHARS[kind]
    ? error('LimitExceeded', `Maximum policy size of ${IAM_POLICY_MAX_CHARS[kind]} bytes exceeded for ${kind} ${name}`)
    : undefined
}

/** What ARNs in a resource policy stand for today. */
export type Binder = {
  /** The unique ids of users and roles that are named, or the first that does not exist. */
  bind(named: readonly NamedPrincipal[]): Promise<{ readonly bindings: readonly PrincipalBinding[] } | NamedPrincipal>
  /** The ARN that the bearer of a unique id has now; nothing when it is gone. */
  arnOf(binding: PrincipalBinding): Promise<string | undefined>
}

/**
 * @param admitsUnknown - the emulator takes names of principals that it does not know for real: they stand for whoever bears
 *   them.
 */
export function binderOf(directory: Pick<Directory, 'findEntity' | 'findEntityById'>, admitsUnknown: boolean): Binder {
  return {
    async bind(named) {
      const bindings: PrincipalBinding[] = []
      for (const principal of named) {
        const id = await idOf(directory, principal)
        if (id === undefined && !admitsUnknown) return principal
        if (id !== undefined && id !== '' && 'arn' in principal) bindings.push({ arn: principal.arn, id })
      }
      return { bindings }
    },
    async arnOf({ arn, id }) {
      const account = parseAccountOf(arn)
      if (account === undefined) return undefined
      const [uniqueId = '', session] = id.split(':')
      if (!uniqueId.startsWith('AROA')) return (await directory.findEntityById(account, 'user', uniqueId))?.arn
      const role = await directory.findEntityById(account, 'role', uniqueId)
      return role && session !== undefined ? roleSessionArn(role, session) : role?.arn
    },
  }
}

/** Empty for principals that have no id of their own; nothing for one that does not exist. */
async function idOf(directory: Pick<Directory, 'findEntity'>, principal: NamedPrincipal): Promise<string | undefined> {
  if (principal.type !== 'user' && principal.type !== 'role' && principal.type !== 'role-session') return ''
  const account = parseAccountOf(principal.arn)
  const [, name = '', session = ''] = principal.arn.slice(principal.arn.lastIndexOf(':') + 1).split('/')
  if (account === undefined) return undefined
  if (principal.type === 'role-session') {
    const role = await directory.findEntity(account, 'role', name)
    return role?.name === name ? `${role.id}:${session}` : undefined
  }
  const bearer = await directory.findEntity(account, principal.type, principal.arn.split('/').at(-1) ?? '')
  return bearer?.arn === principal.arn ? bearer.id : undefined
}

function parseAccountOf(arn: string) {
  return parseAccountId(arn.split(':')[4] ?? '')
}

/**
 * Checks a trust policy and finds out whom it names.
 *
 * @returns the bindings; `MalformedPolicyDocument`, `LimitExceeded`.
 */
export async function checkTrustPolicy(
  binder: Binder,
  text: string,
): Promise<readonly PrincipalBinding[] | ServiceError> {
  const document = parsePolicy(text, 'trust')
  if (isError(document)) return document
  if (documentChars(text) > IAM_POLICY_MAX_CHARS.trust)
    return error('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${IAM_POLICY_MAX_CHARS.trust}`)
  const bound = await binder.bind(namedPrincipals(document))
  return 'bindings' in bound
    ? bound.bindings
    : invalidPrincipal('trust', { member: 'AWS', ...('arn' in bound ? { value: bound.arn } : {}) })
}
