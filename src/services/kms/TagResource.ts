import { isError } from '../../domain/error.ts'
import { mergeTags } from '../../domain/tag.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Adds tags to a key, or gives existing ones new values.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html
 */
export const TagResource = operation({
  name: 'TagResource',
  input: { KeyId: shapes.KeyIdType, Tags: shapes.TagList },
  errors: [
    'NotFoundException',
    'InvalidArnException',
    'KMSInvalidStateException',
    'LimitExceededException',
    'TagException',
  ],
  readOnly: false,
  quota: 'management',
  states: 'live',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:TagResource', input.KeyId, 'refused')),
  conditions: (input) => ({
    ...Object.fromEntries(input.Tags.map((tag) => [`aws:RequestTag/${tag.TagKey}`, tag.TagValue])),
    'aws:TagKeys': input.Tags.map((tag) => tag.TagKey),
  }),
  async run(input, { key: { key } }) {
    const tags = mergeTags(key.tags, input.Tags)
    return isError(tags) ? tags : { output: {}, changes: [{ kind: 'update-key', key: nextRevision(key, { tags }) }] }
  },
})
