import { isError } from '../../domain/error.ts'
import type { ManagedPolicy } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { boolean, list, oneOf, optional, withDefault } from '../../protocol/shape.ts'
import { awsPolicies } from '../../request/iam/managed-policies.ts'
import type { Call } from '../../request/operation.ts'
import { onAccount } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { policyUse } from './policy-use.ts'
import * as shapes from './shapes.ts'
import { listedPolicy, type PolicyUse } from './shown.ts'

/**
 * Managed policies: the account's own, AWS's, or both.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
 */
export const ListPolicies = onAccount({
  name: 'ListPolicies',
  input: {
    Scope: withDefault(oneOf('All', 'AWS', 'Local'), 'All'),
    OnlyAttached: withDefault(boolean(), false),
    PathPrefix: withDefault(shapes.PolicyPathType, '/'),
    PolicyUsageFilter: optional(oneOf('PermissionsPolicy', 'PermissionsBoundary')),
    ...shapes.pageInput,
  },
  output: { Policies: list(shapes.Policy), ...shapes.pageOutput },
  async run({ Scope, OnlyAttached, PathPrefix, PolicyUsageFilter, ...wanted }, call) {
    const policies = (await policiesIn(Scope, call)).filter(({ path }) => path.startsWith(PathPrefix))
    const used = await Promise.all(
      policies.map(async (policy) => ({ policy, use: await policyUse(call.store, policy) })),
    )
    const isWanted = ({ use }: { readonly use: PolicyUse }) => {
      const count = PolicyUsageFilter === 'PermissionsBoundary' ? use.boundaries : use.attachments
      return (!OnlyAttached && PolicyUsageFilter === undefined) || count > 0
    }
    const page = pageAmong(wanted, used.filter(isWanted), ({ policy }) => policy.arn)
    if (isError(page)) return page
    const { entries, ...rest } = page
    return { output: { Policies: entries.map(({ policy, use }) => listedPolicy(policy, use)), ...rest } }
  },
})

async function policiesIn(scope: 'All' | 'AWS' | 'Local', { store, caller }: Call): Promise<readonly ManagedPolicy[]> {
  const { account } = caller.scope
  const own = scope === 'AWS' ? [] : await store.listEntities(account, 'policy', { limit: IAM_QUOTAS.policies })
  return scope === 'Local' ? own : [...own, ...awsPolicies(account)]
}
