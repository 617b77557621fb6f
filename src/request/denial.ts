import type { PrincipalArn } from '../domain/arn.ts'
import { error, type ServiceError } from '../domain/error.ts'

const HIDDEN =
  'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'

/** The answer about a key of another account: the same whether it is missing or denied. Source: answers reported from KMS. */
export function hiddenResource(principal: PrincipalArn, action: string): ServiceError {
  return error(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on this resource ${HIDDEN}`,
  )
}

/** The answer when a ciphertext names a key that the caller may not know of. Source: answers reported from KMS. */
export function hiddenCiphertextKey(principal: PrincipalArn, action: string): ServiceError {
  return error(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action} on the resource associated with this ciphertext ${HIDDEN}`,
  )
}
