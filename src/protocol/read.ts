import { error, type ServiceError } from '../domain/error.ts'
import { shown, violations } from './constraint.ts'
import { lowerFirst, type Members, type Shape, type StructureOf } from './shape.ts'

/** What one reading finds: the first value of a wrong type ends it, constraint violations are collected. */
type Findings = { mistyped?: string | null; readonly violated: string[] }

/**
 * Reads a parsed JSON document by its shape.
 *
 * @returns the typed structure; `SerializationException` for a value of a wrong type; one `ValidationException` with every
 * violated constraint. Unknown members are ignored, `null` counts as absent. Source: recorded answers.
 */
export function readStructure<M extends Members>(members: M, document: unknown): StructureOf<M> | ServiceError {
  if (!isRecord(document)) return error('SerializationException')
  const findings: Findings = { violated: [] }
  const value = readMembers(members, document, '', findings)
  if (findings.mistyped !== undefined) return error('SerializationException', findings.mistyped ?? undefined)
  if (findings.violated.length > 0) return validationException(findings.violated)
  return value as StructureOf<M>
}

/** @param items - `Value … at … failed to satisfy constraint: …`, one per violation. */
export function validationException(items: readonly string[]): ServiceError {
  const count = `${items.length} validation error${items.length === 1 ? '' : 's'} detected`
  return error('ValidationException', `${count}: ${items.join('; ')}`)
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Only declared members are looked up, and only own ones, so a name from the wire never reaches a prototype. */
function readMembers(
  members: Members,
  document: { readonly [name: string]: unknown },
  path: string,
  findings: Findings,
) {
  const result: Record<string, unknown> = {}
  for (const name in members) {
    const shape = members[name] as Shape
    const given = Object.hasOwn(document, name) ? document[name] : undefined
    const value =
      given === undefined || given === null
        ? absent(shape, name, path, findings)
        : read(shape, given, name, path, findings)
    if (value !== undefined) result[name] = value
  }
  return result
}

function absent(shape: Shape, name: string, path: string, findings: Findings): unknown {
  if (shape.fallback === undefined && !shape.optional)
    findings.violated.push(
      `Value null at '${path}${lowerFirst(name)}' failed to satisfy constraint: Member must not be null`,
    )
  return shape.fallback
}

function read(shape: Shape, given: unknown, name: string, path: string, findings: Findings): unknown {
  const value = convert(shape, given, `${path}${lowerFirst(name)}`, findings)
  if (findings.mistyped !== undefined) return undefined
  for (const phrase of violations(shape, value))
    findings.violated.push(
      `${shown(shape, value)} at '${path}${lowerFirst(name)}' failed to satisfy constraint: ${phrase}`,
    )
  return value
}

function convert(shape: Shape, given: unknown, path: string, findings: Findings): unknown {
  switch (shape.type) {
    case 'string':
      return typeof given === 'string' ? given : mistyped(findings, given, 'a String')
    case 'blob':
      return typeof given === 'string' ? bytesOf(given, findings) : mistyped(findings, given, 'a Blob')
    case 'integer':
      return Number.isSafeInteger(given) ? given : mistyped(findings, given, 'an Integer')
    case 'double':
      return typeof given === 'number' ? given : mistyped(findings, given, 'a Double')
    case 'boolean':
      return typeof given === 'boolean' ? given : mistyped(findings, given, 'a Boolean')
    case 'timestamp':
      return typeof given === 'number' ? Math.round(given * 1000) : mistyped(findings, given, 'a Date')
    case 'list':
      return Array.isArray(given) ? readList(shape.member, given, path, findings) : mistypedCollection(findings, 'list')
    case 'map':
      return isRecord(given) ? readMap(given, findings) : mistypedCollection(findings, 'map')
    case 'structure':
      return isRecord(given)
        ? readMembers(shape.members, given, `${path}.`, findings)
        : mistypedCollection(findings, 'structure')
  }
}

function readList(member: Shape, given: readonly unknown[], path: string, findings: Findings): readonly unknown[] {
  const values: unknown[] = []
  for (const [index, entry] of given.entries()) {
    const value =
      entry === null
        ? mistypedCollection(findings, 'member')
        : convert(member, entry, `${path}.${index + 1}.member`, findings)
    if (findings.mistyped !== undefined) return values
    values.push(value)
  }
  return values
}

function readMap(given: { readonly [name: string]: unknown }, findings: Findings): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const [key, value] of Object.entries(given))
    if (typeof value === 'string') map.set(key, value)
    else if (value === null) findings.mistyped ??= 'Null value found in a map.'
    else mistyped(findings, value, 'a String')
  return map
}

/** Standard base64 with padding. Length checks stand in for a pattern: Node skips what is not base64, so the result is short. */
function bytesOf(given: string, findings: Findings): Uint8Array | undefined {
  const bytes = Buffer.from(given, 'base64')
  const padding = given.endsWith('==') ? 2 : given.endsWith('=') ? 1 : 0
  if (
    given.length % 4 === 0 &&
    bytes.length === (given.length / 4) * 3 - padding &&
    !given.includes('-') &&
    !given.includes('_')
  )
    return bytes
  findings.mistyped ??= null
  return undefined
}

/** Names of JSON values as the framework's parser calls them. */
function tokenOf(given: unknown): string {
  if (typeof given === 'string') return 'STRING_VALUE'
  if (typeof given === 'number') return 'NUMBER_VALUE'
  return given === true ? 'TRUE_VALUE' : 'FALSE_VALUE'
}

function mistyped(findings: Findings, given: unknown, wanted: string): undefined {
  if (Array.isArray(given)) findings.mistyped ??= 'Start of list found where not expected.'
  else if (typeof given === 'object') findings.mistyped ??= 'Start of structure or map found where not expected.'
  else findings.mistyped ??= `${tokenOf(given)} can not be converted to ${wanted}`
}

function mistypedCollection(findings: Findings, wanted: 'list' | 'map' | 'structure' | 'member'): undefined {
  findings.mistyped ??= wanted === 'member' ? 'Null value found in a list.' : `Expected ${wanted} or null`
}
