import { parseOperatorName } from './condition.ts'
import { parseBool } from './operands.ts'
import type { CompiledCondition } from './types.ts'

/** What a condition of a policy asks for, as data: for words, and to compare. */
export type AskedCondition = Pick<CompiledCondition, 'text' | 'key' | 'values'>

/** Keys that have a shorter name among people. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['aws:currenttime', 'time'],
  ['aws:multifactorauthage', 'seconds since mfa'],
  ['aws:multifactorauthpresent', 'mfa'],
  ['aws:principalarn', 'principal'],
  ['aws:securetransport', 'tls'],
  ['aws:sourceip', 'source address'],
  ['aws:useragent', 'user agent'],
  ['kms:encryptionalgorithm', 'encryption algorithm'],
  ['kms:encryptioncontextkeys', 'encryption context keys'],
  ['kms:keyorigin', 'key origin'],
  ['kms:keyspec', 'key spec'],
  ['kms:keyusage', 'key usage'],
  ['kms:macalgorithm', 'MAC algorithm'],
  ['kms:messagetype', 'message type'],
  ['kms:requestalias', 'alias'],
  ['kms:signingalgorithm', 'signing algorithm'],
])

/** Families of keys, whose names end in one that their user chose. */
const FAMILIES: readonly (readonly [prefix: string, word: string])[] = [
  ['kms:encryptioncontext:', ''],
  ['aws:principaltag/', 'principal tag '],
  ['aws:requesttag/', 'request tag '],
  ['aws:resourcetag/', 'key tag '],
]

/** How operators read between a key and its values; in lower case. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['stringequals', '='],
  ['stringnotequals', ' is not '],
  ['stringequalsignorecase', '='],
  ['stringnotequalsignorecase', ' is not '],
  ['stringlike', ' like '],
  ['stringnotlike', ' not like '],
  ['numericequals', '='],
  ['numericnotequals', ' is not '],
  ['numericlessthan', ' < '],
  ['numericlessthanequals', ' <= '],
  ['numericgreaterthan', ' > '],
  ['numericgreaterthanequals', ' >= '],
  ['dateequals', ' at '],
  ['datenotequals', ' not at '],
  ['datelessthan', ' before '],
  ['datelessthanequals', ' until '],
  ['dategreaterthan', ' after '],
  ['dategreaterthanequals', ' from '],
  ['bool', '='],
  ['binaryequals', '='],
  ['ipaddress', ' in '],
  ['notipaddress', ' not in '],
  ['arnequals', ' like '],
  ['arnlike', ' like '],
  ['arnnotequals', ' not like '],
  ['arnnotlike', ' not like '],
])

const QUANTIFIERS = { one: '', all: 'every ', any: 'any of ' } as const

/** A condition in plain words: `mfa`, `tenant=42`, `source address in 10.0.0.0/8`. */
export function conditionWords({ text, key, values }: AskedCondition): string {
  const name = parseOperatorName(text)
  const label = labelOf(key)
  if (name === undefined) return `${text} ${label} ${values.join(' or ')}`
  if (name.type === 'presence') return presenceWords(label, values)
  const { operator, quantifier, ifExists } = name
  const between = WORDS.get(operator.name.toLowerCase()) ?? ` ${operator.name} `
  // Of an absent key the Not forms hold anyhow; only for the others it has to be said.
  const absence = ifExists && !operator.negated ? ' (or absent)' : ''
  const [only] = values.map(parseBool)
  if (operator.name === 'Bool' && values.length === 1 && only !== undefined)
    return `${only ? '' : 'no '}${label}${absence}`
  return `${QUANTIFIERS[quantifier]}${label}${between}${values.join(operator.negated ? ' nor ' : ' or ')}${absence}`
}

function presenceWords(label: string, values: readonly string[]): string {
  const wanted = new Set(values.map(parseBool))
  if (wanted.has(true) && wanted.has(false)) return `any ${label} or none`
  return wanted.has(true) ? `without ${label}` : `with ${label}`
}

function labelOf(key: string): string {
  const family = FAMILIES.find(([prefix]) => key.startsWith(prefix))
  return family ? `${family[1]}${key.slice(family[0].length)}` : (NAMES.get(key) ?? key)
}
