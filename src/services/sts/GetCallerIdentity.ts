import { optional, text } from '../../protocol/shape.ts'
import type { ContextKeys } from '../../request/caller.ts'
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
  run: async (_input, _granted, { caller: { principal, keys, scope } }) => ({
    output: { UserId: userIdIn(keys), Account: scope.account, Arn: principal.arn },
  }),
})

/** `aws:userid`, which every caller brings into its decisions. */
function userIdIn(keys: ContextKeys): string {
  return keys.find(([name]) => name === 'aws:userid')?.[1] ?? ''
}
