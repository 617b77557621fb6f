import { error, isError, type ServiceError } from '../../domain/error.ts'
import type { Page } from '../../request/ports.ts'

type Wanted = { readonly Marker?: string; readonly MaxItems?: number }
/** Source: IAM API reference, MaxItems. */
const ITEMS_DEFAULT = 100

/** Which entries a list request asks for. `ValidationException` for a marker that none of our answers carried. */
export function pageOf({ Marker, MaxItems = ITEMS_DEFAULT }: Wanted): Page<string> | ServiceError {
  if (Marker === undefined) return { limit: MaxItems }
  const after = Buffer.from(Marker, 'base64url').toString('utf8')
  return markerAfter(after) === Marker ? { limit: MaxItems, after } : error('ValidationException', `Invalid Marker.`)
}

function markerAfter(name: string): string {
  return Buffer.from(name).toString('base64url')
}

/** Reads one entry more than the page holds, which tells whether more follows. */
export async function pageFrom<T>(
  wanted: Wanted,
  read: (page: Page<string>) => Promise<readonly T[]>,
  nameOf: (entry: T) => string,
) {
  const page = pageOf(wanted)
  if (isError(page)) return page
  const entries = await read({ ...page, limit: page.limit + 1 })
  return cut(entries, page.limit, nameOf)
}

/** A page of names or records that are all at hand, in their order. */
export function pageAmong<T>(wanted: Wanted, all: readonly T[], nameOf: (entry: T) => string) {
  const page = pageOf(wanted)
  if (isError(page)) return page
  const { after } = page
  const from = after === undefined ? 0 : all.findIndex((entry) => nameOf(entry) === after) + 1
  return cut(all.slice(from), page.limit, nameOf)
}

function cut<T>(entries: readonly T[], limit: number, nameOf: (entry: T) => string) {
  const shown = entries.slice(0, limit)
  const last = shown.at(-1)
  const isTruncated = entries.length > limit && last !== undefined
  return { entries: shown, IsTruncated: isTruncated, ...(isTruncated ? { Marker: markerAfter(nameOf(last)) } : {}) }
}

/**
 * Reads page after page until enough entries are of the wanted kind.
 *
 * Ends: every round passes over what it has read.
 */
export async function readMatching<T>(
  read: (page: Page<string>) => Promise<readonly T[]>,
  { after, limit }: Page<string>,
  { isWanted, nameOf }: { isWanted(entry: T): boolean; nameOf(entry: T): string },
): Promise<readonly T[]> {
  const found: T[] = []
  let from = after
  for (;;) {
    const entries = await read({ limit, ...(from === undefined ? {} : { after: from }) })
    found.push(...entries.filter(isWanted))
    const last = entries.at(-1)
    if (entries.length < limit || last === undefined || found.length >= limit) return found.slice(0, limit)
    from = nameOf(last)
  }
}
