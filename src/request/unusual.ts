import type { Scope } from '../domain/arn.ts'
import type { ServiceError } from '../domain/error.ts'
import type { KeptFinding } from '../trail/watch/finding.ts'

export { FINDING_KINDS, type KeptFinding } from '../trail/watch/finding.ts'

/** What became of a message to the webhook; in words why it was not taken. */
export type NoticeOutcome = { readonly isTaken: true } | { readonly isTaken: false; readonly reason: string }

/** What was found unusual; `UnsupportedOperationException` where nobody looks for it. */
export type Unusual = {
  /** Of the account, before a number, newest first. */
  list(account: string, before: number, limit: number): Promise<readonly KeptFinding[] | ServiceError>
  /** Sends a message that is in no list. */
  test(scope: Scope, requestId: string): Promise<NoticeOutcome | ServiceError>
}
