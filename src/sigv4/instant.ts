/** Milliseconds since the epoch of `YYYYMMDDTHHMMSSZ`; nothing when the text has another format or names no real instant. */
export function parseInstant(text: string): number | undefined {
  if (text.length !== 16 || text[8] !== 'T' || text[15] !== 'Z') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 4, 6)
  const day = digits(text, 6, 8)
  const hours = digits(text, 9, 11)
  const minutes = digits(text, 11, 13)
  const seconds = digits(text, 13, 15)
  // Each comparison is false for NaN.
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1 && hours <= 23 && minutes <= 59 && seconds <= 59))
    return undefined
  const time = Date.UTC(year, month - 1, day, hours, minutes, seconds)
  // Date.UTC rolls the 30th of February over to March.
  return new Date(time).getUTCDate() === day ? time : undefined
}

/** The number that the decimal digits from `start` to `end` write; NaN when one of them is no digit. */
function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN
  }
  return value
}

/** `YYYYMMDDTHHMMSSZ` of milliseconds since the epoch. */
export function formatInstant(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
