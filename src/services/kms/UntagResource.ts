import { list, text } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { nextRevision } from './next.ts'
import * as shapes from './shapes.ts'

/**
 * Removes tags from a key; keys that it does not have are ignored.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html
 */
export const UntagResource = operation({
  name: 'UntagResource',
  input: { KeyId: shapes.KeyIdType, TagKeys: list(text(1, 128)) },
  errors: ['NotFoundException', 'InvalidArnException', 'KMSInvalidStateException', 'TagException'],
  readOnly: false,
  quota: 'management',
  states: 'live',
  event: { response: 'arn' },
  targets: (input, find) => onlyKey(find.key('kms:UntagResource', input.KeyId, 'refused')),
  conditions: (input) => ({ 'aws:TagKeys': input.TagKeys }),
  async run(input, { key: { key } }) {
    const tags = key.tags.filter((tag) => !input.TagKeys.includes(tag.TagKey))
    return { output: {}, changes: [{ kind: 'update-key', key: nextRevision(key, { tags }) }] }
  },
})
