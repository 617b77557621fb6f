import { isUtf8 } from 'node:buffer'
import { error, isError, type ServiceError } from '../domain/error.ts'
import { readQuery } from '../protocol/query.ts'
import { type HttpRequest, header } from './http.ts'
import type { Operation, Protocol, Service } from './operation.ts'

/** Where a request goes: its service, its operation, and its parameters not yet read by their shape. */
export type Route = {
  readonly service: Service
  readonly operation: Operation
  readonly protocol: Protocol
  /** Parses the body; `SerializationException` when it is not of the protocol. */
  parameters(): unknown | ServiceError
}

/** What is known when no operation was found: the errors' form, and the name for the record. */
export type Lost = {
  readonly protocol: Protocol
  readonly name: string
  readonly error: ServiceError
  readonly service?: Service
}

const unknown = () => error('UnknownOperationException')

/**
 * Finds the operation that a request names: by `X-Amz-Target` in JSON services, by `Action` in query services.
 * Names are looked up in maps only, never on objects.
 */
export function route(services: readonly Service[], request: HttpRequest): Route | Lost {
  const target = header(request, 'x-amz-target')
  if (target !== undefined) return routeJson(services, request, target)
  return request.path.startsWith(RPC_PATH) ? routeRpc(services, request) : routeQuery(services, request)
}

const RPC_PATH = '/service/'
const RPC = /^\/service\/([A-Za-z0-9_.]{1,128})\/operation\/([A-Za-z0-9]{1,64})$/

/** Source: Smithy RPC v2 CBOR, request URI. */
function routeRpc(services: readonly Service[], request: HttpRequest): Route | Lost {
  const [, prefix, name = ''] = RPC.exec(request.path) ?? []
  const service = services.find(({ cbor, targetPrefix }) => cbor !== undefined && targetPrefix === prefix)
  const operation = request.method === 'POST' ? service?.operations.get(name) : undefined
  if (!service?.cbor) return { protocol: 'json', name: shownName(name), error: unknown() }
  if (!operation) return { protocol: 'cbor', name: shownName(name), error: unknown(), service }
  const { read } = service.cbor
  return { service, operation, protocol: 'cbor', parameters: () => read(request.body) }
}

export function isLost(found: Route | Lost): found is Lost {
  return 'error' in found
}

function routeJson(services: readonly Service[], request: HttpRequest, target: string): Route | Lost {
  const dot = target.lastIndexOf('.')
  const prefix = target.slice(0, Math.max(dot, 0))
  const name = target.slice(dot + 1)
  const service = services.find(
    ({ targetPrefix, targetAlias }) => prefix === targetPrefix || prefix === (targetAlias ?? targetPrefix),
  )
  const operation = request.method === 'POST' ? service?.operations.get(name) : undefined
  if (!service || !operation)
    return { protocol: 'json', name: shownName(name), error: unknown(), ...(service ? { service } : {}) }
  return { service, operation, protocol: 'json', parameters: () => parseJson(request.body) }
}

/** Bytes that are not UTF-8 are refused: replacement characters would let different encryption contexts pass for one. */
function parseJson(body: Uint8Array): unknown | ServiceError {
  const { buffer, byteOffset, byteLength } = body
  if (!isUtf8(body)) return error('SerializationException')
  try {
    return JSON.parse(byteLength === 0 ? '{}' : Buffer.from(buffer, byteOffset, byteLength).toString('utf8'))
  } catch (cause) {
    if (cause instanceof SyntaxError) return error('SerializationException', undefined, cause)
    throw cause
  }
}

function routeQuery(services: readonly Service[], request: HttpRequest): Route | Lost {
  const isForm = header(request, 'content-type')?.startsWith('application/x-www-form-urlencoded') ?? false
  const parameters = readQuery(isForm ? Buffer.from(request.body).toString('utf8') : request.rawQuery)
  if (isError(parameters)) return { protocol: 'query', name: 'Unknown', error: parameters }
  const name = parameters.get('Action') ?? ''
  const service = services.find((candidate) => speaksQuery(candidate) && candidate.operations.has(name))
  const operation = service?.operations.get(name)
  // Without an action nothing says which protocol the caller speaks; JSON is what the endpoint is for.
  if (!service || !operation)
    return { protocol: name === '' ? 'json' : 'query', name: shownName(name), error: unknown() }
  return { service, operation, protocol: 'query', parameters: () => parameters }
}

const speaksQuery = ({ protocol, isQueryCompatible }: Service) => protocol === 'query' || isQueryCompatible === true

/** A name from the wire, cut to what an event may hold. */
function shownName(name: string): string {
  return /^[A-Za-z0-9]{1,64}$/.test(name) ? name : 'Unknown'
}
