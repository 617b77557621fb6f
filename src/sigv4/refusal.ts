import { error, type ServiceError } from '../domain/error.ts'
import { ALGORITHM } from './request.ts'

/**
 * What AWS answers to each fault of a signature. Query services use other codes for the same texts.
 * Source: Signature Version 4 troubleshooting, IAM user guide; recorded answers of KMS and of services on its framework.
 */

const incomplete = (message: string) => error('IncompleteSignatureException', message)
const invalid = (message: string) => error('InvalidSignatureException', message)

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

export const missingToken = (): ServiceError =>
  error('MissingAuthenticationTokenException', 'Missing Authentication Token')

/** One text for every way in which a signature is wrong: the reason would help only a forger. */
export const mismatch = (explanation = ''): ServiceError => invalid(`${MISMATCH}${explanation}`)

export const unsupportedAlgorithm = (algorithm: string): ServiceError =>
  incomplete(`Unsupported AWS 'algorithm': '${algorithm}'.`)

/** A whole signature in the header is blotted out: answers are recorded, and a recorded signature could be replayed. */
export const notKeyValue = (part: string, header: string): ServiceError =>
  incomplete(
    `'${blotted(part)}' not a valid key=value pair (missing equal-sign) in Authorization header: '${blotted(header)}'.`,
  )

const blotted = (text: string) => text.replace(/[0-9A-Fa-f]{64}/g, '*'.repeat(64))

export const headerPartsMissing = (parts: readonly string[]): ServiceError =>
  incomplete(`${parts.join(' ')} Authorization=${ALGORITHM}`)

export const queryPartsMissing = (names: readonly string[]): ServiceError => {
  const sentences = names.map((name) => `AWS query-string parameters must include '${name}'.`)
  return incomplete(`${sentences.join(' ')} Re-examine the query-string parameters.`)
}

/** @param header - as AWS writes it: `'Host' or ':authority'`, `'X-Amz-Target'`. */
export const notSigned = (header: string): ServiceError =>
  invalid(`${header} must be a 'SignedHeader' in the AWS Authorization.`)

export const notBasicDate = (text: string): ServiceError =>
  incomplete(`Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`)

export const badExpires = (text: string): ServiceError =>
  incomplete(`X-Amz-Expires must be a number of seconds between 1 and 604800, got '${text}'`)

export const badCredential = (text: string): ServiceError =>
  incomplete(
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
  )

export const expired = (text: string): ServiceError => invalid(`Signature expired: ${text}`)
export const notYetCurrent = (text: string): ServiceError => invalid(`Signature not yet current: ${text}`)
export const outOfScope = (faults: readonly string[]): ServiceError => invalid(faults.join(' '))

/** Unknown or inactive key id, or a token that does not belong to it. Which of them is not said. */
export const invalidToken = (): ServiceError =>
  error('UnrecognizedClientException', 'The security token included in the request is invalid.')

/** Without a full stop, as recorded. */
export const expiredToken = (): ServiceError =>
  error('ExpiredTokenException', 'The security token included in the request is expired')

export const tooLarge = (what: string): ServiceError =>
  error('RequestEntityTooLargeException', `The request has too many or too long ${what}.`)
