import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { IamTag } from '../../domain/iam.ts'
import { integer, optional, text } from '../../protocol/shape.ts'
import type { VerifiedCaller } from '../../request/caller.ts'
import type { RoleTarget } from '../../request/iam/role-target.ts'
import { operation } from '../../request/operation.ts'
import { assumed, findRole } from './role.ts'
import * as shapes from './shapes.ts'

type Asked = {
  readonly Tags?: readonly IamTag[]
  readonly SourceIdentity?: string
}

/**
 * Credentials of a role, for those whom its trust policy names.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const AssumeRole = operation({
  name: 'AssumeRole',
  input: {
    RoleArn: shapes.ArnType,
    RoleSessionName: shapes.RoleSessionNameType,
    ...shapes.sessionPolicyInput,
    DurationSeconds: optional(shapes.RoleDurationSecondsType),
    Tags: optional(shapes.TagListType),
    TransitiveTagKeys: optional(shapes.TagKeyListType),
    ExternalId: optional(shapes.ExternalIdType),
    SerialNumber: optional(shapes.SerialNumberType),
    TokenCode: optional(shapes.TokenCodeType),
    SourceIdentity: optional(shapes.SourceIdentityType),
  },
  output: {
    Credentials: shapes.Credentials,
    AssumedRoleUser: shapes.AssumedRoleUser,
    PackedPolicySize: optional(integer()),
    SourceIdentity: optional(text()),
  },
  errors: ['AccessDenied', 'MalformedPolicyDocument', 'PackedPolicyTooLarge'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },

  async targets(input, find) {
    const refused = refuseCaller(find.caller)
    if (refused) return refused
    const found = await findRole(find.directory, input.RoleArn)
    if (isError(found)) return found
    const mfa = await find.mfa({ serialNumber: input.SerialNumber, code: input.TokenCode })
    if (isError(mfa)) return mfa
    const asked = { kind: 'role', arn: input.RoleArn, ...found, ...(mfa ? { mfa } : {}) } as const
    const targets: Record<string, RoleTarget> & { readonly role: RoleTarget<'sts:AssumeRole'> } = {
      role: { ...asked, action: 'sts:AssumeRole' },
    }
    if (tagsOf(input, find.caller).length > 0) targets.tags = { ...asked, action: 'sts:TagSession' }
    const identity = sourceIdentityOf(input, find.caller)
    if (identity !== undefined) targets.identity = { ...asked, action: 'sts:SetSourceIdentity' }
    return targets
  },

  conditions: (input, _target, { role: { mfa } }) => ({
    'sts:RoleSessionName': input.RoleSessionName,
    'sts:ExternalId': input.ExternalId,
    'sts:SourceIdentity': input.SourceIdentity,
    'sts:DurationSeconds': input.DurationSeconds?.toString(),
    'sts:TransitiveTagKeys': input.TransitiveTagKeys,
    ...Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    'aws:TagKeys': input.Tags?.map(({ Key }) => Key),
    ...(mfa ? { 'aws:multifactorauthpresent': 'true', 'aws:multifactorauthage': '0' } : {}),
  }),

  async run(input, { role: { role, mfa } }, call) {
    if (!role) return error('AccessDenied', `Role ${input.RoleArn} does not exist.`)
    const session = call.caller.session
    const sourceIdentity = sourceIdentityOf(input, call.caller)
    const inherited = inheritedTags(call.caller)
    const transitiveTagKeys = [...inherited.map(({ Key }) => Key), ...(input.TransitiveTagKeys ?? [])]
    const output = await assumed(
      role,
      input,
      {
        inheritedTags: inherited,
        transitiveTagKeys,
        isChained: session?.kind === 'role',
        ...(mfa ? { mfaAt: mfa.at } : {}),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      },
      call,
    )
    return isError(output) ? output : { output, ...(mfa ? { changes: [mfa.used] } : {}) }
  },
})

/** Source: AssumeRole and GetFederationToken of the STS API reference. */
function refuseCaller({ principal, isUnrestricted }: VerifiedCaller): ServiceError | undefined {
  if (principal.type === 'root' && !isUnrestricted)
    return error('AccessDenied', 'Roles may not be assumed by root accounts.')
  return principal.type === 'federated-user'
    ? error('AccessDenied', 'Cannot call AssumeRole with federation credentials')
    : undefined
}

/** Tags that go on from the session that asks. */
function inheritedTags({ session }: VerifiedCaller): readonly IamTag[] {
  if (session?.kind !== 'role') return []
  const keys = new Set(session.transitiveTagKeys.map((key) => key.toLowerCase()))
  return session.tags.filter(({ Key }) => keys.has(Key.toLowerCase()))
}

function tagsOf({ Tags = [] }: Asked, caller: VerifiedCaller): readonly IamTag[] {
  return [...inheritedTags(caller), ...Tags]
}

/** Once set, it stays through every role that is assumed from there. Source: STS, source identity. */
function sourceIdentityOf({ SourceIdentity }: Asked, { session }: VerifiedCaller): string | undefined {
  return (session?.kind === 'role' ? session.sourceIdentity : undefined) ?? SourceIdentity
}
