import { type JsonMember, type JsonValue, readJson } from './json.ts'

const INDENT = '  '
const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])
/** What must be escaped, and what the wire's own pattern for policies (U+0020 to U+00FF) does not admit. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const ESCAPED = /["\\\u0000-\u001f\u0100-\uffff]/g

/**
 * A policy as GetKeyPolicy returns it: indented by two spaces, `"name" : value`, arrays opened as `[ {`; members keep
 * their order.
 *
 * @param text - JSON that `parsePolicy` accepted; anything else is a programmer's mistake and throws.
 * @param principalText - how a value of a Principal element's `AWS` member is shown: account ids come back as root ARNs,
 *   deleted principals as their unique ids.
 * Source: recorded answers of GetKeyPolicy.
 */
export function formatPolicy(text: string, principalText: (value: string) => string = (value) => value): string {
  const json = readJson(text)
  if (json === undefined) throw new TypeError('a stored policy is not JSON')
  return write(showPrincipals(json, principalText), '')
}

function write(value: JsonValue, indent: string): string {
  switch (value.type) {
    case 'object':
      return writeObject(value.members, indent)
    case 'array':
      return value.items.length === 0 ? '[ ]' : `[ ${value.items.map((item) => write(item, indent)).join(', ')} ]`
    case 'string':
      return quote(value.text)
    case 'number':
      return value.text
    case 'boolean':
      return String(value.value)
    case 'null':
      return 'null'
  }
}

function writeObject(members: readonly JsonMember[], indent: string): string {
  if (members.length === 0) return '{ }'
  const inner = indent + INDENT
  const lines = members.map(({ name, value }) => `${inner}${quote(name)} : ${write(value, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

function quote(text: string): string {
  return `"${text.replace(ESCAPED, escapeChar)}"`
}

function escapeChar(char: string): string {
  return SHORT_ESCAPES.get(char) ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Statement (one or a list) -> Principal or NotPrincipal -> AWS -> value (one or a list). */
const PRINCIPAL_PATH: readonly (readonly string[])[] = [['Statement'], ['Principal', 'NotPrincipal'], ['AWS']]

function showPrincipals(value: JsonValue, show: (value: string) => string, level = 0): JsonValue {
  if (value.type === 'array') return { ...value, items: value.items.map((item) => showPrincipals(item, show, level)) }
  const names = PRINCIPAL_PATH[level]
  if (names === undefined) return value.type === 'string' ? { ...value, text: show(value.text) } : value
  if (value.type !== 'object') return value
  const inside = (member: JsonMember) =>
    names.includes(member.name) ? { ...member, value: showPrincipals(member.value, show, level + 1) } : member
  return { ...value, members: value.members.map(inside) }
}
