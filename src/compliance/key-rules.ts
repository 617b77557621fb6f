import { type ManagedRule, rule } from './rule.ts'
import { administeringStatements, labelOf, overBroad, publicStatement } from './statements.ts'
import type { SubjectOf } from './subject.ts'
import { COMPLIANT, NOT_APPLICABLE, type Verdict, violation } from './verdict.ts'

const KEY = ['AWS::KMS::Key'] as const
type KeySubject = SubjectOf<'AWS::KMS::Key'>
const DAY_MS = 86_400_000

/** Keys of services are not the account's to change. */
const isOwn = ({ key }: KeySubject) => key.manager === 'CUSTOMER'
const isLeaving = ({ key: { state } }: KeySubject) =>
  state.name === 'PendingDeletion' || state.name === 'PendingReplicaDeletion'
const day = (time: number) => new Date(time).toISOString().slice(0, 10)

/** Judges keys of customers that stay. */
const onLiveKeys =
  (judge: (subject: KeySubject) => Verdict) =>
  (subject: KeySubject): Verdict =>
    isOwn(subject) && !isLeaving(subject) ? judge(subject) : NOT_APPLICABLE

export const KEY_RULES: readonly ManagedRule[] = [
  rule({
    identifier: 'CMK_BACKING_KEY_ROTATION_ENABLED',
    title: 'Symmetric keys whose material is made here rotate by themselves',
    types: KEY,
    judge: onLiveKeys(({ key }) => {
      if (key.keySpec !== 'SYMMETRIC_DEFAULT' || key.origin !== 'AWS_KMS') return NOT_APPLICABLE
      return key.rotation?.schedule
        ? COMPLIANT
        : violation(
            'Automatic rotation of the key is off.',
            'Turn it on with EnableKeyRotation (of a replica: at its primary).',
          )
    }),
  }),
  rule({
    identifier: 'KMS_CMK_NOT_SCHEDULED_FOR_DELETION',
    title: 'No key waits for its deletion',
    types: KEY,
    parameters: { kmsKeyIds: { kind: 'list', fallback: '' } },
    judge(subject, parameters) {
      const { key } = subject
      const wanted = parameters.list('kmsKeyIds')
      if (!isOwn(subject) || (wanted.length > 0 && !wanted.includes(key.keyId) && !wanted.includes(key.arn)))
        return NOT_APPLICABLE
      return key.state.name === 'PendingDeletion'
        ? violation(
            `The key is deleted on ${day(key.state.deletionDate)}, and with it all that it encrypted.`,
            'Keep it with CancelKeyDeletion, then EnableKey.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'KMS_KEY_POLICY_NO_PUBLIC_ACCESS',
    title: 'No key policy lets everybody in',
    types: KEY,
    judge(subject) {
      if (!isOwn(subject)) return NOT_APPLICABLE
      const found = publicStatement(subject.statements)
      return found
        ? violation(
            `Statement ${labelOf(found)} of the key policy allows everybody.`,
            'Name principals with PutKeyPolicy, or narrow it, for example with kms:CallerAccount.',
          )
        : COMPLIANT
    },
  }),
  rule({
    identifier: 'KMS_KEY_TAGGED',
    title: 'Keys have tags',
    types: KEY,
    parameters: { requiredKeyTags: { kind: 'list', fallback: '' } },
    judge(subject, parameters) {
      if (!isOwn(subject) || isLeaving(subject)) return NOT_APPLICABLE
      const names = new Set(subject.key.tags.map(({ TagKey }) => TagKey))
      const missing = parameters.list('requiredKeyTags').filter((name) => !names.has(name))
      if (names.size > 0 && missing.length === 0) return COMPLIANT
      const what = missing.length > 0 ? `The key lacks the tags ${missing.join(', ')}.` : 'The key has no tag.'
      return violation(what, 'Add them with TagResource.')
    },
  }),
  rule({
    identifier: 'TRENT_KMS_KEY_POLICY_OVER_BROAD',
    title: 'Key policies give to each what it needs',
    types: KEY,
    judge: onLiveKeys(({ key, statements }) => {
      const why = overBroad(statements, key.account)
      return why === undefined
        ? COMPLIANT
        : violation(why, 'Name principals and the actions that they need with PutKeyPolicy.')
    }),
  }),
  rule({
    identifier: 'TRENT_KMS_KEY_UNUSED',
    title: 'Keys are used',
    types: KEY,
    parameters: { unusedDays: { kind: 'number', fallback: '90' } },
    judge(subject, parameters, now) {
      if (!isOwn(subject) || isLeaving(subject)) return NOT_APPLICABLE
      const { lastUsedAt, knownSince, key } = subject
      const days = parameters.number('unusedDays')
      const since = lastUsedAt ?? Math.max(knownSince, key.createdAt)
      if (now - since < days * DAY_MS) return COMPLIANT
      const what = lastUsedAt === undefined ? 'The key was never used' : `The key was last used on ${day(lastUsedAt)}`
      return violation(
        `${what}${lastUsedAt === undefined ? ` since ${day(since)}` : ''}, ${days} days ago or more.`,
        'Disable it with DisableKey; when nobody misses it, ScheduleKeyDeletion.',
      )
    },
  }),
  rule({
    identifier: 'TRENT_KMS_KEY_AGE',
    title: 'Key material is renewed',
    types: KEY,
    parameters: { maxAgeDays: { kind: 'number', fallback: '400' } },
    judge(subject, parameters, now) {
      const { key, materialSince } = subject
      if (!isOwn(subject) || isLeaving(subject) || key.currentMaterialId === undefined) return NOT_APPLICABLE
      const days = parameters.number('maxAgeDays')
      if (now - materialSince < days * DAY_MS) return COMPLIANT
      const remedy =
        key.keySpec === 'SYMMETRIC_DEFAULT'
          ? 'Rotate it with RotateKeyOnDemand or EnableKeyRotation; imported material: import new material first.'
          : 'Make a new key, point its alias there with UpdateAlias, and retire this one.'
      return violation(`The key's material is of ${day(materialSince)}, older than ${days} days.`, remedy)
    },
  }),
  rule({
    identifier: 'TRENT_KMS_KEY_ADMINISTRATORS_MFA',
    title: 'Users whom a key policy lets administer the key have MFA',
    types: KEY,
    judge: onLiveKeys(({ statements, withoutMfa }) => {
      const named = new Set(
        administeringStatements(statements).flatMap(({ principals }) =>
          (principals?.entries ?? []).flatMap((entry) => (entry.type === 'user' ? [entry.arn] : [])),
        ),
      )
      const user = withoutMfa.find((arn) => named.has(arn))
      return user === undefined
        ? COMPLIANT
        : violation(
            `${user} may administer the key and has no MFA device.`,
            'Give the user one with EnableMFADevice, and ask for it in the policy: Bool aws:MultiFactorAuthPresent true.',
          )
    }),
  }),
]
