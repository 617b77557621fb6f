import { POLICY_DEPTH_MAX } from '../domain/limits.ts'

/** JSON with everything that `JSON.parse` forgets: the order of members, the spelling of numbers, repeated names. */
export type JsonValue =
  | { readonly type: 'object'; readonly members: readonly JsonMember[] }
  | { readonly type: 'array'; readonly items: readonly JsonValue[] }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }

export type JsonMember = { readonly name: string; readonly value: JsonValue }

type Cursor = { readonly text: string; at: number }

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const HEX4 = /^[0-9a-fA-F]{4}$/
const WHITESPACE = new Set([' ', '\t', '\n', '\r'])
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/**
 * Reads one JSON text.
 *
 * Repeated names are refused because two readers of one policy could otherwise disagree about what it says.
 *
 * @returns nothing when the text is not JSON (RFC 8259), repeats a name within an object, or nests deeper than the limit.
 */
export function readJson(text: string): JsonValue | undefined {
  const cursor = { text, at: 0 }
  const value = readValue(cursor, 0)
  skipWhitespace(cursor)
  return cursor.at === text.length ? value : undefined
}

function readValue(cursor: Cursor, depth: number): JsonValue | undefined {
  skipWhitespace(cursor)
  switch (cursor.text[cursor.at]) {
    case '{':
      return depth < POLICY_DEPTH_MAX ? readObject(cursor, depth + 1) : undefined
    case '[':
      return depth < POLICY_DEPTH_MAX ? readArray(cursor, depth + 1) : undefined
    case '"':
      return readStringValue(cursor)
    case 't':
      return take(cursor, 'true') ? { type: 'boolean', value: true } : undefined
    case 'f':
      return take(cursor, 'false') ? { type: 'boolean', value: false } : undefined
    case 'n':
      return take(cursor, 'null') ? { type: 'null' } : undefined
    default:
      return readNumber(cursor)
  }
}

function readObject(cursor: Cursor, depth: number): JsonValue | undefined {
  const members: JsonMember[] = []
  const names = new Set<string>()
  cursor.at++
  if (takeToken(cursor, '}')) return { type: 'object', members }
  do {
    skipWhitespace(cursor)
    const name = readString(cursor)
    if (name === undefined || names.has(name) || !takeToken(cursor, ':')) return undefined
    const value = readValue(cursor, depth)
    if (value === undefined) return undefined
    names.add(name)
    members.push({ name, value })
  } while (takeToken(cursor, ','))
  return takeToken(cursor, '}') ? { type: 'object', members } : undefined
}

function readArray(cursor: Cursor, depth: number): JsonValue | undefined {
  const items: JsonValue[] = []
  cursor.at++
  if (takeToken(cursor, ']')) return { type: 'array', items }
  do {
    const item = readValue(cursor, depth)
    if (item === undefined) return undefined
    items.push(item)
  } while (takeToken(cursor, ','))
  return takeToken(cursor, ']') ? { type: 'array', items } : undefined
}

function readStringValue(cursor: Cursor): JsonValue | undefined {
  const text = readString(cursor)
  return text === undefined ? undefined : { type: 'string', text }
}

function readString(cursor: Cursor): string | undefined {
  if (cursor.text[cursor.at] !== '"') return undefined
  let text = ''
  let from = ++cursor.at
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const char = cursor.text.charAt(cursor.at)
    if (char === '"') return text + cursor.text.slice(from, cursor.at++)
    if (char < ' ') return undefined
    if (char !== '\\') continue
    text += cursor.text.slice(from, cursor.at++)
    const escaped = readEscape(cursor)
    if (escaped === undefined) return undefined
    text += escaped
    from = cursor.at + 1
  }
  return undefined
}

/** Leaves the cursor on the last character of the escape. */
function readEscape(cursor: Cursor): string | undefined {
  const char = cursor.text.charAt(cursor.at)
  if (char !== 'u') return ESCAPES.get(char)
  const hex = cursor.text.slice(cursor.at + 1, cursor.at + 5)
  if (!HEX4.test(hex)) return undefined
  cursor.at += 4
  return String.fromCharCode(Number.parseInt(hex, 16))
}

function readNumber(cursor: Cursor): JsonValue | undefined {
  NUMBER.lastIndex = cursor.at
  const text = NUMBER.exec(cursor.text)?.[0]
  if (text === undefined) return undefined
  cursor.at += text.length
  return { type: 'number', text }
}

function take(cursor: Cursor, word: string): boolean {
  if (!cursor.text.startsWith(word, cursor.at)) return false
  cursor.at += word.length
  return true
}

function takeToken(cursor: Cursor, token: string): boolean {
  skipWhitespace(cursor)
  return take(cursor, token)
}

function skipWhitespace(cursor: Cursor): void {
  while (WHITESPACE.has(cursor.text.charAt(cursor.at))) cursor.at++
}
