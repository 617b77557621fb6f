import { error, type ServiceError } from '../domain/error.ts'
import { readStructure, validationException } from './read.ts'
import type { Members, Shape, StructureOf } from './shape.ts'

/** Dots in a parameter's name. The deepest shape of IAM and STS has four; the rest is room for what is then ignored. */
const NAME_DEPTH_MAX = 10
/** What a number of a sane size looks like; infinities and what is none are refused. */
const DOUBLE = /^[-+]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][-+]?\d{1,2})?$/
const INDEX = /^[1-9]\d{0,3}$/

/** Parameters by the parts of their names: `Tags.member.1.Key`. */
type Node = { readonly value?: string; readonly children: Map<string, Node> }

/**
 * Reads the parameters of a query operation by its shape.
 *
 * @returns the typed structure; `ValidationException` for a value of a wrong type and for violated constraints, with all of
 * them in one text; `SerializationException` for names that nest too deep. Parameters that no member has are ignored.
 * Source: AWS query protocol.
 */
export function readQueryInput<M extends Members>(
  members: M,
  parameters: ReadonlyMap<string, string>,
): StructureOf<M> | ServiceError {
  const root: Node = { children: new Map() }
  for (const [name, value] of parameters)
    if (!plant(root, name.split('.', NAME_DEPTH_MAX + 1), value))
      return error('SerializationException', 'Malformed query string.')
  const mistyped: string[] = []
  const document = structureOf(members, root, '', mistyped)
  return mistyped.length > 0 ? validationException(mistyped) : readStructure(members, document)
}

function plant(root: Node, parts: readonly string[], value: string): boolean {
  if (parts.length > NAME_DEPTH_MAX) return false
  let node = root
  for (const [index, part] of parts.entries()) {
    const known = node.children.get(part)
    const next = index === parts.length - 1 ? { value, children: known?.children ?? new Map() } : known
    const child: Node = next ?? { children: new Map() }
    if (child !== known) node.children.set(part, child)
    node = child
  }
  return true
}

/** Names come from the shape; what was sent is only ever looked up in maps. */
function structureOf(members: Members, node: Node, path: string, mistyped: string[]): Record<string, unknown> {
  const document: Record<string, unknown> = {}
  for (const [name, shape] of Object.entries(members)) {
    const child = node.children.get(name)
    if (child === undefined) continue
    const value = readValue(shape, child, `${path}${name.charAt(0).toLowerCase()}${name.slice(1)}`, mistyped)
    if (value !== undefined) document[name] = value
  }
  return document
}

function readValue(shape: Shape, node: Node, path: string, mistyped: string[]): unknown {
  switch (shape.type) {
    case 'structure':
      return structureOf(shape.members, node, `${path}.`, mistyped)
    case 'list':
      return listOf(shape.member, node, path, mistyped)
    case 'integer':
      return scalar(node, path, mistyped, (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined))
    case 'double':
      return scalar(node, path, mistyped, (text) => (DOUBLE.test(text) ? Number(text) : undefined))
    case 'boolean':
      return scalar(node, path, mistyped, (text) => (text === 'true' ? true : text === 'false' ? false : undefined))
    case 'timestamp':
      return scalar(node, path, mistyped, (text) => {
        const time = Date.parse(text)
        return Number.isNaN(time) ? undefined : time / 1000
      })
    default:
      return node.value
  }
}

/** A list without members may arrive as its bare name. */
function listOf(member: Shape, node: Node, path: string, mistyped: string[]): readonly unknown[] | undefined {
  const entries = node.children.get('member')?.children
  if (entries === undefined) return node.value === '' ? [] : undefined
  return [...entries]
    .filter(([index]) => INDEX.test(index))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([index, entry]) => readValue(member, entry, `${path}.${index}.member`, mistyped))
    .filter((value) => value !== undefined)
}

function scalar<T>(
  { value }: Node,
  path: string,
  mistyped: string[],
  parse: (text: string) => T | undefined,
): T | undefined {
  if (value === undefined) return undefined
  const parsed = parse(value)
  if (parsed === undefined)
    mistyped.push(`Value '${value}' at '${path}' failed to satisfy constraint: Member must be of a valid type`)
  return parsed
}
