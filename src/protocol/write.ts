import type { Members, Shape, StructureOf } from './shape.ts'

/** An answer as AWS JSON: blobs in base64, timestamps as seconds with milliseconds, absent members left out. */
export function writeStructure<M extends Members>(members: M, value: StructureOf<M>): string {
  return structureText(members, value as { readonly [name: string]: unknown })
}

function structureText(members: Members, value: { readonly [name: string]: unknown }): string {
  let text = ''
  for (const name in members) {
    const member = value[name]
    if (member !== undefined) text += `${text === '' ? '' : ','}"${name}":${valueText(members[name] as Shape, member)}`
  }
  return `{${text}}`
}

function valueText(shape: Shape, value: unknown): string {
  switch (shape.type) {
    case 'blob':
      return value instanceof Uint8Array ? `"${base64(value)}"` : 'null'
    case 'timestamp':
      return typeof value === 'number' ? String(value / 1000) : 'null'
    case 'list':
      return Array.isArray(value) ? `[${value.map((entry) => valueText(shape.member, entry)).join(',')}]` : '[]'
    case 'map':
      return value instanceof Map ? JSON.stringify(Object.fromEntries(value)) : '{}'
    case 'structure':
      return structureText(shape.members, value as { readonly [name: string]: unknown })
    default:
      return JSON.stringify(value)
  }
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
