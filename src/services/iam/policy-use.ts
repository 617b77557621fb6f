import type { ManagedPolicy } from '../../domain/iam.ts'
import type { Directory } from '../../request/iam/directory.ts'
import type { PolicyUse } from './shown.ts'

/** How many users, groups and roles a managed policy is attached to, and how many it limits. */
export async function policyUse(
  directory: Pick<Directory, 'countReferrers'>,
  { account, arn }: Pick<ManagedPolicy, 'account' | 'arn'>,
): Promise<PolicyUse> {
  const [attachments, boundaries] = await Promise.all([
    directory.countReferrers(account, arn, 'attached'),
    directory.countReferrers(account, arn, 'boundary'),
  ])
  return { attachments, boundaries }
}
