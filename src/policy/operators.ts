import { compileArnPattern } from './arn-pattern.ts'
import { isInNetwork, parseAddress, parseBase64, parseBool, parseDate, parseNetwork, parseNumber } from './operands.ts'
import { type Dialect, type TextMatcher, templateTokens, textMatcher } from './variables.ts'

/** Compiles one value of the policy into a test of one value of the request. */
type Compile = (expected: string, dialect: Dialect) => TextMatcher

export type Operator = {
  /** As policies spell it. */
  readonly name: string
  /** True for the `Not` form: no value may match, and an absent key satisfies it. */
  readonly negated: boolean
  readonly compile: Compile
  /** Whether a policy may be saved with this value. */
  readonly accepts: (expected: string) => boolean
}

const anything = () => true
const fold = (text: string) => text.toLowerCase()

const exact: Compile = (expected, dialect) => textMatcher(templateTokens(expected, dialect, false))
const ignoringCase: Compile = (expected, dialect) => textMatcher(templateTokens(expected, dialect, false), fold)
const like: Compile = (expected, dialect) => textMatcher(templateTokens(expected, dialect, true))
const arn: Compile = (expected, dialect) => compileArnPattern(expected, dialect, 'condition')

type Compare<T> = (actual: T, expected: T) => boolean

/** A comparison of parsed values; text that does not parse, on either side, matches nothing. */
function parsed<T>(parse: (text: string) => T | undefined, compare: Compare<T>): Compile {
  return (text) => {
    const expected = parse(text)
    if (expected === undefined) return () => false
    return (actual) => {
      const value = parse(actual)
      return value !== undefined && compare(value, expected)
    }
  }
}

const same = <T>(actual: T, expected: T) => actual === expected
const ORDERS = {
  Equals: same<number>,
  LessThan: (actual: number, expected: number) => actual < expected,
  LessThanEquals: (actual: number, expected: number) => actual <= expected,
  GreaterThan: (actual: number, expected: number) => actual > expected,
  GreaterThanEquals: (actual: number, expected: number) => actual >= expected,
} as const satisfies Record<string, Compare<number>>

const network: Compile = (text) => {
  const expected = parseNetwork(text)
  return (actual) => {
    const address = parseAddress(actual)
    return expected !== undefined && address !== undefined && isInNetwork(address, expected)
  }
}

type Row = readonly [name: string, negated: boolean, compile: Compile, accepts: (expected: string) => boolean]

function ordered(family: string, parse: (text: string) => number | undefined): readonly Row[] {
  const accepts = (expected: string) => parse(expected) !== undefined
  const rows = Object.entries(ORDERS).map(
    ([name, compare]): Row => [family + name, false, parsed(parse, compare), accepts],
  )
  return [...rows, [`${family}NotEquals`, true, parsed(parse, same), accepts]]
}

const isNetwork = (expected: string) => parseNetwork(expected) !== undefined

/**
 * The only list of condition operators; `Null` is the one that looks at presence alone and is condition.ts's own.
 * Source: IAM user guide, condition operators.
 */
const ROWS: readonly Row[] = [
  ['StringEquals', false, exact, anything],
  ['StringNotEquals', true, exact, anything],
  ['StringEqualsIgnoreCase', false, ignoringCase, anything],
  ['StringNotEqualsIgnoreCase', true, ignoringCase, anything],
  ['StringLike', false, like, anything],
  ['StringNotLike', true, like, anything],
  ...ordered('Numeric', parseNumber),
  ...ordered('Date', parseDate),
  ['Bool', false, parsed(parseBool, same), anything],
  ['BinaryEquals', false, parsed(parseBase64, same), anything],
  ['IpAddress', false, network, isNetwork],
  ['NotIpAddress', true, network, isNetwork],
  ['ArnEquals', false, arn, anything],
  ['ArnLike', false, arn, anything],
  ['ArnNotEquals', true, arn, anything],
  ['ArnNotLike', true, arn, anything],
]

/** By name in lower case. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  ROWS.map(([name, negated, compile, accepts]) => [name.toLowerCase(), { name, negated, compile, accepts }]),
)
