const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** The last second written: neighbouring events share it. */
let second = Number.NaN
let secondText = ''

/**
 * The time of an event as CloudTrail writes it: `2025-05-21T05:42:31Z`, never with a fraction.
 *
 * @param time - milliseconds since the epoch, UTC.
 */
export function eventTime(time: number): string {
  const wanted = Math.floor(time / 1000)
  if (wanted === second) return secondText
  second = wanted
  secondText = `${new Date(wanted * 1000).toISOString().slice(0, 19)}Z`
  return secondText
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`
}

/**
 * A date inside requestParameters or responseElements: `May 21, 2025, 5:47:45 AM`, UTC, with plain spaces.
 *
 * Written out here because Intl is slow and, since Unicode CLDR 42, puts a narrow no-break space before AM.
 *
 * @param time - milliseconds since the epoch, UTC.
 */
export function eventDate(time: number): string {
  const date = new Date(time)
  const hours = date.getUTCHours()
  const day = `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`
  const clock = `${hours % 12 || 12}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`
  return `${day}, ${clock} ${hours < 12 ? 'AM' : 'PM'}`
}
