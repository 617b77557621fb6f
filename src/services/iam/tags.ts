import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { IamTag } from '../../domain/iam.ts'
import { IAM_QUOTAS } from '../../domain/limits.ts'
import { optional } from '../../protocol/shape.ts'
import type { Operation } from '../../request/operation.ts'
import { changed, tagConditions } from './change.ts'
import { onEntity } from './entity-operation.ts'
import { pageAmong } from './page.ts'
import { quotaExceeded } from './refusal.ts'
import * as shapes from './shapes.ts'

/**
 * Tags as they may be kept. Keys that differ in case only are the same key.
 *
 * @returns `InvalidInput` for a key given twice or one of AWS's own.
 */
export function parseTags(tags: readonly IamTag[]): readonly IamTag[] | ServiceError {
  const keys = new Set(tags.map(({ Key }) => Key.toLowerCase()))
  if (keys.size < tags.length)
    return error('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if ([...keys].some((key) => key.startsWith('aws:')))
    return error('InvalidInput', 'Tag keys that start with aws: are reserved for system use.')
  return tags
}

/** New values take the place of old ones. */
export function mergedTags(had: readonly IamTag[], added: readonly IamTag[]): readonly IamTag[] | ServiceError {
  const parsed = parseTags(added)
  if (isError(parsed)) return parsed
  const keys = new Set(added.map(({ Key }) => Key.toLowerCase()))
  const tags = [...had.filter(({ Key }) => !keys.has(Key.toLowerCase())), ...added]
  return tags.length > IAM_QUOTAS.tags ? quotaExceeded('TagsPerResource', IAM_QUOTAS.tags) : tags
}

export function withoutTags(had: readonly IamTag[], removed: readonly string[]): readonly IamTag[] {
  const keys = new Set(removed.map((key) => key.toLowerCase()))
  return had.filter(({ Key }) => !keys.has(Key.toLowerCase()))
}

/** Input, output and conditions are the same whatever is tagged. */
export const tagging = {
  tag: {
    input: { Tags: shapes.TagList },
    conditions: ({ Tags }: { readonly Tags: readonly IamTag[] }) => tagConditions(Tags),
  },
  untag: {
    input: { TagKeys: shapes.TagKeyList },
    conditions: ({ TagKeys }: { readonly TagKeys: readonly string[] }) => ({ 'aws:TagKeys': TagKeys }),
  },
  list: { input: shapes.pageInput, output: { Tags: shapes.TagList, ...shapes.pageOutput } },
} as const

/** The answer of a list of tags. */
export function listedTags(tags: readonly IamTag[], wanted: { readonly Marker?: string; readonly MaxItems?: number }) {
  const page = pageAmong(wanted, tags, ({ Key }) => Key)
  if (isError(page)) return page
  const { entries, ...rest } = page
  return { output: { Tags: entries, ...rest } }
}

const TAGGED = [
  ['user', 'User'],
  ['role', 'Role'],
] as const

/** TagUser, UntagUser, ListUserTags, and the same for roles. Source: IAM API reference. */
export const TAG_OPERATIONS: readonly Operation[] = TAGGED.flatMap(([kind, name]) => [
  onEntity(kind, {
    name: `Tag${name}`,
    ...tagging.tag,
    run(entity, { Tags }) {
      const tags = mergedTags(entity.tags, Tags)
      return isError(tags) ? tags : { output: {}, changes: [changed(entity, { tags })] }
    },
  }),
  onEntity(kind, {
    name: `Untag${name}`,
    ...tagging.untag,
    run: (entity, { TagKeys }) => ({
      output: {},
      changes: [changed(entity, { tags: withoutTags(entity.tags, TagKeys) })],
    }),
  }),
  onEntity(kind, { name: `List${name}Tags`, ...tagging.list, run: ({ tags }, input) => listedTags(tags, input) }),
])

/** Members that requests which make something may bring. */
export const newTags = { Tags: optional(shapes.TagList) } as const
