import type { AccountId, Scope } from './arn.ts'
import type { Brand } from './brand.ts'
import { encodeContext } from './encryption-context.ts'
import { error, isError, type ServiceError } from './error.ts'
import type { PrincipalBinding } from './iam.ts'
import type { Key } from './key.ts'
import { classOf, type KeyUsage } from './key-spec.ts'
import { GRANT_CONSTRAINT_PAIRS_MAX, GRANT_CONSTRAINT_VALUE_MAX_CHARS } from './limits.ts'

/** 64 lower-case hex digits. Source: grant ids as answered by KMS. */
export type GrantId = Brand<string, 'GrantId'>

/** Everything that a grant may allow, in the order of the service model. Source: GrantOperation. */
export const GRANT_OPERATIONS = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
] as const

export type GrantOperation = (typeof GRANT_OPERATIONS)[number]

/** What a grant's permission is bound to. Names of pairs compare without case, values with. Source: GrantConstraints of the service model. */
export type GrantConstraint = {
  readonly kind: 'EncryptionContextEquals' | 'EncryptionContextSubset'
  readonly pairs: ReadonlyMap<string, string>
}

/** A permission on one key for one principal. It is made and deleted, never changed. */
export type Grant = Scope &
  Pick<Key, 'keyId'> & {
    readonly grantId: GrantId
    /** Tells repeated calls of one CreateGrant from calls for another grant; several grants may have it. */
    readonly name?: string
    /** Milliseconds since the epoch, UTC. */
    readonly createdAt: number
    /** ARN of an account's root user, a user, a role, or a session. */
    readonly granteePrincipal: string
    /** ARN, as the grantee's. */
    readonly retiringPrincipal?: string
    /** Unique ids of those whom the grant names: a principal made anew under an old name is another one. */
    readonly boundPrincipals?: readonly PrincipalBinding[]
    /** Of the caller who made the grant. */
    readonly issuingAccount: AccountId
    /** Each once, in the order of GRANT_OPERATIONS. */
    readonly operations: readonly GrantOperation[]
    readonly constraint?: GrantConstraint
  }

const GRANT_ID = /^[0-9a-f]{64}$/

export function parseGrantId(text: string): GrantId | undefined {
  return GRANT_ID.test(text) ? (text as GrantId) : undefined
}

/** Grants of keys of every kind may allow these. Source: KMS developer guide, grant operations. */
const OF_ANY_KEY: readonly GrantOperation[] = ['CreateGrant', 'RetireGrant', 'DescribeKey']
const ENCRYPTION: readonly GrantOperation[] = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo']

const OF_KEY_PAIR = {
  ENCRYPT_DECRYPT: [...ENCRYPTION, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
} as const satisfies Record<KeyUsage, readonly GrantOperation[]>

const OF_SYMMETRIC_KEY: readonly GrantOperation[] = [
  ...ENCRYPTION,
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]

type KeyKind = Pick<Key, 'keySpec' | 'keyUsage'>

/** What a grant on a key of that kind may allow. */
export function grantableOperations({ keySpec, keyUsage }: KeyKind): ReadonlySet<GrantOperation> {
  const own = classOf(keySpec) === 'symmetric' ? OF_SYMMETRIC_KEY : OF_KEY_PAIR[keyUsage]
  return new Set([...OF_ANY_KEY, ...own])
}

/** @returns `ValidationException` for operations or a constraint that no grant on such a key can have. */
export function refuseUnfitGrant(
  key: KeyKind & Pick<Key, 'arn'>,
  { operations, constraint }: Pick<Grant, 'operations' | 'constraint'>,
): ServiceError | undefined {
  const grantable = grantableOperations(key)
  const unfit = operations.filter((operation) => !grantable.has(operation))
  if (unfit.length > 0)
    return error(
      'ValidationException',
      `Grants on ${key.arn} with key spec ${key.keySpec} and key usage ${key.keyUsage} must not contain the operations: ${unfit.join(', ')}.`,
    )
  if (constraint && classOf(key.keySpec) !== 'symmetric')
    return error('ValidationException', 'Grant constraints are supported only for symmetric encryption keys.')
  return constraint && refuseConstraint(constraint)
}

/** Source of the limits: KMS API reference, CreateGrant. The texts are our own. */
function refuseConstraint({ pairs }: GrantConstraint): ServiceError | undefined {
  if (pairs.size > GRANT_CONSTRAINT_PAIRS_MAX)
    return error(
      'ValidationException',
      `A grant constraint must not have more than ${GRANT_CONSTRAINT_PAIRS_MAX} encryption context pairs.`,
    )
  if ([...pairs.values()].some((value) => value.length > GRANT_CONSTRAINT_VALUE_MAX_CHARS))
    return error(
      'ValidationException',
      `Encryption context values in a grant constraint must not have more than ${GRANT_CONSTRAINT_VALUE_MAX_CHARS} characters.`,
    )
  // No request can have pairs that are no encryption context, so that such a grant would allow nothing.
  const encoded = encodeContext(pairs)
  return isError(encoded) ? encoded : undefined
}

/** Each operation once, in one order: a list that is sent in another order means the same grant. */
export function sortedOperations(operations: readonly GrantOperation[]): readonly GrantOperation[] {
  return GRANT_OPERATIONS.filter((operation) => operations.includes(operation))
}

export function grantNotFound(grantId: string): ServiceError {
  return error('NotFoundException', `Grant ID ${grantId} not found`)
}
