import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { pathOf, rootFrom, rootOf } from '../../../src/trail/checkpoints/tree.ts'

const sha = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => sha(Buffer.from(`batch ${index}`)).toString('hex'))

/** RFC 6962, section 2.1, written a second time: pairs from the left, an odd one goes up as it is. */
function rootByLevels(leaves: readonly string[]): string {
  let level: readonly Buffer[] = leaves.map((leaf) => Buffer.from(leaf, 'hex'))
  while (level.length > 1) {
    const next: Buffer[] = []
    for (let at = 0; at < level.length; at += 2) {
      const [left = Buffer.alloc(0), right] = [level[at], level[at + 1]]
      next.push(right ? sha(Buffer.of(1), left, right) : left)
    }
    level = next
  }
  return level[0]?.toString('hex') ?? ''
}

const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 100]

test('the root is that of a tree which is built level by level', () => {
  for (const count of COUNTS) assert.equal(rootOf(leavesOf(count)), rootByLevels(leavesOf(count)), `${count} leaves`)
  assert.equal(rootOf([]), sha().toString('hex'))
})

test('every leaf leads to the root in its own place, by a path no longer than the tree is high', () => {
  for (const count of COUNTS) {
    const leaves = leavesOf(count)
    for (const [index, leaf] of leaves.entries()) {
      const path = pathOf(leaves, index)
      assert.ok(path.length <= Math.ceil(Math.log2(count)))
      assert.equal(rootFrom(leaf, { index, count }, path), rootOf(leaves))
    }
  }
})

test('another leaf, place, count or path does not lead to the root', () => {
  const leaves = leavesOf(9)
  const root = rootOf(leaves)
  const path = pathOf(leaves, 3)
  const [leaf = '', other = ''] = [leaves[3], leaves[4]]
  const forged: readonly (string | undefined)[] = [
    rootFrom(other, { index: 3, count: 9 }, path),
    rootFrom(leaf, { index: 2, count: 9 }, path),
    rootFrom(leaf, { index: 3, count: 8 }, path),
    rootFrom(leaf, { index: 3, count: 9 }, path.slice(1)),
    rootFrom(leaf, { index: 3, count: 9 }, [...path, other]),
    rootFrom(leaf, { index: 3, count: 9 }, path.with(0, other)),
    rootFrom(leaf, { index: 9, count: 9 }, path),
    rootFrom(leaf, { index: -1, count: 9 }, path),
    rootFrom(leaf, { index: 0.5, count: 9 }, path),
    rootFrom(root, { index: 0, count: 9 }, []),
  ]
  for (const [index, each] of forged.entries()) assert.notEqual(each, root, `forgery ${index}`)
})
