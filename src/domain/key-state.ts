import { error, type ServiceError } from './error.ts'
import type { Key, KeyStateName } from './key.ts'

/**
 * States in which an operation works, by the class its row of the key-state table falls in.
 * Source: KMS developer guide, key states; codes and texts from recorded answers.
 */
const ALL = [
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingReplicaDeletion',
  'PendingImport',
  'Unavailable',
  'Creating',
  'Updating',
] as const
const LIVE = ['Enabled', 'Disabled', 'PendingImport', 'Unavailable', 'Creating', 'Updating'] as const

export const USABLE_IN = {
  /** Reads, policies, and what works on any key. */
  any: ALL,
  /** Cryptographic operations, GetPublicKey and UpdatePrimaryRegion. */
  crypto: ['Enabled', 'Updating'],
  /** CreateGrant. */
  grantable: ['Enabled', 'Unavailable', 'Updating'],
  /** Tags, description, CreateAlias, the new target of UpdateAlias. */
  live: LIVE,
  /** EnableKey and DisableKey. */
  switchable: ['Enabled', 'Disabled', 'Unavailable'],
  /** EnableKeyRotation and DisableKeyRotation, which report what kind of key it is before any state but this. */
  schedulable: [
    'Enabled',
    'Disabled',
    'PendingDeletion',
    'PendingReplicaDeletion',
    'PendingImport',
    'Unavailable',
    'Updating',
  ],
  /** RotateKeyOnDemand, which refuses keys in custom key stores whether they are there or not. */
  rotatable: ['Enabled', 'Unavailable', 'Updating'],
  /** ReplicateKey. */
  replicable: ['Enabled'],
  /** GetParametersForImport. */
  preparable: ['Enabled', 'Disabled', 'PendingImport'],
  /** ImportKeyMaterial. */
  importable: ['Enabled', 'Disabled', 'PendingImport', 'Updating'],
  /** DeleteImportedKeyMaterial. */
  emptiable: ['Enabled', 'Disabled', 'PendingImport', 'PendingDeletion', 'PendingReplicaDeletion'],
  /** ScheduleKeyDeletion. */
  deletable: ['Enabled', 'Disabled', 'PendingImport', 'Unavailable', 'Creating'],
  /** CancelKeyDeletion. */
  cancellable: ['PendingDeletion', 'PendingReplicaDeletion'],
} as const satisfies Record<string, readonly KeyStateName[]>

export type StateRule = keyof typeof USABLE_IN

const PHRASES = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  PendingImport: 'pending import',
  Unavailable: 'unavailable',
  Creating: 'creating',
  Updating: 'updating',
} as const satisfies Record<KeyStateName, string>

/** @returns nothing when `key` is in a state that `rule` admits; else `DisabledException` or `KMSInvalidStateException`. */
export function refuseState(rule: StateRule, key: Key): ServiceError | undefined {
  const admitted: readonly KeyStateName[] = USABLE_IN[rule]
  if (admitted.includes(key.state.name)) return undefined
  if (rule === 'cancellable') return error('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
  const code = key.state.name === 'Disabled' ? 'DisabledException' : 'KMSInvalidStateException'
  return error(code, `${key.arn} is ${PHRASES[key.state.name]}.`)
}
