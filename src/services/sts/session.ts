import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { IamTag } from '../../domain/iam.ts'
import { IAM_QUOTAS, SESSION_PACKED_MAX_BYTES, SESSION_SECONDS } from '../../domain/limits.ts'
import type { SessionRecord } from '../../domain/session.ts'
import type { VerifiedCaller } from '../../request/caller.ts'
import { managedText } from '../../request/iam/compiled-policies.ts'
import { checkDocument } from '../../request/iam/documents.ts'
import { issueSession } from '../../request/iam/session-token.ts'
import type { Call } from '../../request/operation.ts'

/** What a request asks to put into a session. */
export type Restrictions = {
  readonly Policy?: string
  readonly PolicyArns?: readonly { readonly arn?: string }[]
  readonly Tags?: readonly IamTag[]
}

type Packed = Pick<SessionRecord, 'policies' | 'policyArns' | 'tags'> & { readonly PackedPolicySize?: number }

/** Managed policies that one session may have. Source: AssumeRole, PolicyArns. */
const POLICY_ARNS_MAX = 10

/**
 * The policies and tags of a session, and what part of the space for them they take, in percent.
 *
 * @returns `MalformedPolicyDocument`, `PackedPolicyTooLarge`, `ValidationException`.
 */
export async function packed(
  { Policy, PolicyArns = [], Tags = [] }: Restrictions,
  { store, caller }: Pick<Call, 'store' | 'caller'>,
): Promise<Packed | ServiceError> {
  const malformed = Policy === undefined ? undefined : checkDocument('session', Policy)
  if (malformed) return malformed
  const policyArns = PolicyArns.flatMap(({ arn }) => arn ?? [])
  if (policyArns.length > POLICY_ARNS_MAX)
    return error('ValidationException', `The number of policy ARNs must not exceed ${POLICY_ARNS_MAX}.`)
  for (const arn of policyArns)
    if ((await managedText(store, caller.scope.account, arn)) === undefined)
      return error('MalformedPolicyDocument', `Policy ARN ${arn} does not exist.`)
  const repeated = new Set(Tags.map(({ Key }) => Key.toLowerCase())).size < Tags.length
  if (repeated) return error('ValidationException', 'Duplicate tag keys found. Tag keys are case insensitive.')
  return measured({ policies: Policy === undefined ? [] : [Policy], policyArns, tags: Tags })
}

function measured(content: Omit<Packed, 'PackedPolicySize'>): Packed | ServiceError {
  const { policies, policyArns, tags } = content
  const texts = [...policies, ...policyArns, ...tags.flatMap(({ Key, Value }) => [Key, Value])]
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (tags.length > IAM_QUOTAS.tags || bytes > SESSION_PACKED_MAX_BYTES)
    return error('PackedPolicyTooLarge', 'Packed policy consumes more than 100% of allotted space.')
  return bytes === 0 ? content : { ...content, PackedPolicySize: Math.ceil((100 * bytes) / SESSION_PACKED_MAX_BYTES) }
}

/** How long a session of a user or the root user lasts, in milliseconds. Source: GetSessionToken, GetFederationToken. */
export function userSessionMs({ principal }: VerifiedCaller, wanted: number | undefined): number {
  const longest = principal.type === 'root' ? SESSION_SECONDS.root : SESSION_SECONDS.max
  return Math.min(wanted ?? SESSION_SECONDS.default, longest) * 1000
}

/** Credentials of the session as an answer shows them, once. */
export async function credentialsOf(call: Pick<Call, 'hsm' | 'ids'>, record: SessionRecord) {
  const issued = await issueSession(call, record)
  if (isError(issued)) return issued
  return {
    AccessKeyId: issued.accessKeyId,
    SecretAccessKey: issued.secretAccessKey,
    SessionToken: issued.sessionToken,
    Expiration: issued.expiresAt,
  }
}
