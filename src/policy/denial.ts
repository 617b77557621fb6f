import type { Denial, Missing, PolicySource } from './types.ts'

/** What a message about a refusal names. */
export type DeniedRequest = {
  readonly principal: { readonly arn: string }
  readonly action: string
  /** ARN; `*` for operations without a key. */
  readonly resource: string
  /** The key was named by the ciphertext alone: the caller may not learn which it is. */
  readonly isNamedByCiphertext?: boolean
}

const HIDDEN =
  'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access'

const LAYERS = {
  'identity-policy': 'identity-based policy',
  'key-policy': 'resource-based policy',
  'trust-policy': 'resource-based policy',
  'resource-policy': 'resource-based policy',
  'permissions-boundary': 'permissions boundary',
  'session-policy': 'session policy',
  'grant-or-identity-policy': 'identity-based policy',
  'other-account': 'resource-based policy',
} as const satisfies Record<PolicySource | Missing, string>

/** The text of AccessDeniedException for a refusal. Source: answers reported from KMS, IAM access denied messages. */
export function denialMessage(
  denial: Denial,
  { principal, action, resource, isNamedByCiphertext }: DeniedRequest,
): string {
  const who = `User: ${principal.arn} is not authorized to perform: ${action}`
  if (isNamedByCiphertext) return `${who} on the resource associated with this ciphertext ${HIDDEN}`
  if (denial.hidden) return `${who} on this resource ${HIDDEN}`
  if (denial.kind === 'implicit')
    return `${who} on resource: ${resource} because no ${LAYERS[denial.missing]} allows the ${action} action`
  const layer = LAYERS[denial.by.source]
  return `${who} on resource: ${resource} with an explicit deny in ${layer.startsWith('identity') ? 'an' : 'a'} ${layer}`
}
