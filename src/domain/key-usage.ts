import type { Key } from './key.ts'

/** What counts as a use of a key. Source: KeyLastUsageTrackingOperation of the service model. */
export const TRACKED_OPERATIONS = [
  'Decrypt',
  'DeriveSharedSecret',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
] as const
export type TrackedOperation = (typeof TRACKED_OPERATIONS)[number]

const TRACKED: ReadonlySet<string> = new Set(TRACKED_OPERATIONS)

export function isTracked(operation: string): operation is TrackedOperation {
  return TRACKED.has(operation)
}

/** The last successful use of a key. */
export type KeyUsage = Pick<Key, 'account' | 'region' | 'keyId'> & {
  readonly operation: TrackedOperation
  /** Milliseconds since the epoch, UTC, in whole seconds as its event has them. */
  readonly usedAt: number
  readonly eventId: string
  readonly requestId: string
}
