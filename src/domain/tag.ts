import { error, isError, type ServiceError } from './error.ts'
import type { Tag } from './key.ts'
import { TAGS_PER_KEY_MAX } from './limits.ts'

const byKey = (a: Tag, b: Tag) => (a.TagKey < b.TagKey ? -1 : 1)

/** @returns the tags of a request sorted by key; `TagException` for duplicates, reserved keys or too many. */
export function parseTags(tags: readonly Tag[]): readonly Tag[] | ServiceError {
  if (new Set(tags.map((tag) => tag.TagKey)).size < tags.length) return error('TagException', 'Duplicate tag keys')
  if (tags.some(isReserved)) return error('TagException', 'Tags beginning with aws: are reserved')
  if (tags.length > TAGS_PER_KEY_MAX) return error('TagException', 'Too many tags')
  return [...tags].sort(byKey)
}

/** `current` with `added` put over it. */
export function mergeTags(current: readonly Tag[], added: readonly Tag[]): readonly Tag[] | ServiceError {
  const checked = parseTags(added)
  if (isError(checked)) return checked
  const merged = new Map([...current, ...checked].map((tag) => [tag.TagKey, tag]))
  if (merged.size > TAGS_PER_KEY_MAX) return error('TagException', 'Too many tags')
  return [...merged.values()].sort(byKey)
}

function isReserved(tag: Tag): boolean {
  return tag.TagKey.toLowerCase().startsWith('aws:')
}
