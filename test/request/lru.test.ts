import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lru } from '../../src/request/lru.ts'

test('what was used since it was last passed over is kept when room is made, what was not is dropped', () => {
  const kept = lru<string, number>(2)
  kept.set('used', 1)
  kept.set('idle', 2)
  assert.equal(kept.get('used'), 1)
  kept.set('new', 3)
  assert.equal(kept.get('idle'), undefined)
  assert.equal(kept.get('used'), 1)
  assert.equal(kept.get('new'), 3)
})

test('there are never more entries than the limit, the newest is always there, and no value is another key’s', () => {
  const steps = fc.array(fc.record({ key: fc.integer({ min: 0, max: 20 }), isSet: fc.boolean() }), { maxLength: 200 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), steps, (max, all) => {
      const kept = lru<number, string>(max)
      for (const [step, { key, isSet }] of all.entries()) {
        if (isSet) {
          kept.set(key, `${key}/${step}`)
          assert.equal(kept.get(key), `${key}/${step}`)
        } else {
          const value = kept.get(key)
          assert.ok(value === undefined || value.startsWith(`${key}/`))
        }
        assert.ok(kept.size <= max)
      }
    }),
  )
})

test('what was deleted is gone', () => {
  const kept = lru<string, number>(2)
  kept.set('a', 1)
  kept.delete('a')
  assert.equal(kept.get('a'), undefined)
  kept.set('b', 2)
  kept.clear()
  assert.equal(kept.size, 0)
})
