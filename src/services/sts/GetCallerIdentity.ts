import { optional, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'

/**
 * Who the caller is; needs no permission.
 *
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const GetCallerIdentity = operation({
  name: 'GetCallerIdentity',
  input: {},
  output: { UserId: optional(text()), Account: optional(text()), Arn: optional(text(20, 2048)) },
  errors: [],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: async () => ({}),
  run: async (_input, _granted, { caller: { principal } }) => ({
    output: { UserId: principal.account, Account: principal.account, Arn: principal.arn },
  }),
})
