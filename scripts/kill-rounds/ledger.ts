import type { Answer } from '../../test/support/answer.ts'

export type Ciphertext = { readonly blob: string; readonly plaintext: string; readonly context: object }

/** What a round's answers promised: all of it must be there after the next start. */
export type Promises = {
  readonly keys: string[]
  readonly aliases: Array<{ readonly name: string; readonly keyId: string }>
  readonly tags: Array<{ readonly keyId: string; readonly name: string; readonly value: string }>
  readonly ciphertexts: Ciphertext[]
}

export const noPromises = (): Promises => ({ keys: [], aliases: [], tags: [], ciphertexts: [] })

/** Ciphertexts of all rounds that are decrypted once more at the end. */
const KEPT_CIPHERTEXTS_MAX = 5_000
/** Changes of all rounds that are looked at once more at the end. */
const KEPT_CHANGES_MAX = 20_000

/** Everything that was ever answered. */
export type Ledger = {
  /** Id of every answer, with the round that it was given in. */
  readonly answers: Map<string, number>
  readonly kept: Promises
  readonly problems: string[]
  readonly counts: { acknowledged: number; ciphertexts: number }
}

export const openLedger = (): Ledger => ({
  answers: new Map(),
  kept: noPromises(),
  problems: [],
  counts: { acknowledged: 0, ciphertexts: 0 },
})

export function noteAnswer(ledger: Ledger, round: number, { requestId }: Answer): void {
  ledger.answers.set(requestId, round)
}

/** Keeps the promises of a round for the end, as many as there is room for. */
export function keepPromises({ kept, counts }: Ledger, made: Promises): void {
  counts.acknowledged += made.keys.length + made.aliases.length + made.tags.length
  counts.ciphertexts += made.ciphertexts.length
  kept.ciphertexts.push(...made.ciphertexts.slice(0, KEPT_CIPHERTEXTS_MAX - kept.ciphertexts.length))
  kept.keys.push(...made.keys.slice(0, KEPT_CHANGES_MAX - kept.keys.length))
  kept.aliases.push(...made.aliases.slice(0, KEPT_CHANGES_MAX - kept.aliases.length))
  kept.tags.push(...made.tags.slice(0, KEPT_CHANGES_MAX - kept.tags.length))
}
