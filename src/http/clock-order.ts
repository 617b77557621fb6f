/** Where Trent's time goes: to an instant, or back to real time. */
export type ClockOrder = { readonly to: number } | 'real time'

/** What a person reads who sent no order. */
export const CLOCK_HELP = 'The clock takes {"advance": "P7DT1H"}, {"set": "2027-01-01T00:00:00Z"} or {"reset": true}.'
/** Milliseconds since the epoch: years of four digits, which every date that is written anywhere has. */
const INSTANTS = { first: 0, last: Date.UTC(9999, 0, 1) } as const

/**
 * Reads an order to the clock.
 *
 * @param now - Trent's time, milliseconds since the epoch.
 * @returns nothing when it is none.
 */
export function clockOrder(value: unknown, now: number): ClockOrder | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { advance, set, reset } = value as { readonly [name: string]: unknown }
  if ([advance, set, reset].filter((member) => member !== undefined).length !== 1) return undefined
  if (reset !== undefined) return reset === true ? 'real time' : undefined
  const to =
    typeof advance === 'string' ? advanced(advance, now) : typeof set === 'string' ? Date.parse(set) : Number.NaN
  return to >= INSTANTS.first && to <= INSTANTS.last ? { to } : undefined
}

/** Months and years are counted in the calendar, from now and in UTC. */
function advanced(duration: string, now: number): number {
  try {
    const start = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO('UTC')
    return start.add(Temporal.Duration.from(duration)).epochMilliseconds
  } catch (cause) {
    if (cause instanceof RangeError) return Number.NaN
    throw cause
  }
}
