import { type Context, listOf } from './world.ts'

/** What a piece of policy text is read with. */
export type Reading = {
  readonly context: Context
  /** Whether `${…}` is a variable: only in documents of version 2012-10-17. */
  readonly live: boolean
  /** Key policies see neither aliases nor tags of the key. */
  readonly blind: boolean
}

const LISTS = [
  'aws:calledvia',
  'aws:tagkeys',
  'kms:encryptioncontextkeys',
  'kms:grantoperations',
  'kms:resourcealiases',
]

/** Keys that hold several values by their nature. Source: condition keys for AWS KMS, value type. */
export function isList(key: string): boolean {
  return LISTS.includes(key.toLowerCase())
}

/** All values of a condition key, whose name is the same in any letter case. None when it is absent. */
export function valuesOf(key: string, { context, blind }: Reading): readonly string[] {
  const wanted = key.toLowerCase()
  if (blind && (wanted === 'kms:resourcealiases' || wanted.startsWith('aws:resourcetag/'))) return []
  return Object.entries(context)
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => listOf(value))
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const VARIABLE = /^\s*([^\s,]+)\s*(?:,\s*'([^']*)'\s*)?$/
/** Matches nothing at all: the value that a missing variable leaves. */
const NEVER = '(?!)'

function variableSource(inside: string, reading: Reading): string {
  if (['*', '?', '$'].includes(inside)) return escaped(inside)
  const [, name, fallback] = VARIABLE.exec(inside) ?? []
  if (name === undefined || isList(name)) return NEVER
  const values = valuesOf(name, reading)
  if (values.length > 1) return NEVER
  const value = values[0] ?? fallback
  return value === undefined ? NEVER : escaped(value)
}

const WILD: Readonly<Record<string, string>> = { '*': '[^]*', '?': '[^]' }

function plainSource(piece: string, wild: boolean): string {
  const plain = (each: string) => (wild ? WILD[each] : undefined) ?? escaped(each)
  return piece.replace(/[\s\S]/g, plain)
}

const SPECIAL = /[^\w:/-]/

/** The text as the source of a regular expression. */
function source(text: string, wild: boolean, reading: Reading): string {
  if (!SPECIAL.test(text)) return text
  return text.replace(/\$\{([^}]*)\}|[\s\S]/g, (piece, inside: string | undefined) =>
    inside !== undefined && reading.live ? variableSource(inside, reading) : plainSource(piece, wild),
  )
}

/** The grammars make few different texts. */
const EXPRESSIONS_MAX = 10_000
const expressions = new Map<string, RegExp>()

function expression(whole: string, flags: string): RegExp {
  const known = expressions.get(flags + whole)
  if (known !== undefined) return known
  if (expressions.size >= EXPRESSIONS_MAX) expressions.clear()
  const made = new RegExp(`^(?:${whole})$`, flags)
  expressions.set(flags + whole, made)
  return made
}

type How = { readonly wild?: boolean; readonly folded?: boolean }

/** Whether `actual` is what the policy text stands for. */
export function isMeant(
  text: string,
  actual: string,
  reading: Reading,
  { wild = false, folded = false }: How = {},
): boolean {
  return expression(source(text, wild, reading), folded ? 'i' : '').test(actual)
}

const PART = '((?:\\$\\{[^}]*\\}|[^:])*)'
const ARN = new RegExp(`^${`${PART}:`.repeat(5)}([^]*)$`)

/** Six parts; colons within `${…}` separate nothing, and the sixth part keeps all others. */
export function arnParts(text: string): readonly string[] | undefined {
  const parts = ARN.exec(text)?.slice(1)
  return parts?.[0] === 'arn' ? parts : undefined
}

/** Whether all six parts are what those of the policy's ARN stand for. */
export function isMeantArn(text: string, actual: string, reading: Reading): boolean {
  const [wanted, parts] = [arnParts(text), arnParts(actual)]
  if (wanted === undefined || parts === undefined) return false
  return wanted.every((part, i) => isMeant(part, parts[i] ?? '', reading, { wild: true }))
}
