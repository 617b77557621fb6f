import Table from 'cli-table3'

/** One column of what is shown: its title, and the text of a row in it. */
export type Column<Row> = readonly [title: string, text: (row: Row) => string | undefined]

export type ShowOptions = { readonly json?: boolean }

/** Where a person looks at it, lines are drawn; where a program reads it, only tabs separate. */
const isWatched = () => process.stdout.isTTY === true

/** A tab or a line break inside a text would make two of it, and a terminal would obey an escape sequence. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g
export const plainText = (text: string | undefined): string => (text ?? '').replace(CONTROLS, ' ')

/** Prints records: a table on a terminal, tab-separated lines elsewhere, the API's own members with `json`. */
export function showRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], { json }: ShowOptions): void {
  const cells = rows.map((row) => columns.map(([, text]) => plainText(text(row))))
  const head = columns.map(([title]) => title)
  write(json ? jsonOf(rows) : isWatched() ? drawn(cells, head) : tabbed(cells))
}

/** Prints one record, a line for each column that has a text. */
export function showRecord<Row>(row: Row, columns: readonly Column<Row>[], { json }: ShowOptions): void {
  const cells = columns.map(([title, text]) => [title, plainText(text(row))]).filter(([, text]) => text !== '')
  write(json ? jsonOf(row) : isWatched() ? drawn(cells) : tabbed(cells))
}

/** Prints a value as the API names it. */
export function showJson(value: unknown): void {
  write(jsonOf(value))
}

const jsonOf = (value: unknown): string => JSON.stringify(value, null, 2)

const tabbed = (cells: readonly (readonly string[])[]): string => cells.map((line) => line.join('\t')).join('\n')

/** No lines between rows. */
const COMPACT = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' }

function drawn(cells: readonly string[][], head: string[] = []): string {
  const table = new Table({ head, chars: COMPACT, style: { head: ['bold'], border: [] } })
  table.push(...cells)
  return table.toString()
}

function write(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`)
}
