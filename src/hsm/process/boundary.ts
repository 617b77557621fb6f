import type { Refusal } from '../wire.ts'
import type { Attestations } from './attestation.ts'
import type { DomainKeys } from './domain-keys.ts'
import type { Family } from './families.ts'
import type { GrantTokens } from './grant-tokens.ts'
import type { Lane } from './lane.ts'
import type { Material, MaterialIds, NewKeyPair } from './material.ts'

/** What operations work with; nothing else is remembered from one request to the next. */
export type Boundary = {
  /** Requests that were answered as soon as they were read: those that a slow algorithm in this thread holds up. */
  readonly served: { atOnce: number }
  readonly domainKeys: DomainKeys
  readonly material: (field: Buffer) => Material | Refusal
  /** For slow algorithms. */
  readonly lane: Lane
  readonly newKeyPair: NewKeyPair
  /** Whether a family of algorithms passes its known-answer tests, which run before its first use. */
  readonly isProven: (family: Family) => boolean | Promise<boolean>
  readonly grantTokens: GrantTokens
  readonly materialIds: MaterialIds
  /** Whether material may be brought in the clear, which is so in the emulator alone. */
  readonly adoptsMaterial: boolean
  readonly attestations: Attestations
}

/** Fields of the reply, or the code of a refusal. */
export type Answer = readonly Buffer[] | Refusal

export type Operation = {
  /** How many fields a request has. */
  readonly fields: number
  /** Whether the reply's fields are wiped once they are written. */
  readonly isSecret?: true
  /**
   * @param fields - views that are valid until it returns: what is used after an `await` must be copied before. A promise is
   *   answered in a later batch, so slow algorithms stall nobody.
   */
  readonly run: (boundary: Boundary, ...fields: readonly Buffer[]) => Answer | Promise<Answer>
}
