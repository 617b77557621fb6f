import type { IamRole } from '../../domain/iam.ts'
import type { Iam } from '../../request/iam/parts.ts'

/** A role's trust policy as it is shown: principals that are gone by their unique ids, renamed ones by their new ARNs. */
export async function shownTrustPolicy(role: IamRole, binder: Iam['binder']): Promise<string> {
  let text = role.trustPolicy
  for (const binding of role.trustBindings) {
    const now = (await binder.arnOf(binding)) ?? binding.id
    if (now !== binding.arn) text = text.replaceAll(JSON.stringify(binding.arn), JSON.stringify(now))
  }
  return text
}
