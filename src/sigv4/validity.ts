import type { ServiceError } from '../domain/error.ts'
import { SIGNATURE_SKEW_MINUTES } from '../domain/limits.ts'
import { formatInstant } from './instant.ts'
import * as refusal from './refusal.ts'
import type { SignatureForm } from './request.ts'

type Dated = { readonly form: SignatureForm; readonly timestamp: string; readonly signedAt: number }

const SKEW_MS = SIGNATURE_SKEW_MINUTES * 60_000

/**
 * Refuses a signature outside of the clock skew. A presigned one may be older; `checkNotExpired` judges that.
 *
 * @param now - milliseconds since the epoch.
 */
export function checkNotStale({ form, timestamp, signedAt }: Dated, now: number): ServiceError | undefined {
  // Whole seconds, as in the timestamps that the messages compare.
  const second = now - (now % 1000)
  if (form === 'header' && signedAt < second - SKEW_MS)
    return refusal.expired(earlierThan(timestamp, second, SIGNATURE_SKEW_MINUTES * 60))
  if (signedAt > second + SKEW_MS) {
    const limit = formatInstant(second + SKEW_MS)
    const reckoning = `${formatInstant(second)} + ${SIGNATURE_SKEW_MINUTES} min.`
    return refusal.notYetCurrent(`${timestamp} is still later than ${limit} (${reckoning})`)
  }
  return undefined
}

/** Refuses a presigned request past its X-Amz-Expires, from which no skew is granted. */
export function checkNotExpired(
  { timestamp, signedAt, expiresSeconds }: Dated & { readonly expiresSeconds?: number | undefined },
  now: number,
): ServiceError | undefined {
  const second = now - (now % 1000)
  if (expiresSeconds === undefined || signedAt >= second - expiresSeconds * 1000) return undefined
  return refusal.expired(earlierThan(timestamp, second, expiresSeconds))
}

function earlierThan(timestamp: string, now: number, seconds: number): string {
  const span = seconds % 60 === 0 ? `${seconds / 60} min.` : `${seconds} sec.`
  return `${timestamp} is now earlier than ${formatInstant(now - seconds * 1000)} (${formatInstant(now)} - ${span})`
}
