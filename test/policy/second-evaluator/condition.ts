import { isList, isMeant, isMeantArn, type Reading, valuesOf } from './text.ts'
import { bytesOf, instantOf, isInside, numberOf, truthOf } from './values.ts'
import { type ConditionElement, listOf } from './world.ts'

type Test = (meant: string, actual: string, reading: Reading) => boolean
type Compare = (actual: number, meant: number) => boolean

/** Compares what both texts say; what says nothing matches nothing. */
function reading<T>(read: (text: string) => T | undefined, compare: (actual: T, meant: T) => boolean): Test {
  return (meant, actual) => {
    const [one, other] = [read(actual), read(meant)]
    return one !== undefined && other !== undefined && compare(one, other)
  }
}

const COMPARISONS: readonly (readonly [string, Compare])[] = [
  ['equals', (actual, meant) => actual === meant],
  ['lessthan', (actual, meant) => actual < meant],
  ['lessthanequals', (actual, meant) => actual <= meant],
  ['greaterthan', (actual, meant) => actual > meant],
  ['greaterthanequals', (actual, meant) => actual >= meant],
]

/** Every operator that is no negation of another one. */
const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['stringequals', (meant, actual, at) => isMeant(meant, actual, at)],
  ['stringequalsignorecase', (meant, actual, at) => isMeant(meant, actual, at, { folded: true })],
  ['stringlike', (meant, actual, at) => isMeant(meant, actual, at, { wild: true })],
  ['arnequals', isMeantArn],
  ['arnlike', isMeantArn],
  ['bool', reading(truthOf, (actual, meant) => actual === meant)],
  ['binaryequals', reading(bytesOf, (actual, meant) => actual === meant)],
  ['ipaddress', (meant, actual) => isInside(meant, actual)],
  ...COMPARISONS.map(([name, compare]) => [`numeric${name}`, reading(numberOf, compare)] as const),
  ...COMPARISONS.map(([name, compare]) => [`date${name}`, reading(instantOf, compare)] as const),
])

const NAME = /^(?:(forallvalues|foranyvalue):)?(.+?)(ifexists)?$/
const NEGATION = /^(string|numeric|date|arn)not|^not(?=ipaddress)/

/** One line of a condition: the operator applied to one key. */
type Line = { readonly operator: string; readonly key: string; readonly meant: readonly string[] }

function isNull({ key, meant }: Line, at: Reading): boolean {
  const isAbsent = valuesOf(key, at).length === 0
  return meant.some((each) => truthOf(each) === isAbsent)
}

/** @param asks - of several values that one single-valued key got: whether all or any of them decide. */
function holdsLine(line: Line, at: Reading, asks: 'all' | 'any'): boolean {
  const [, quantifier, name = '', ifExists] = NAME.exec(line.operator.toLowerCase()) ?? []
  if (name === 'null') return isNull(line, at)
  const isNegated = NEGATION.test(name)
  const test = TESTS.get(isNegated ? name.replace(NEGATION, '$1') : name)
  if (test === undefined) throw new Error(`unknown operator ${line.operator}`)
  const passes = (actual: string) => line.meant.some((meant) => test(meant, actual, at)) !== isNegated
  const values = valuesOf(line.key, at)
  if (values.length === 0) return ifExists !== undefined || (quantifier ? quantifier === 'forallvalues' : isNegated)
  if (quantifier === undefined && isList(line.key)) return false
  const everyOne = quantifier ? quantifier === 'forallvalues' : asks === 'all'
  return everyOne ? values.every(passes) : values.some(passes)
}

/** Whether all lines hold. */
export function holds(condition: ConditionElement | undefined, at: Reading, effect: 'Allow' | 'Deny'): boolean {
  return Object.entries(condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      holdsLine({ operator, key, meant: listOf(values).map(String) }, at, effect === 'Allow' ? 'all' : 'any'),
    ),
  )
}
