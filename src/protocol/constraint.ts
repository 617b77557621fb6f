import type { Shape } from './shape.ts'

/**
 * What is wrong with a value of the right type, in the phrases of AWS's framework.
 * Source: recorded ValidationException texts; the phrase for elements of a list is the framework's.
 */
export function violations(shape: Shape, value: unknown): readonly string[] {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' ? stringViolations(shape, value) : []
    case 'blob':
      return value instanceof Uint8Array ? lengthViolations(shape, value.length) : []
    case 'integer':
      return typeof value === 'number' ? rangeViolations(shape, value) : []
    case 'list':
      return Array.isArray(value) ? listViolations(shape, value) : []
    default:
      return []
  }
}

type StringShape = Extract<Shape, { type: 'string' }>
type ListShape = Extract<Shape, { type: 'list' }>
type Bounds = { readonly min?: number; readonly max?: number }

function stringViolations(shape: StringShape, value: string): readonly string[] {
  if (shape.values)
    return shape.values.includes(value) ? [] : [`Member must satisfy enum value set: [${shape.values.join(', ')}]`]
  const found = lengthViolations(shape, value.length)
  if (shape.pattern === undefined || wholePattern(shape.pattern).test(value)) return found
  return [...found, `Member must satisfy regular expression pattern: ${shape.pattern}`]
}

const NONE: readonly string[] = []

function lengthViolations({ min, max }: Bounds, length: number): readonly string[] {
  if (max !== undefined && length > max) return [`Member must have length less than or equal to ${max}`]
  if (min !== undefined && length < min) return [`Member must have length greater than or equal to ${min}`]
  return NONE
}

function rangeViolations({ min, max }: Bounds, value: number): readonly string[] {
  if (max !== undefined && value > max) return [`Member must have value less than or equal to ${max}`]
  if (min !== undefined && value < min) return [`Member must have value greater than or equal to ${min}`]
  return NONE
}

/** Scalar elements are reported with the list; structures report their own members. */
function listViolations(shape: ListShape, value: readonly unknown[]): readonly string[] {
  const own = lengthViolations(shape, value.length)
  const element = new Set(value.flatMap((entry) => violations(shape.member, entry)))
  return element.size === 0 ? own : [...own, `Member must satisfy constraint: [${[...element].join(', ')}]`]
}

/** The patterns are those of declared shapes, never of a request, so the map is bounded by the model. */
const compiled = new Map<string, RegExp>()

function wholePattern(source: string): RegExp {
  const known = compiled.get(source)
  if (known) return known
  // Classes of characters such as letters exist in Unicode mode only.
  const pattern = new RegExp(`^(?:${source})$`, source.includes('\\p{') ? 'u' : '')
  compiled.set(source, pattern)
  return pattern
}

/** The value as the framework prints it: null, quoted text, or nothing for what must not be shown. */
export function shown(shape: Shape, value: unknown): string {
  if (shape.type === 'blob' || (shape.type === 'string' && shape.sensitive)) return 'Value'
  return value === undefined ? 'Value null' : `Value '${plain(value)}'`
}

function plain(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(plain).join(', ')}]` : String(value)
}
