/** The middle one; of an even number the upper of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** One line of the result: what was measured, and what it must be. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly digits?: number
  readonly target?: { readonly min: number } | { readonly max: number }
}

/** Nothing where there is no target. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined
  return 'min' in target ? value >= target.min : value <= target.max
}

function verdictOf(figure: Figure): string {
  const met = isMet(figure)
  return met === undefined ? '' : met ? 'met' : 'MISSED'
}

function targetText({ target, unit, digits = 0 }: Figure): string {
  if (target === undefined) return ''
  return 'min' in target ? `>= ${target.min.toFixed(digits)} ${unit}` : `<= ${target.max.toFixed(digits)} ${unit}`
}

/** The figures as a table for a terminal. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${figure.value.toFixed(figure.digits ?? 0)} ${figure.unit}`,
    targetText(figure),
    verdictOf(figure),
  ])
  const all = [['figure', 'value', 'target', 'verdict'], ...rows]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
