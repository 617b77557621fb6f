import type { Histogram } from '../domain/histogram.ts'

export type Labels = Readonly<Record<string, string>>
export type Sample = { readonly labels: Labels; readonly value: number }

/** Figures of one name, whatever protocol they leave in. Durations are seconds, counters end in `_total`. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly kind: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly kind: 'histogram'
      readonly series: readonly { readonly labels: Labels; readonly histogram: Histogram }[]
    }
)

const NO_LABELS: Labels = {}

/** A figure without labels; no sample of one that is not known. */
export function single(kind: 'counter' | 'gauge', name: string, help: string, value: number | undefined): Family {
  return { kind, name, help, samples: value === undefined ? [] : [{ labels: NO_LABELS, value }] }
}
