import { isError } from '../../domain/error.ts'
import type { Operation } from '../../request/operation.ts'
import { changed } from './change.ts'
import { onPolicy } from './policy-operation.ts'
import { listedTags, mergedTags, tagging, withoutTags } from './tags.ts'

/** TagPolicy, UntagPolicy, ListPolicyTags. Source: IAM API reference. */
export const POLICY_TAG_OPERATIONS: readonly Operation[] = [
  onPolicy({
    name: 'TagPolicy',
    ...tagging.tag,
    run(policy, { Tags }) {
      const tags = mergedTags(policy.tags, Tags)
      return isError(tags) ? tags : { output: {}, changes: [changed(policy, { tags })] }
    },
  }),
  onPolicy({
    name: 'UntagPolicy',
    ...tagging.untag,
    run: (policy, { TagKeys }) => ({
      output: {},
      changes: [changed(policy, { tags: withoutTags(policy.tags, TagKeys) })],
    }),
  }),
  onPolicy({ name: 'ListPolicyTags', ...tagging.list, run: ({ tags }, input) => listedTags(tags, input) }),
]
