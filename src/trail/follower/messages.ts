import type { ExporterOptions, ExporterStatus, Moment } from '../log-files/exporter.ts'

/** What a follower is told at its start. */
export type FollowerSetup = {
  /** Directory of the trail's segments. */
  readonly segments: string
  /** Path of the index of events. */
  readonly history: string
  /** Path of the counts of usage. */
  readonly usage: string
  /** Path of what is found unusual; absent: nobody looks. */
  readonly watch?: string
  readonly logFiles?: Omit<ExporterOptions, 'signer' | 'segments'>
}

/** How far the follower is. */
export type FollowerStatus = {
  /** The last batch in the index of events; absent while there is none. */
  readonly historyBatch?: number
  readonly logFiles?: ExporterStatus
  /** Why the last round did not end well. */
  readonly problem?: string
}

/** What a follower asks its owner, which alone knows the trail's head, the time and the keys. */
export type Question =
  | { readonly about: 'moment' }
  | { readonly about: 'key'; readonly end: number }
  | { readonly about: 'signature'; readonly fingerprint: string; readonly text: string }

export type Reply = { readonly value: Moment | string } | { readonly failure: string }

export type FromFollower =
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'reached'; readonly id: number }
  | { readonly kind: 'status'; readonly status: FollowerStatus }

export type ToFollower =
  | { readonly kind: 'reply'; readonly id: number; readonly reply: Reply }
  /** Answered with `reached` once the index has the batch. */
  | { readonly kind: 'reach'; readonly id: number; readonly batch: number }
  | { readonly kind: 'stop' }

export function parseFromFollower(message: unknown): FromFollower {
  return message as FromFollower
}

export function parseToFollower(message: unknown): ToFollower {
  return message as ToFollower
}

export function parseSetup(data: unknown): FollowerSetup {
  return data as FollowerSetup
}
