import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCache } from '../../src/store/cache.ts'

test('what has not been read is forgotten before what has', () => {
  const cache = createCache<number>(3)
  for (const n of [1, 2, 3]) cache.set(`${n}`, n, 1)
  cache.get('1')
  cache.set('4', 4, 1)
  assert.deepEqual(
    ['1', '2', '3', '4'].map((name) => cache.get(name)),
    [1, undefined, 3, 4],
  )
})

test('a heavy value pushes out as many light ones as it weighs', () => {
  const cache = createCache<number>(3)
  for (const n of [1, 2, 3]) cache.set(`${n}`, n, 1)
  cache.set('heavy', 0, 2)
  assert.deepEqual(
    ['1', '2', '3', 'heavy'].map((name) => cache.get(name)),
    [undefined, undefined, 3, 0],
  )
})

test('a value heavier than the cache is not kept and leaves nothing counted', () => {
  const cache = createCache<number>(3)
  cache.set('huge', 1, 4)
  assert.equal(cache.get('huge'), undefined)
  assert.equal(cache.units, 0)
})

test('what was read once is not kept for ever', () => {
  const cache = createCache<number>(2)
  cache.set('old', 0, 1)
  cache.get('old')
  for (const n of [1, 2, 3, 4]) cache.set(`${n}`, n, 1)
  assert.equal(cache.get('old'), undefined)
})

test('a full cache whose every entry was read still makes room', () => {
  const cache = createCache<number>(3)
  for (const n of [1, 2, 3]) cache.set(`${n}`, n, 1)
  for (const n of [1, 2, 3]) cache.get(`${n}`)
  cache.set('4', 4, 1)
  assert.equal(cache.units, 3)
})

test('a deleted name is gone, and deleting one that is not there changes nothing', () => {
  const cache = createCache<number>(3)
  cache.set('a', 1, 2)
  cache.delete('b')
  assert.equal(cache.units, 2)
  cache.delete('a')
  assert.deepEqual([cache.get('a'), cache.units], [undefined, 0])
})

test('however it is used, a cache never weighs more than its limit and never answers an older value', () => {
  const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), units: fc.integer({ min: 0, max: 4 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = createCache<number>(6)
      const newest = new Map<string, number>()
      for (const [i, { name, units }] of steps.entries()) {
        if (units === 0) cache.delete(name)
        else cache.set(name, i, units)
        newest.set(name, units === 0 ? -1 : i)
        const kept = cache.get(name)
        assert.ok(cache.units <= 6 && (kept === undefined || kept === newest.get(name)))
      }
    }),
  )
})
