import {
  type Dialect,
  isVariable,
  type TemplateToken,
  type TextMatcher,
  templateTokens,
  textMatcher,
} from './variables.ts'

/** `arn`, partition, service, region, account, resource. */
const PARTS = 6

/** Splits an ARN into its six parts; the sixth keeps its colons. Nothing for text with fewer parts. */
export function splitArn(arn: string): readonly string[] | undefined {
  const parts = arn.split(':')
  if (parts.length < PARTS) return undefined
  return [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')]
}

/** True when an ARN's six parts match the pattern's, one by one: a wildcard before the resource part never swallows a colon. */
export type ArnMatcher = (arn: string, context: Parameters<TextMatcher>[1]) => boolean

const NEVER: ArnMatcher = () => false

/**
 * Compiles an ARN with wildcards and variables.
 *
 * @param role - `resource`: an element of Resource, where variables may stand in the resource part only and the service must
 *   be spelled out; `condition`: a value of an Arn operator.
 * @returns a matcher; one that matches nothing when the pattern is not an ARN.
 */
export function compileArnPattern(pattern: string, dialect: Dialect, role: 'resource' | 'condition'): ArnMatcher {
  const parts = splitTokens(templateTokens(pattern, dialect, true))
  if (parts.length < PARTS) return NEVER
  if (role === 'resource' && !isSpelledOut(parts)) return NEVER
  if (parts.flat().every((token) => token.type === 'text') && !(dialect.hasVariables && pattern.includes('${')))
    return (arn) => arn === pattern
  const matchers = parts.map((tokens) => textMatcher(tokens))
  const matchesResource = matchers[PARTS - 1]
  return (arn, context) => {
    // Resources differ the most, so that most patterns are done with after one comparison.
    if (!matchesResource?.(resourceOf(arn), context)) return false
    const actual = splitArn(arn)
    return actual?.every((part, i) => matchers[i]?.(part, context)) ?? false
  }
}

/** The statements of a policy ask about one ARN, one after the other. */
let asked = { arn: '', resource: '' }

function resourceOf(arn: string): string {
  if (asked.arn !== arn) asked = { arn, resource: resourcePart(arn) }
  return asked.resource
}

/** What follows the fifth colon; of text that is no ARN, what follows the last. */
function resourcePart(arn: string): string {
  let at = -1
  for (let part = 1; part < PARTS; part++) {
    const colon = arn.indexOf(':', at + 1)
    if (colon < 0) break
    at = colon
  }
  return arn.slice(at + 1)
}

function isSpelledOut(parts: readonly (readonly TemplateToken[])[]): boolean {
  const [prefix = [], , service = []] = parts
  const isLiteral = (tokens: readonly TemplateToken[]) => tokens.every((token) => token.type === 'text')
  return (
    isLiteral(prefix) &&
    isLiteral(service) &&
    !parts
      .slice(0, PARTS - 1)
      .flat()
      .some(isVariable)
  )
}

/** At the first five colons of literal text. Colons inside `${…}` are not separators. */
function splitTokens(tokens: readonly TemplateToken[]): readonly (readonly TemplateToken[])[] {
  const parts: TemplateToken[][] = [[]]
  for (const token of tokens)
    if (token.type === 'text') pushText(parts, token.text)
    else parts.at(-1)?.push(token)
  return parts
}

function pushText(parts: TemplateToken[][], text: string): void {
  const pieces = text.split(':')
  const room = PARTS - parts.length
  const [first = '', ...others] = [
    ...pieces.slice(0, room),
    ...(pieces.length > room ? [pieces.slice(room).join(':')] : []),
  ]
  parts.at(-1)?.push({ type: 'text', text: first })
  for (const other of others) parts.push([{ type: 'text', text: other }])
}
