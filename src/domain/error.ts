/**
 * Every error a service here can answer with, and its HTTP status. IAM and STS name some as the others do and give them
 * statuses of their own: protocol/query-answer.ts.
 * Source: `errors` of the service models (KMS 2014-11-01, IAM 2010-05-08, STS 2011-06-15, CloudTrail
 * 2013-11-01, CloudWatch 2010-08-01); the framework's own codes from
 * recorded answers.
 */
const STATUS = {
  AccessDenied: 403,
  AccessDeniedException: 400,
  AlreadyExistsException: 400,
  CloudHsmClusterInUseException: 400,
  CloudHsmClusterInvalidConfigurationException: 400,
  CloudHsmClusterNotActiveException: 400,
  CloudHsmClusterNotFoundException: 400,
  CloudHsmClusterNotRelatedException: 400,
  ConcurrentModification: 409,
  ConflictException: 400,
  CustomKeyStoreHasCMKsException: 400,
  CustomKeyStoreInvalidStateException: 400,
  CustomKeyStoreNameInUseException: 400,
  CustomKeyStoreNotFoundException: 400,
  DeleteConflict: 409,
  DependencyTimeoutException: 500,
  DisabledException: 400,
  DryRunOperationException: 400,
  EntityAlreadyExists: 409,
  ExpiredIdentityToken: 400,
  ExpiredImportTokenException: 400,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  IDPRejectedClaim: 403,
  IllegalArgumentException: 400,
  IncompleteSignatureException: 400,
  IncorrectKeyException: 400,
  IncorrectKeyMaterialException: 400,
  IncorrectTrustAnchorException: 400,
  InternalServiceFault: 500,
  InvalidAliasNameException: 400,
  InvalidArnException: 400,
  InvalidAuthenticationCode: 403,
  InvalidAuthorizationMessageException: 400,
  InvalidCiphertextException: 400,
  InvalidEventCategoryException: 400,
  InvalidForwardedRequest: 400,
  InvalidFormatFault: 400,
  InvalidGrantIdException: 400,
  InvalidGrantTokenException: 400,
  InvalidIdentityToken: 400,
  InvalidImportTokenException: 400,
  InvalidInput: 400,
  InvalidKeyUsageException: 400,
  InvalidLookupAttributesException: 400,
  InvalidMarkerException: 400,
  InvalidMaxResultsException: 400,
  InvalidNextToken: 400,
  InvalidNextTokenException: 400,
  InvalidPaginationTokenException: 400,
  InvalidParameterCombinationException: 400,
  InvalidParameterValueException: 400,
  InvalidSignatureException: 400,
  InvalidTimeRangeException: 400,
  InvalidTokenException: 400,
  KMSInternalException: 500,
  KMSInvalidMacException: 400,
  KMSInvalidSignatureException: 400,
  KMSInvalidStateException: 400,
  KeyUnavailableException: 500,
  LimitExceeded: 409,
  LimitExceededException: 400,
  LimitExceededFault: 400,
  MalformedPolicyDocument: 400,
  MalformedPolicyDocumentException: 400,
  MaxNumberOfConfigRulesExceededException: 400,
  MissingAuthenticationTokenException: 400,
  MissingRequiredParameterException: 400,
  NoSuchConfigRuleException: 400,
  NoSuchEntity: 404,
  NoSuchResourceException: 400,
  NotFoundException: 400,
  PackedPolicyTooLarge: 400,
  PolicyEvaluation: 500,
  PolicyNotAttachable: 400,
  QuotaExceededException: 400,
  RequestEntityTooLargeException: 413,
  ResourceNotFound: 404,
  SerializationException: 400,
  ServiceUnavailableException: 503,
  TagException: 400,
  ThrottlingException: 400,
  TrailNotFoundException: 400,
  UnknownOperationException: 400,
  UnmodifiableEntity: 400,
  UnrecognizedClientException: 400,
  UnsupportedOperationException: 400,
  ValidationException: 400,
  XksKeyAlreadyInUseException: 400,
  XksKeyInvalidConfigurationException: 400,
  XksKeyNotFoundException: 400,
  XksProxyIncorrectAuthenticationCredentialException: 400,
  XksProxyInvalidConfigurationException: 400,
  XksProxyInvalidResponseException: 400,
  XksProxyUriEndpointInUseException: 400,
  XksProxyUriInUseException: 400,
  XksProxyUriUnreachableException: 400,
  XksProxyVpcEndpointServiceInUseException: 400,
  XksProxyVpcEndpointServiceInvalidConfigurationException: 400,
  XksProxyVpcEndpointServiceNotFoundException: 400,
} as const

export type ErrorCode = keyof typeof STATUS

/** Names of all error codes, for tests and fault injection. */
export const ERROR_CODES: ReadonlySet<string> = new Set(Object.keys(STATUS))

/** A failure as a value. Anything thrown instead is a programmer's mistake. */
export type ServiceError = {
  readonly kind: 'error'
  readonly code: ErrorCode
  /** Goes on the wire: no key material, no file paths. Absent where AWS sends none. */
  readonly message?: string
  /** Goes to the log only. */
  readonly cause?: unknown
}

export function error(code: ErrorCode, message?: string, cause?: unknown): ServiceError {
  return {
    kind: 'error',
    code,
    ...(message === undefined ? {} : { message }),
    ...(cause === undefined ? {} : { cause }),
  }
}

export function isError(value: unknown): value is ServiceError {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'error'
}

/** HTTP status of `code` in AWS JSON protocols. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code]
}

export function isErrorCode(text: string): text is ErrorCode {
  return ERROR_CODES.has(text)
}
