import { type Condition, parseOperatorName } from './condition.ts'
import type { JsonMember, JsonValue } from './json.ts'
import type { PrincipalElement } from './principal.ts'

/** A list of patterns, and whether the statement is about what they match or about all else (`NotAction`, `NotResource`). */
export type PatternElement = { readonly negated: boolean; readonly patterns: readonly string[] }

export type PolicyVersion = '2012-10-17' | '2008-10-17'

/** An element that is absent makes a key policy's statement inert: it is kept and matches nothing. */
export type Statement = {
  /** Place in the document, from 0. */
  readonly index: number
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly principals?: PrincipalElement
  readonly actions?: PatternElement
  readonly resources?: PatternElement
  readonly conditions: readonly Condition[]
}

/** A statement whose structure is right, before the rules of its kind of document. */
export type RawStatement = {
  readonly effect?: string
  readonly sid?: string
  readonly principal?: { readonly negated: boolean; readonly value: JsonValue }
  readonly actions?: PatternElement
  readonly resources?: PatternElement
  readonly conditions: readonly Condition[]
}

/** Names an element may have, and for pairs that exclude each other the one name both stand for. Case matters. */
const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['Sid', 'Sid'],
  ['Effect', 'Effect'],
  ['Principal', 'Principal'],
  ['NotPrincipal', 'Principal'],
  ['Action', 'Action'],
  ['NotAction', 'Action'],
  ['Resource', 'Resource'],
  ['NotResource', 'Resource'],
  ['Condition', 'Condition'],
])

/**
 * Reads the structure of one statement.
 *
 * @returns nothing for an unknown element, an element together with its `Not` form, a wrong type, or an unknown operator.
 */
export function readStatement(json: JsonValue): RawStatement | undefined {
  if (json.type !== 'object') return undefined
  const members = new Map<string, JsonMember>()
  for (const member of json.members) {
    const element = ELEMENTS.get(member.name)
    if (element === undefined || members.has(element)) return undefined
    members.set(element, member)
  }
  const sid = stringOf(members.get('Sid'))
  const effect = stringOf(members.get('Effect'))
  const actions = patternsOf(members.get('Action'))
  const resources = patternsOf(members.get('Resource'))
  const conditions = conditionsOf(members.get('Condition'))
  if (sid === null || effect === null || actions === null || resources === null || conditions === null) return undefined
  const principal = members.get('Principal')
  return {
    conditions,
    ...(sid === undefined ? {} : { sid }),
    ...(effect === undefined ? {} : { effect }),
    ...(actions === undefined ? {} : { actions }),
    ...(resources === undefined ? {} : { resources }),
    ...(principal === undefined ? {} : { principal: { negated: isNegated(principal), value: principal.value } }),
  }
}

// In these readers `undefined` is an absent element and `null` one of the wrong type.

function stringOf(member: JsonMember | undefined): string | undefined | null {
  if (member === undefined) return undefined
  return member.value.type === 'string' ? member.value.text : null
}

function patternsOf(member: JsonMember | undefined): PatternElement | undefined | null {
  if (member === undefined) return undefined
  const patterns = textsOf(member.value, (value) => (value.type === 'string' ? value.text : undefined))
  return patterns && { negated: isNegated(member), patterns }
}

function conditionsOf(member: JsonMember | undefined): readonly Condition[] | null {
  if (member === undefined) return []
  if (member.value.type !== 'object') return null
  const conditions: Condition[] = []
  for (const { name: text, value: keys } of member.value.members) {
    const name = parseOperatorName(text)
    if (name === undefined || keys.type !== 'object') return null
    for (const { name: key, value } of keys.members) {
      const values = textsOf(value, scalarText)
      if (values === null) return null
      conditions.push({ text, name, key: key.toLowerCase(), values })
    }
  }
  return conditions
}

/** A list, or one value for a list of one. */
function textsOf(value: JsonValue, textOf: (value: JsonValue) => string | undefined): readonly string[] | null {
  const texts: string[] = []
  for (const item of value.type === 'array' ? value.items : [value]) {
    const text = textOf(item)
    if (text === undefined) return null
    texts.push(text)
  }
  return texts
}

/** Numbers and booleans may stand without quotes in conditions. */
function scalarText(value: JsonValue): string | undefined {
  if (value.type === 'string' || value.type === 'number') return value.text
  return value.type === 'boolean' ? String(value.value) : undefined
}

function isNegated(member: JsonMember): boolean {
  return member.name.startsWith('Not')
}
