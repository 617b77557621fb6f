import { optional } from '../../protocol/shape.ts'
import { onPolicy } from './policy-operation.ts'
import { policyUse } from './policy-use.ts'
import * as shapes from './shapes.ts'
import { shownPolicy } from './shown.ts'

/**
 * A managed policy without its documents.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html
 */
export const GetPolicy = onPolicy({
  name: 'GetPolicy',
  output: { Policy: optional(shapes.Policy) },
  run: async (policy, _input, { store }) => ({
    output: { Policy: shownPolicy(policy, await policyUse(store, policy)) },
  }),
})
