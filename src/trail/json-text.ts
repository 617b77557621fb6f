import { TRAIL_TEXT_CACHE_MAX, TRAIL_TEXT_CACHED_MAX_CHARACTERS } from '../domain/limits.ts'

/** JSON allows these raw, but some readers of lines take them for the end of a line: NEL, LS, PS. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g
/** Printable ASCII without quote and backslash needs no escape. */
const ESCAPED = /[^ !#-[\]-~]/

function escapeLineEnd(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * JSON on one line that encodes to valid UTF-8: `JSON.stringify` escapes line breaks and lone surrogates, and here the
 * other characters that end a line are escaped too. `members` are the only ones written, in that order.
 */
export function jsonOf(value: object | string, members?: readonly string[]): string {
  const json = JSON.stringify(value, members === undefined ? undefined : [...members])
  return json.includes('\u0085') || json.includes('\u2028') || json.includes('\u2029')
    ? json.replace(LINE_ENDS, escapeLineEnd)
    : json
}

/** A string that rarely repeats, such as an id, as JSON. */
export function textOf(text: string): string {
  return ESCAPED.test(text) ? jsonOf(text) : `"${text}"`
}

const cache = new Map<string, string>()

/** A string that often repeats, such as a user agent or an ARN, as JSON. Kept in a bounded cache that is emptied when full. */
export function repeatedTextOf(text: string): string {
  const known = cache.get(text)
  if (known !== undefined) return known
  const json = textOf(text)
  if (text.length > TRAIL_TEXT_CACHED_MAX_CHARACTERS) return json
  if (cache.size >= TRAIL_TEXT_CACHE_MAX) cache.clear()
  cache.set(text, json)
  return json
}

/** A function that builds the JSON of an object once and keeps it as long as the object lives; the object must not change. */
export function writtenOnce<T extends object>(write: (value: T) => string): (value: T) => string {
  const written = new WeakMap<T, string>()
  return (value) => {
    const known = written.get(value)
    if (known !== undefined) return known
    const json = write(value)
    written.set(value, json)
    return json
  }
}
