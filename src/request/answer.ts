import { isError, statusOf } from '../domain/error.ts'
import { JSON_1_0_CONTENT_TYPE, JSON_CONTENT_TYPE, jsonErrorBody } from '../protocol/error-body.ts'
import { faultOf, queryCode } from '../protocol/query-error.ts'
import { writeStructure } from '../protocol/write.ts'
import type { Attempt, Result } from './attempt.ts'
import type { HttpResponse } from './http.ts'
import type { Operation } from './operation.ts'

const XML_CONTENT_TYPE = 'text/xml'
const CBOR_CONTENT_TYPE = 'application/cbor'
const DEFAULT_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** The answer of a call in its service's protocol. */
export function render(attempt: Attempt, result: Result): HttpResponse | Promise<HttpResponse> {
  if (attempt.protocol === 'cbor') return renderCbor(attempt, result)
  return attempt.protocol === 'json' ? renderJson(attempt, result) : renderQuery(attempt, result)
}

function renderJson({ service, operation }: Attempt, result: Result): HttpResponse {
  if (service?.isQueryCompatible) return renderCompatible(operation, result)
  if (isError(result))
    return { status: statusOf(result.code), contentType: JSON_CONTENT_TYPE, body: jsonErrorBody(result) }
  const body = operation?.output ? writeStructure(operation.output, result.output) : ''
  return { status: 200, contentType: JSON_CONTENT_TYPE, body }
}

/** JSON of version 1.0; an error tells the code that it has in the query protocol, and whose fault it is. */
function renderCompatible(operation: Operation | undefined, result: Result): HttpResponse {
  if (isError(result)) {
    const { code, status } = queryCode(result.code)
    const headers = ['x-amzn-query-error', `${code};${faultOf(status)}`]
    return { status, contentType: JSON_1_0_CONTENT_TYPE, body: jsonErrorBody(result), headers }
  }
  const body = operation?.output ? writeStructure(operation.output, result.output) : '{}'
  return { status: 200, contentType: JSON_1_0_CONTENT_TYPE, body }
}

/** Only services that speak CBOR are ever asked in it. */
function renderCbor({ service, operation }: Attempt, result: Result): HttpResponse {
  const cbor = service?.cbor
  if (!cbor) throw new TypeError('a service was asked in a protocol that it does not speak')
  const headers = ['smithy-protocol', 'rpc-v2-cbor']
  if (!isError(result)) {
    const body = operation?.output ? cbor.write(operation.output, result.output) : cbor.write({}, {})
    return { status: 200, contentType: CBOR_CONTENT_TYPE, body, headers }
  }
  const { code, status } = queryCode(result.code)
  const told = [...headers, 'x-amzn-query-error', `${code};${faultOf(status)}`]
  return { status, contentType: CBOR_CONTENT_TYPE, body: cbor.error(result), headers: told }
}

/** XML is loaded by the first call that needs it: most starts never do. */
async function renderQuery({ service, operation, request }: Attempt, result: Result): Promise<HttpResponse> {
  const { queryError, writeQueryAnswer } = await import('../protocol/query-answer.ts')
  const xmlNamespace = service?.xmlNamespace ?? DEFAULT_NAMESPACE
  if (isError(result)) return { ...queryError(result, request.requestId, xmlNamespace), contentType: XML_CONTENT_TYPE }
  const answer = {
    operation: operation?.name ?? '',
    xmlNamespace,
    requestId: request.requestId,
    ...(operation?.output ? { members: operation.output } : {}),
  }
  return { status: 200, contentType: XML_CONTENT_TYPE, body: writeQueryAnswer({ ...answer, output: result.output }) }
}
