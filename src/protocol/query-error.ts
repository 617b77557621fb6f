import { type ErrorCode, statusOf } from '../domain/error.ts'

/**
 * Codes that query services spell in their own way, and their status. Source: AWS common errors of IAM and STS;
 * CloudWatch's service model.
 */
const QUERY_ERRORS = new Map<ErrorCode, readonly [code: string, status: number]>([
  ['AccessDeniedException', ['AccessDenied', 403]],
  ['ExpiredIdentityToken', ['ExpiredTokenException', 400]],
  ['ExpiredTokenException', ['ExpiredToken', 403]],
  ['IncompleteSignatureException', ['IncompleteSignature', 400]],
  ['InvalidSignatureException', ['SignatureDoesNotMatch', 403]],
  ['KMSInternalException', ['InternalFailure', 500]],
  ['InternalServiceFault', ['InternalServiceError', 500]],
  ['InvalidFormatFault', ['InvalidFormat', 400]],
  ['InvalidParameterCombinationException', ['InvalidParameterCombination', 400]],
  ['InvalidParameterValueException', ['InvalidParameterValue', 400]],
  ['LimitExceededFault', ['LimitExceeded', 400]],
  ['MissingAuthenticationTokenException', ['MissingAuthenticationToken', 403]],
  ['MissingRequiredParameterException', ['MissingParameter', 400]],
  ['RequestEntityTooLargeException', ['RequestEntityTooLarge', 413]],
  ['SerializationException', ['MalformedQueryString', 400]],
  ['ServiceUnavailableException', ['ServiceUnavailable', 503]],
  ['ThrottlingException', ['Throttling', 400]],
  ['UnknownOperationException', ['InvalidAction', 400]],
  ['UnrecognizedClientException', ['InvalidClientTokenId', 403]],
  ['ValidationException', ['ValidationError', 400]],
])

/** How query services spell an error, and its HTTP status there. */
export function queryCode(code: ErrorCode): { readonly code: string; readonly status: number } {
  const [spelt, status] = QUERY_ERRORS.get(code) ?? [code, statusOf(code)]
  return { code: spelt, status }
}

/** Whose fault an error of that status is, in the words of the query protocol. */
export const faultOf = (status: number): 'Receiver' | 'Sender' => (status >= 500 ? 'Receiver' : 'Sender')
