import { createHash } from 'node:crypto'

/**
 * A Merkle tree over hashes of batches. Source: RFC 6962, section 2.1, but that a leaf is the hash of its batch as the chain has
 * it: no batch begins with the byte that inner nodes begin with, so that neither passes for the other.
 *
 * Hashes are 64 hex digits.
 */
const INNER = Buffer.of(1)
/** The root over nothing: SHA-256 of no bytes. */
const EMPTY = createHash('sha256').digest('hex')

function inner(left: string, right: string): string {
  return createHash('sha256').update(INNER).update(left, 'hex').update(right, 'hex').digest('hex')
}

/** The largest power of two below `count`, which is above 1. */
function split(count: number): number {
  let left = 1
  while (left * 2 < count) left *= 2
  return left
}

/** The root over these leaves. */
export function rootOf(leaves: readonly string[]): string {
  const [only] = leaves
  if (only === undefined) return EMPTY
  if (leaves.length === 1) return only
  const left = split(leaves.length)
  return inner(rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)))
}

/** What is needed beside a leaf to come to the root, from the leaf upwards. */
export function pathOf(leaves: readonly string[], index: number): readonly string[] {
  if (leaves.length <= 1) return []
  const left = split(leaves.length)
  return index < left
    ? [...pathOf(leaves.slice(0, left), index), rootOf(leaves.slice(left))]
    : [...pathOf(leaves.slice(left), index - left), rootOf(leaves.slice(0, left))]
}

type Place = { readonly index: number; readonly count: number }

/** The root that a leaf in that place and its path lead to; nothing when the path is not of that place. */
export function rootFrom(leaf: string, { index, count }: Place, path: readonly string[]): string | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) return undefined
  if (count === 1) return path.length === 0 ? leaf : undefined
  const beside = path.at(-1)
  if (beside === undefined) return undefined
  const left = split(count)
  const isLeft = index < left
  const below = isLeft ? { index, count: left } : { index: index - left, count: count - left }
  const child = rootFrom(leaf, below, path.slice(0, -1))
  if (child === undefined) return undefined
  return isLeft ? inner(child, beside) : inner(beside, child)
}
