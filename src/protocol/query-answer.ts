import { XMLBuilder } from 'fast-xml-parser'
import type { ServiceError } from '../domain/error.ts'
import type { Members, StructureOf } from './shape.ts'

const builder = new XMLBuilder({ format: true, indentBy: '  ', ignoreAttributes: false, attributeNamePrefix: '@' })

/** The answer of a query operation. Source: AWS query protocol. */
export function writeQueryAnswer<M extends Members>(answer: {
  readonly operation: string
  readonly xmlNamespace: string
  readonly requestId: string
  readonly members: M
  readonly output: StructureOf<M>
}): string {
  return builder.build({
    [`${answer.operation}Response`]: {
      '@xmlns': answer.xmlNamespace,
      [`${answer.operation}Result`]: answer.output,
      ResponseMetadata: { RequestId: answer.requestId },
    },
  })
}

/** Codes that query services spell in their own way, and their status. Source: AWS common errors of IAM and STS. */
const QUERY_ERRORS = new Map<string, readonly [code: string, status: number]>([
  ['AccessDeniedException', ['AccessDenied', 403]],
  ['ExpiredTokenException', ['ExpiredToken', 403]],
  ['IncompleteSignatureException', ['IncompleteSignature', 400]],
  ['InvalidSignatureException', ['SignatureDoesNotMatch', 403]],
  ['KMSInternalException', ['InternalFailure', 500]],
  ['MissingAuthenticationTokenException', ['MissingAuthenticationToken', 403]],
  ['RequestEntityTooLargeException', ['RequestEntityTooLarge', 413]],
  ['SerializationException', ['MalformedQueryString', 400]],
  ['ServiceUnavailableException', ['ServiceUnavailable', 503]],
  ['ThrottlingException', ['Throttling', 400]],
  ['UnknownOperationException', ['InvalidAction', 400]],
  ['UnrecognizedClientException', ['InvalidClientTokenId', 403]],
  ['ValidationException', ['ValidationError', 400]],
])

/** An error of a query service, with its status. */
export function queryError(
  failure: ServiceError,
  requestId: string,
  xmlNamespace: string,
): { readonly status: number; readonly body: string } {
  const [code, status] = QUERY_ERRORS.get(failure.code) ?? [failure.code, 400]
  const body = builder.build({
    ErrorResponse: {
      '@xmlns': xmlNamespace,
      Error: { Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: failure.message ?? '' },
      RequestId: requestId,
    },
  })
  return { status, body }
}
