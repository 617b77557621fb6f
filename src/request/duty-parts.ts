import type { Log } from './log.ts'
import type { Outbox } from './outbox.ts'
import type { Clock, Ids, KeyProcess, Store } from './ports.ts'

/** What work that falls due is done with. */
export type DutyParts = {
  readonly store: Store
  readonly hsm: KeyProcess
  readonly outbox: Outbox
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}
