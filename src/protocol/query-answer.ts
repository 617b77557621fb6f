import { XMLBuilder } from 'fast-xml-parser'
import type { ServiceError } from '../domain/error.ts'
import { faultOf, queryCode } from './query-error.ts'
import type { Members, Shape, StructureOf } from './shape.ts'

const builder = new XMLBuilder({ format: true, indentBy: '  ', ignoreAttributes: false, attributeNamePrefix: '@' })

/** The answer of a query operation; one without a result has no element for it. Source: AWS query protocol. */
export function writeQueryAnswer<M extends Members>(answer: {
  readonly operation: string
  readonly xmlNamespace: string
  readonly requestId: string
  /** Absent: the operation has no result. */
  readonly members?: M
  readonly output: StructureOf<M>
}): string {
  const { operation, members, output } = answer
  return builder.build({
    [`${operation}Response`]: {
      '@xmlns': answer.xmlNamespace,
      ...(members ? { [`${operation}Result`]: xmlStructure(members, output) } : {}),
      ResponseMetadata: { RequestId: answer.requestId },
    },
  })
}

/** Members in the order of the shape. Inside, blobs are bytes and timestamps milliseconds; outside, base64 and ISO 8601. */
function xmlStructure(members: Members, value: object): object {
  const given = new Map<string, unknown>(Object.entries(value))
  const shown = Object.entries(members).flatMap(([name, shape]) => {
    const member = given.get(name)
    return member === undefined ? [] : [[name, xmlValue(shape, member)]]
  })
  return Object.fromEntries(shown)
}

function xmlValue(shape: Shape, value: unknown): unknown {
  if (shape.type === 'structure') return typeof value === 'object' && value ? xmlStructure(shape.members, value) : {}
  if (shape.type === 'list')
    return Array.isArray(value) ? { member: value.map((entry) => xmlValue(shape.member, entry)) } : {}
  if (shape.type === 'map')
    return value instanceof Map ? { entry: [...value].map(([key, entry]) => ({ key, value: entry })) } : {}
  if (shape.type === 'blob') return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : ''
  if (shape.type !== 'timestamp') return value
  return typeof value === 'number' ? new Date(value).toISOString().replace(/\.\d{3}Z$/, 'Z') : value
}

/** An error of a query service, with its status. */
export function queryError(
  failure: ServiceError,
  requestId: string,
  xmlNamespace: string,
): { readonly status: number; readonly body: string } {
  const { code, status } = queryCode(failure.code)
  const body = builder.build({
    ErrorResponse: {
      '@xmlns': xmlNamespace,
      Error: { Type: faultOf(status), Code: code, Message: failure.message ?? '' },
      RequestId: requestId,
    },
  })
  return { status, body }
}
