import { decode, encode } from 'cbor2'
import { error, type ServiceError } from '../domain/error.ts'
import { PROTOCOL_CBOR_DEPTH_MAX } from '../domain/limits.ts'
import type { Members, Shape, StructureOf } from './shape.ts'

/**
 * Smithy's RPC v2 in CBOR. Loaded with the services that speak it.
 *
 * Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export type CborCodec = {
  /** The document of a request in the form that JSON would have; `SerializationException` for what is no CBOR. */
  read(body: Uint8Array): unknown | ServiceError
  write<M extends Members>(members: M, value: StructureOf<M>): Uint8Array
  error(failure: ServiceError): Uint8Array
}

const unreadable = (cause?: unknown) => error('SerializationException', undefined, cause)

/** What no document of a service holds, such as the other things that tags make. */
const ALIEN = Symbol('alien')

function plain(value: unknown): unknown {
  if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.getTime() / 1_000
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  // Own properties alone are made: a name from the wire never reaches a prototype.
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, each]) => [String(name), plain(each)]))
  throw ALIEN
}

function read(body: Uint8Array): unknown | ServiceError {
  if (body.length === 0) return {}
  try {
    return plain(decode(body, { preferMap: true, maxDepth: PROTOCOL_CBOR_DEPTH_MAX }))
  } catch (cause) {
    // The library throws errors of every kind for what it cannot read.
    if (cause === ALIEN || cause instanceof Error) return unreadable(cause instanceof Error ? cause : undefined)
    throw cause
  }
}

function encodable(shape: Shape, value: unknown): unknown {
  switch (shape.type) {
    case 'timestamp':
      return typeof value === 'number' ? new Date(value) : value
    case 'list':
      return Array.isArray(value) ? value.map((each) => encodable(shape.member, each)) : []
    case 'structure':
      return structureOf(shape.members, parseFields(value))
    default:
      return value
  }
}

function parseFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function structureOf(members: Members, value: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(members).flatMap(([name, shape]) => {
      const member = value[name]
      return member === undefined ? [] : [[name, encodable(shape, member)] as const]
    }),
  )
}

export const cborCodec: CborCodec = {
  read,
  write: (members, value) => encode(structureOf(members, value)),
  error: ({ code, message }) =>
    encode(new Map(Object.entries({ __type: code, ...(message === undefined ? {} : { message }) }))),
}
