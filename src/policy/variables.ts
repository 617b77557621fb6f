import { isMultivalued, isVisible } from './context-keys.ts'
import { compileGlob, matchesGlob, type Token, wildcardTokens } from './pattern.ts'
import type { PolicyKind, RequestContext } from './types.ts'

/** How the texts of a document are read: variables live only in Version 2012-10-17. Source: IAM user guide, policy variables. */
export type Dialect = { readonly kind: PolicyKind; readonly hasVariables: boolean }

/** `${key}` or `${key, 'fallback'}`. */
type Variable = { readonly type: 'variable'; readonly key: string; readonly fallback?: string }
export type TemplateToken = Token | Variable

/** True when `actual` is what the template stands for in this request. */
export type TextMatcher = (actual: string, context: RequestContext) => boolean

const OPEN = '${'
/** `${*}`, `${?}` and `${$}` are the characters themselves. */
const LITERALS: ReadonlySet<string> = new Set(['*', '?', '$'])

/**
 * Splits a policy value into literal text, wildcards and variables.
 *
 * @param wildcards - whether `*` and `?` outside `${…}` are wildcards or themselves.
 */
export function templateTokens(text: string, dialect: Dialect, wildcards: boolean): readonly TemplateToken[] {
  const tokens: TemplateToken[] = []
  let at = 0
  while (at < text.length) {
    const open = dialect.hasVariables ? text.indexOf(OPEN, at) : -1
    const close = open < 0 ? -1 : text.indexOf('}', open)
    const end = close < 0 ? text.length : open
    tokens.push(...literalTokens(text.slice(at, end), wildcards))
    if (close >= 0) tokens.push(variableToken(text.slice(open + OPEN.length, close), dialect))
    at = close < 0 ? end : close + 1
  }
  return tokens
}

function literalTokens(text: string, wildcards: boolean): readonly Token[] {
  if (wildcards) return wildcardTokens(text)
  return text === '' ? [] : [{ type: 'text', text }]
}

function variableToken(inside: string, dialect: Dialect): TemplateToken {
  if (LITERALS.has(inside)) return { type: 'text', text: inside }
  const comma = inside.indexOf(',')
  const name = (comma < 0 ? inside : inside.slice(0, comma)).trim().toLowerCase()
  // An empty name is never in a context: such a variable has no value.
  const key = isVisible(name, dialect.kind) && !isMultivalued(name) ? name : ''
  const quoted = comma < 0 ? '' : inside.slice(comma + 1).trim()
  const hasFallback = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'")
  return { type: 'variable', key, ...(hasFallback ? { fallback: quoted.slice(1, -1) } : {}) }
}

/**
 * A matcher for the whole of a text. Substituted values are literal: wildcards in them do not act, and they are never
 * searched for variables. A variable without value and fallback matches nothing.
 *
 * @param fold - applied to both sides, for comparisons that ignore case.
 */
export function textMatcher(tokens: readonly TemplateToken[], fold: (text: string) => string = identity): TextMatcher {
  const fixed = substitute(tokens, NO_CONTEXT, fold)
  if (!tokens.some(isVariable) && fixed) {
    const glob = compileGlob(fixed)
    return (actual) => matchesGlob(glob, fold(actual))
  }
  return (actual, context) => {
    const resolved = substitute(tokens, context, fold)
    return resolved !== undefined && matchesGlob(compileGlob(resolved), fold(actual))
  }
}

const NO_CONTEXT: RequestContext = new Map()
const identity = (text: string) => text

export function isVariable(token: TemplateToken): token is Variable {
  return token.type === 'variable'
}

function substitute(
  tokens: readonly TemplateToken[],
  context: RequestContext,
  fold: (text: string) => string,
): readonly Token[] | undefined {
  const resolved: Token[] = []
  for (const token of tokens) {
    const text = token.type === 'text' ? token.text : isVariable(token) ? resolve(token, context) : undefined
    if (text !== undefined) resolved.push({ type: 'text', text: fold(text) })
    else if (isVariable(token)) return undefined
    else resolved.push(token)
  }
  return resolved
}

function resolve({ key, fallback }: Variable, context: RequestContext): string | undefined {
  const values = context.get(key)
  return values?.length === 1 ? values[0] : values?.length ? undefined : fallback
}
