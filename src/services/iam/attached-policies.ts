import { error, isError } from '../../domain/error.ts'
import { type PolicyHolder, parsePolicyArn } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { list, optional } from '../../protocol/shape.ts'
import { managedText } from '../../request/iam/compiled-policies.ts'
import type { Operation } from '../../request/operation.ts'
import { changed } from './change.ts'
import { onEntity } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { noSuchPolicy, quotaExceeded, unattachable } from './refusal.ts'
import * as shapes from './shapes.ts'

const HOLDERS = [
  ['user', 'User'],
  ['group', 'Group'],
  ['role', 'Role'],
] as const

const input = { PolicyArn: shapes.ArnType }
const conditions = ({ PolicyArn }: { readonly PolicyArn: string }) => ({ 'iam:PolicyARN': PolicyArn })

/** Attach, Detach and List of the managed policies of a user, a group or a role. Source: IAM API reference. */
export const ATTACHED_POLICY_OPERATIONS: readonly Operation[] = HOLDERS.flatMap(([kind, name]) => [
  onEntity(kind, {
    name: `Attach${name}Policy`,
    input,
    conditions,
    async run(holder, { PolicyArn }, { store }) {
      if (!parsePolicyArn(PolicyArn)) return error('InvalidInput', `ARN ${PolicyArn} is not valid.`)
      if (holder.attachedPolicies.includes(PolicyArn)) return { output: {} }
      if ((await managedText(store, holder.account, PolicyArn)) === undefined) return unattachable(PolicyArn)
      if (holder.attachedPolicies.length >= IAM_QUOTAS.attachedPolicies)
        return quotaExceeded(`PoliciesPer${name}`, IAM_QUOTAS.attachedPolicies)
      return { output: {}, changes: [changed(holder, { attachedPolicies: [...holder.attachedPolicies, PolicyArn] })] }
    },
  }),
  onEntity(kind, {
    name: `Detach${name}Policy`,
    input,
    conditions,
    run(holder, { PolicyArn }) {
      const attachedPolicies = holder.attachedPolicies.filter((arn) => arn !== PolicyArn)
      return attachedPolicies.length === holder.attachedPolicies.length
        ? noSuchPolicy()
        : { output: {}, changes: [changed(holder, { attachedPolicies })] }
    },
  }),
  onEntity(kind, {
    name: `ListAttached${name}Policies`,
    input: { PathPrefix: optional(shapes.PolicyPathType), ...shapes.pageInput },
    output: { AttachedPolicies: list(shapes.AttachedPolicy), ...shapes.pageOutput },
    run(holder, { PathPrefix = '/', ...wanted }) {
      const page = pageAmong(wanted, attachedBelow(holder, PathPrefix), ({ PolicyArn }) => PolicyArn)
      if (isError(page)) return page
      const { entries, ...rest } = page
      return { output: { AttachedPolicies: entries, ...rest } }
    },
  }),
])

/** Managed policies below a path, as lists show them. */
export function attachedBelow({ attachedPolicies }: PolicyHolder, prefix: string) {
  return attachedPolicies.flatMap((arn) => {
    const named = parsePolicyArn(arn)
    return named?.path.startsWith(prefix) ? [{ PolicyName: named.name, PolicyArn: arn }] : []
  })
}
