/** What is unusual enough to tell somebody. Their names and members are written down in docs/alarms.md. */
export const FINDING_KINDS = [
  'new-principal',
  'new-source',
  'denials',
  'canary-key',
  'unusable-key',
  'root-user',
  'metric-alarm',
  'test',
] as const
export type FindingKind = (typeof FINDING_KINDS)[number]

export type Finding = {
  /** Unique, and the same whenever it is found again in the same event. */
  readonly id: string
  readonly kind: FindingKind
  /** ISO 8601 with whole seconds, UTC: the time of the event. */
  readonly time: string
  /** Empty for callers who were not authenticated. */
  readonly account: string
  readonly region: string
  readonly principal: string
  readonly source: string
  /** ARN of the key, where it is about one. */
  readonly key?: string
  readonly event: { readonly id: string; readonly name: string; readonly errorCode?: string }
  /** The same that was held back since it was told last. */
  readonly suppressed: number
  /** One sentence for a person. */
  readonly text: string
}

/** A finding that was kept, by its number in the order of the trail. */
export type KeptFinding = Finding & { readonly number: number }
