import { error, isError } from '../../domain/error.ts'
import { integer, optional, secretText, text } from '../../protocol/shape.ts'
import type { WebIdentityProof } from '../../request/iam/web-identity.ts'
import { operation } from '../../request/operation.ts'
import { assumed, findRole } from './role.ts'
import * as shapes from './shapes.ts'

/** Source: CloudTrail user guide, userIdentity of AssumeRoleWithWebIdentity. */
function bearerOf({ provider, audience, claims }: WebIdentityProof) {
  const { arn } = provider
  return {
    type: 'WebIdentityUser',
    principalId: `${arn}:${audience}:${claims.subject}`,
    userName: claims.subject,
    identityProvider: arn,
  } as const
}

/**
 * Credentials of a role, for the holder of a token of an identity provider that the role trusts. The request is not signed.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const AssumeRoleWithWebIdentity = operation({
  name: 'AssumeRoleWithWebIdentity',
  input: {
    RoleArn: shapes.ArnType,
    RoleSessionName: shapes.RoleSessionNameType,
    WebIdentityToken: secretText(4, 20000),
    ProviderId: optional(text(4, 2048)),
    ...shapes.sessionPolicyInput,
    DurationSeconds: optional(shapes.RoleDurationSecondsType),
  },
  output: {
    Credentials: shapes.Credentials,
    SubjectFromWebIdentityToken: optional(text()),
    AssumedRoleUser: shapes.AssumedRoleUser,
    PackedPolicySize: optional(integer()),
    Provider: optional(text()),
    Audience: optional(text()),
    SourceIdentity: optional(text()),
  },
  errors: ['AccessDenied', 'InvalidIdentityToken', 'IDPCommunicationError', 'IDPRejectedClaim'],
  readOnly: true,
  isUnsigned: true,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },
  async targets({ RoleArn, WebIdentityToken }, find) {
    const found = await findRole(find.directory, RoleArn)
    if (isError(found)) return found
    const proof = await find.proveWebIdentity(found.account, WebIdentityToken)
    if (isError(proof)) return proof
    const { arn } = proof.provider
    const webIdentity = { type: 'web-identity', arn, provider: arn } as const
    const action = 'sts:AssumeRoleWithWebIdentity'
    return {
      role: { kind: 'role', action, arn: RoleArn, ...found, webIdentity, bearer: bearerOf(proof), proof },
    } as const
  },
  conditions: ({ RoleSessionName }, _target, { role: { proof } }) => ({
    'sts:RoleSessionName': RoleSessionName,
    'aws:FederatedProvider': proof.provider.arn,
    [`${proof.provider.url}:aud`]: proof.audience,
    [`${proof.provider.url}:sub`]: proof.claims.subject,
    [`${proof.provider.url}:amr`]: proof.claims.methods,
  }),
  async run(input, { role: { role, proof } }, call) {
    if (!role) return error('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity')
    const output = await assumed(role, input, { provider: proof.provider.arn }, call)
    if (isError(output)) return output
    const told = { Provider: proof.provider.arn, Audience: proof.audience }
    return { output: { ...output, ...told, SubjectFromWebIdentityToken: proof.claims.subject } }
  },
})
