import { isError } from '../../domain/error.ts'
import { optional } from '../../protocol/shape.ts'
import { operation } from '../../request/operation.ts'
import { onlyKey } from '../../request/targets.ts'
import { cutPage, PAGES, pageOf } from './page.ts'
import * as shapes from './shapes.ts'

/**
 * A key's tags, by tag key.
 *
 * Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html
 */
export const ListResourceTags = operation({
  name: 'ListResourceTags',
  input: { KeyId: shapes.KeyIdType, ...shapes.pageInput },
  output: { Tags: optional(shapes.TagList), ...shapes.pageOutput },
  errors: ['NotFoundException', 'InvalidArnException', 'InvalidMarkerException'],
  readOnly: true,
  quota: 'management',
  states: 'any',
  targets: (input, find) => onlyKey(find.key('kms:ListResourceTags', input.KeyId, 'refused')),
  async run(input, { key: { key } }) {
    const wanted = pageOf(input, PAGES.ListResourceTags)
    if (isError(wanted)) return wanted
    const { after = '' } = wanted
    const following = key.tags.filter((tag) => tag.TagKey > after)
    const { page, ...rest } = cutPage(following, wanted.limit, (tag) => tag.TagKey)
    return { output: { Tags: page, ...rest } }
  },
})
