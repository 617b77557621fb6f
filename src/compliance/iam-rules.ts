import { HISTORY_AGE_MS } from '../domain/limits.ts'
import { type ManagedRule, type Parameters, rule } from './rule.ts'
import {
  administeringStatements,
  adminStatement,
  blockedStatement,
  labelOf,
  unconditionalOnAllKeys,
} from './statements.ts'
import type { AccessKeyFacts, NamedDocument } from './subject.ts'
import { COMPLIANT, NOT_APPLICABLE, type Verdict, violation } from './verdict.ts'

const DAY_MS = 86_400_000
/** The index of events goes back so far only. */
const NOT_KNOWN: Verdict = {
  compliance: 'INSUFFICIENT_DATA',
  why: `Uses of access keys are known of the last ${HISTORY_AGE_MS / DAY_MS} days.`,
  remedy: 'Ask for as many or fewer.',
}
const HOLDERS = ['AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::Role'] as const
/** Source: Security Hub, KMS.1 and KMS.2. */
const BLOCKED = { blockedActionsPatterns: { kind: 'list', fallback: 'kms:Decrypt,kms:ReEncryptFrom' } } as const
const SKIPS_BOUNDARIES = { excludePermissionBoundaryPolicy: { kind: 'boolean', fallback: 'false' } } as const
const day = (time: number) => new Date(time).toISOString().slice(0, 10)

/** The first document of which something is true. */
function firstIn<T>(
  documents: readonly NamedDocument[],
  find: (document: NamedDocument) => T | undefined,
): { readonly document: NamedDocument; readonly found: T } | undefined {
  for (const document of documents) {
    const found = find(document)
    if (found !== undefined) return { document, found }
  }
  return undefined
}

const inline = (documents: readonly NamedDocument[]) => documents.filter(({ kind }) => kind === 'inline')

function policyRule(identifier: string, title: string, scope: 'all' | 'service'): ManagedRule {
  return rule({
    identifier,
    title,
    types: ['AWS::IAM::Policy'],
    parameters: SKIPS_BOUNDARIES,
    judge({ statements, isBoundary }, parameters) {
      if (isBoundary && parameters.isTrue('excludePermissionBoundaryPolicy')) return NOT_APPLICABLE
      const found = adminStatement(statements, scope)
      return found
        ? violation(
            `Statement ${labelOf(found)} of the policy allows ${scope === 'all' ? 'everything' : 'every action of a service'}.`,
            'Name the actions and resources that are needed, in a new version with CreatePolicyVersion.',
          )
        : COMPLIANT
    },
  })
}

const POLICY_RULES: readonly ManagedRule[] = [
  rule({
    identifier: 'IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS',
    title: 'No managed policy allows decryption with all keys',
    types: ['AWS::IAM::Policy'],
    parameters: { ...BLOCKED, ...SKIPS_BOUNDARIES },
    judge({ statements, isBoundary }, parameters) {
      if (isBoundary && parameters.isTrue('excludePermissionBoundaryPolicy')) return NOT_APPLICABLE
      const found = blockedStatement(statements, parameters.list('blockedActionsPatterns'))
      return found
        ? violation(
            `Statement ${labelOf(found.statement)} of the policy allows ${found.action} on all keys.`,
            'Name the keys in Resource, in a new version with CreatePolicyVersion.',
          )
        : COMPLIANT
    },
  }),
  policyRule('IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS', 'No managed policy allows everything', 'all'),
  policyRule('IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS', 'No managed policy allows all of a service', 'service'),
]

const HOLDER_RULES: readonly ManagedRule[] = [
  rule({
    identifier: 'IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS',
    title: 'No inline policy allows decryption with all keys',
    types: HOLDERS,
    parameters: BLOCKED,
    judge({ documents }, parameters) {
      const patterns = parameters.list('blockedActionsPatterns')
      const hit = firstIn(inline(documents), ({ statements }) => blockedStatement(statements, patterns))
      return hit
        ? violation(
            `Statement ${labelOf(hit.found.statement)} of the inline policy ${hit.document.name} allows ${hit.found.action} on all keys.`,
            'Name the keys in Resource.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'IAM_NO_INLINE_POLICY_CHECK',
    title: 'Users, groups and roles have no inline policies',
    types: HOLDERS,
    judge({ documents }) {
      const [first] = inline(documents)
      return first
        ? violation(
            `The inline policy ${first.name} is seen by nobody who lists policies.`,
            'Make a managed policy of it.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'TRENT_IAM_WILDCARD_DECRYPT',
    title: 'Nobody may decrypt with all keys without a condition',
    types: HOLDERS,
    judge({ documents }) {
      const hit = firstIn(documents, ({ statements }) => unconditionalOnAllKeys(statements, 'kms:Decrypt'))
      return hit
        ? violation(
            `Statement ${labelOf(hit.found)} of the policy ${hit.document.name} allows kms:Decrypt on all keys, without a condition.`,
            'Detach it, or name the keys in Resource.',
          )
        : COMPLIANT
    },
  }),
]

/** The oldest that is too old. */
function tooOld(keys: readonly AccessKeyFacts[], days: number, now: number, since: (key: AccessKeyFacts) => number) {
  return keys.find((key) => key.isActive && now - since(key) >= days * DAY_MS)
}

function rotated(keys: readonly AccessKeyFacts[], parameters: Parameters, now: number): Verdict {
  const days = parameters.number('maxAccessKeyAge')
  const old = tooOld(keys, days, now, ({ createdAt }) => createdAt)
  return old
    ? violation(
        `The access key ${old.accessKeyId} is of ${day(old.createdAt)}, older than ${days} days.`,
        'Make another with CreateAccessKey, move its users, then DeleteAccessKey.',
      )
    : COMPLIANT
}

const USER_RULES: readonly ManagedRule[] = [
  rule({
    identifier: 'ACCESS_KEYS_ROTATED',
    title: 'Access keys are renewed',
    types: ['AWS::IAM::User'],
    parameters: { maxAccessKeyAge: { kind: 'number', fallback: '90' } },
    judge: ({ accessKeys }, parameters, now) => rotated(accessKeys, parameters, now),
  }),
  rule({
    identifier: 'IAM_USER_UNUSED_CREDENTIALS_CHECK',
    title: 'Credentials of users are used',
    needsLastUses: true,
    types: ['AWS::IAM::User'],
    parameters: { maxCredentialUsageAge: { kind: 'number', fallback: '90' } },
    judge({ accessKeys }, parameters, now) {
      const days = parameters.number('maxCredentialUsageAge')
      const old = tooOld(accessKeys, days, now, ({ lastUsedAt, createdAt }) => lastUsedAt ?? createdAt)
      if (old && old.lastUsedAt === undefined && days * DAY_MS > HISTORY_AGE_MS) return NOT_KNOWN
      return old
        ? violation(
            `The access key ${old.accessKeyId} was ${old.lastUsedAt === undefined ? 'not used' : `last used on ${day(old.lastUsedAt)}, not`} in the last ${days} days.`,
            'Take it out of use with UpdateAccessKey (Inactive), then DeleteAccessKey.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'IAM_USER_MFA_ENABLED',
    title: 'Users have an MFA device',
    types: ['AWS::IAM::User'],
    judge: ({ entity }) =>
      entity.mfaDevices.length > 0
        ? COMPLIANT
        : violation('The user has no MFA device.', 'Give it one: CreateVirtualMFADevice, then EnableMFADevice.'),
  }),
  rule({
    identifier: 'IAM_USER_NO_POLICIES_CHECK',
    title: 'Users have policies by their groups only',
    types: ['AWS::IAM::User'],
    judge({ documents }) {
      const [first] = documents
      return first
        ? violation(
            `The policy ${first.name} is attached to the user itself.`,
            'Attach it to a group, and put the user there.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'TRENT_IAM_KEY_ADMINISTRATORS_MFA',
    title: 'Users whose policies let them administer keys have MFA',
    types: ['AWS::IAM::User'],
    judge({ entity, documents, groupDocuments }) {
      const hit = firstIn([...documents, ...groupDocuments], ({ statements }) => administeringStatements(statements)[0])
      if (!hit) return NOT_APPLICABLE
      return entity.mfaDevices.length > 0
        ? COMPLIANT
        : violation(
            `By ${hit.document.name} the user may administer keys, and it has no MFA device.`,
            'Give it one with EnableMFADevice, and ask for it in the policy: Bool aws:MultiFactorAuthPresent true.',
          )
    },
  }),
]

const ACCOUNT_RULES: readonly ManagedRule[] = [
  rule({
    identifier: 'IAM_ROOT_ACCESS_KEY_CHECK',
    title: 'The root user has no access key',
    types: ['AWS::::Account'],
    judge: ({ rootAccessKeys: [first] }) =>
      first
        ? violation(
            `The root user has the access key ${first.accessKeyId}, which no policy limits.`,
            'Make an administrator of a user or role, then DeleteAccessKey as the root user.',
          )
        : COMPLIANT,
  }),
  rule({
    identifier: 'ROOT_ACCOUNT_MFA_ENABLED',
    title: 'The root user has MFA, or no way to sign in',
    types: ['AWS::::Account'],
    judge: ({ hasRootMfa, rootAccessKeys }) =>
      hasRootMfa || !rootAccessKeys.some(({ isActive }) => isActive)
        ? COMPLIANT
        : violation(
            'The root user signs with an access key and has no MFA device.',
            'Trent gives none to the root user: delete its access keys, without which nobody is the root user.',
          ),
  }),
]

export const IAM_RULES: readonly ManagedRule[] = [...POLICY_RULES, ...HOLDER_RULES, ...USER_RULES, ...ACCOUNT_RULES]
