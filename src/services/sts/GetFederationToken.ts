import { error, isError } from '../../domain/error.ts'
import { federatedUserArn } from '../../domain/session.ts'
import { integer, optional, structure, text } from '../../protocol/shape.ts'
import { entityTarget } from '../../request/iam/entity-target.ts'
import { operation } from '../../request/operation.ts'
import { credentialsOf, packed, userSessionMs } from './session.ts'
import * as shapes from './shapes.ts'

/**
 * Credentials for somebody whom the caller knows, with what session policies pass on of the caller's permissions.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
 */
export const GetFederationToken = operation({
  name: 'GetFederationToken',
  input: {
    Name: text(2, 32, '[\\w+=,.@-]*'),
    ...shapes.sessionPolicyInput,
    DurationSeconds: optional(shapes.DurationSecondsType),
    Tags: optional(shapes.TagListType),
  },
  output: {
    Credentials: shapes.Credentials,
    FederatedUser: structure({ FederatedUserId: text(), Arn: text() }),
    PackedPolicySize: optional(integer()),
  },
  errors: ['AccessDenied', 'MalformedPolicyDocument', 'PackedPolicyTooLarge'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },
  async targets({ Name, Tags }, { scope, caller }) {
    if (caller.session || (caller.principal.type !== 'user' && caller.principal.type !== 'root'))
      return error('AccessDenied', 'Cannot call GetFederationToken with session credentials')
    const arn = federatedUserArn(scope.account, scope.region, Name)
    const user = entityTarget('sts:GetFederationToken', scope.account, arn)
    return Tags?.length ? { user, tags: entityTarget('sts:TagSession', scope.account, arn) } : { user }
  },
  conditions: ({ Tags }) => ({
    ...Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
    'aws:TagKeys': Tags?.map(({ Key }) => Key),
  }),
  async run(input, { user: { arn } }, call) {
    const { caller, clock } = call
    const { principal, scope } = caller
    const restricted = await packed(input, call)
    if (isError(restricted)) return restricted
    const { PackedPolicySize, ...content } = restricted
    const issuedAt = clock.now()
    const Credentials = await credentialsOf(call, {
      kind: 'federated',
      account: scope.account,
      name: input.Name,
      issuedAt,
      expiresAt: issuedAt + userSessionMs(caller, input.DurationSeconds),
      ...content,
      ...(principal.type === 'user' && principal.uniqueId !== undefined ? { userId: principal.uniqueId } : {}),
    })
    if (isError(Credentials)) return Credentials
    const FederatedUser = { FederatedUserId: `${scope.account}:${input.Name}`, Arn: arn }
    return {
      output: { Credentials, FederatedUser, ...(PackedPolicySize === undefined ? {} : { PackedPolicySize }) },
    }
  },
})
