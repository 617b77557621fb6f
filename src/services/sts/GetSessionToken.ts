import { error, isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { credentialsOf, userSessionMs } from './session.ts'
import * as shapes from './shapes.ts'

/**
 * Temporary credentials of the calling user, who may prove to have an MFA device. Needs no permission.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const GetSessionToken = operation({
  name: 'GetSessionToken',
  input: {
    DurationSeconds: optional(shapes.DurationSecondsType),
    SerialNumber: optional(shapes.SerialNumberType),
    TokenCode: optional(shapes.TokenCodeType),
  },
  output: { Credentials: shapes.Credentials },
  errors: ['AccessDenied'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  event: { response: 'output' },
  targets: async () => ({}),
  async run(input, _granted, call) {
    const { caller, clock, iam } = call
    const { principal, scope, session } = caller
    if (session || (principal.type !== 'user' && principal.type !== 'root'))
      return error('AccessDenied', 'Cannot call GetSessionToken with session credentials')
    const mfa = await iam.mfa.check(caller, { serialNumber: input.SerialNumber, code: input.TokenCode })
    if (isError(mfa)) return mfa
    const issuedAt = clock.now()
    const Credentials = await credentialsOf(call, {
      kind: 'user',
      account: scope.account,
      issuedAt,
      expiresAt: issuedAt + userSessionMs(caller, input.DurationSeconds),
      policies: [],
      policyArns: [],
      tags: [],
      ...(principal.type === 'user' && principal.uniqueId !== undefined ? { userId: principal.uniqueId } : {}),
      ...(mfa ? { mfaAt: mfa.at } : {}),
    })
    if (isError(Credentials)) return Credentials
    return { output: { Credentials }, ...(mfa ? { changes: [mfa.used] } : {}) }
  },
})
