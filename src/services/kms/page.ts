import { error, type ServiceError } from '../../domain/error.ts'

type PageInput = { readonly Limit?: number; readonly Marker?: string }
export type PageBounds = { readonly default: number; readonly max: number }

/** Documented page sizes. Above the maximum a page is cut to it. Source: API reference of each list operation. */
export const PAGES = {
  DescribeCustomKeyStores: { default: 100, max: 1000 },
  ListKeys: { default: 100, max: 1000 },
  ListAliases: { default: 50, max: 100 },
  ListGrants: { default: 50, max: 100 },
  ListRetirableGrants: { default: 50, max: 100 },
  ListKeyPolicies: { default: 100, max: 1000 },
  ListKeyRotations: { default: 100, max: 1000 },
  ListResourceTags: { default: 50, max: 50 },
} as const satisfies Record<string, PageBounds>

const MARKER = /^[A-Za-z0-9_-]+$/

/** The name after which the page starts; `InvalidMarkerException` for a marker that no page ended with. */
export function pageOf(
  input: PageInput,
  bounds: PageBounds,
): { readonly after?: string; readonly limit: number } | ServiceError {
  const limit = Math.min(input.Limit ?? bounds.default, bounds.max)
  if (input.Marker === undefined) return { limit }
  const after = MARKER.test(input.Marker) ? Buffer.from(input.Marker, 'base64url').toString('utf16le') : ''
  return after === '' || markerAfter(after) !== input.Marker ? error('InvalidMarkerException') : { limit, after }
}

/** Opaque to clients; base64url, so that any name fits the marker's pattern, and of UTF-16, which any text has. */
export function markerAfter(name: string): string {
  return Buffer.from(name, 'utf16le').toString('base64url')
}

/**
 * Cuts a list that was read one longer than the page, which tells whether more follows.
 *
 * @param nameOf - the name by which the list is ordered.
 */
export function cutPage<T>(entries: readonly T[], limit: number, nameOf: (entry: T) => string) {
  const page = entries.slice(0, limit)
  const last = page.at(-1)
  const isTruncated = entries.length > limit && last !== undefined
  return { page, Truncated: isTruncated, ...(isTruncated ? { NextMarker: markerAfter(nameOf(last)) } : {}) }
}
