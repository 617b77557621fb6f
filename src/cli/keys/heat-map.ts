/** Calls by hour: a row for each day, of 24 numbers. */
export type HeatMap = readonly { readonly day: string; readonly calls: readonly number[] }[]

const HOURS = 24
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** @param from - midnight UTC of the first day, milliseconds since the epoch. */
export function heatMapOf(
  from: number,
  days: number,
  counts: readonly { readonly start: number; readonly calls: number }[],
): HeatMap {
  const byHour = new Map(counts.map(({ start, calls }) => [start, calls]))
  return Array.from({ length: days }, (_, index) => {
    const midnight = from + index * DAY_MS
    const calls = Array.from({ length: HOURS }, (_hour, hour) => byHour.get(midnight + hour * HOUR_MS) ?? 0)
    return { day: new Date(midnight).toISOString().slice(0, 10), calls }
  })
}

/** Of the light to the full block; a hundred times as many calls are two steps, so that a quiet hour is seen beside a busy one. */
const BLOCKS = [' ', '░', '▒', '▓', '█'] as const
const LEVELS = BLOCKS.length - 1

/** 0 without calls, else 1 to 4: by the logarithm, as far as the busiest hour. */
function levelOf(calls: number, busiest: number): number {
  if (calls === 0) return 0
  return busiest <= 1 ? LEVELS : Math.max(1, Math.ceil((Math.log(calls + 1) / Math.log(busiest + 1)) * LEVELS))
}

const busiestOf = (map: HeatMap) => Math.max(0, ...map.flatMap(({ calls }) => calls))
const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0)

/** Lines for a terminal: a day each, two columns an hour, and how many calls there were. */
export function heatMapLines(map: HeatMap): readonly string[] {
  const busiest = busiestOf(map)
  const head = `${' '.repeat(10)}  ${['00', '06', '12', '18'].map((hour) => hour.padEnd(12)).join('')} calls`
  const rows = map.map(({ day, calls }) => {
    const blocks = calls.map((count) => (BLOCKS[levelOf(count, busiest)] ?? ' ').repeat(2)).join('')
    return `${day}  ${blocks} ${sum(calls)}`
  })
  const legend = `${' '.repeat(10)}  ${BLOCKS.slice(1).join(' ')}  up to ${busiest} an hour (UTC)`
  return [head, ...rows, ...(busiest > 0 ? [legend] : [])]
}

const CELL = 14
const LEFT = 90
const TOP = 40
/** Light to dark; told apart by people who do not see red and green alike, and on paper. */
const COLOURS = ['#eef1f4', '#c6dbef', '#6baed6', '#2171b5', '#08306b'] as const

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
const hourText = (hour: number) => `${String(hour).padStart(2, '0')}:00`

/** The same as a picture that needs nothing but itself; each hour tells its number to whoever points at it. */
export function heatMapSvg(map: HeatMap, title: string): string {
  const busiest = busiestOf(map)
  const [width, height] = [LEFT + HOURS * CELL + 70, TOP + map.length * CELL + 10]
  const hours = [0, 6, 12, 18].map((hour) => `<text x="${LEFT + hour * CELL}" y="${TOP - 6}">${hourText(hour)}</text>`)
  const rows = map.flatMap(({ day, calls }, row) => {
    const y = TOP + row * CELL
    const cells = calls.map((count, hour) => {
      const colour = COLOURS[levelOf(count, busiest)] ?? COLOURS[0]
      const at = `x="${LEFT + hour * CELL}" y="${y}" width="${CELL - 2}" height="${CELL - 2}"`
      return `<rect ${at} fill="${colour}"><title>${day} ${hourText(hour)} UTC: ${count}</title></rect>`
    })
    const base = y + CELL - 4
    return [
      `<text x="10" y="${base}">${day}</text>`,
      ...cells,
      `<text x="${LEFT + HOURS * CELL + 6}" y="${base}">${sum(calls)}</text>`,
    ]
  })
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="11" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="10" y="16" font-size="13">${escaped(title)}</text>`,
    ...hours,
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}
