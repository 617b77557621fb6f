import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLru } from '../../../src/hsm/process/lru.ts'

test('a cache never holds more than its limit, and never another value', () => {
  const uses = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), { maxLength: 300 })
  fc.assert(
    fc.property(uses, fc.integer({ min: 2, max: 20 }), (sequence, max) => {
      const lru = createLru<number>(max)
      for (const [isWrite, key] of sequence) {
        if (isWrite) lru.set(`${key}`, key)
        else assert.ok([undefined, key].includes(lru.get(`${key}`)))
        assert.ok(lru.size <= max)
      }
    }),
  )
})

test('what is used stays, what is not used goes', () => {
  const lru = createLru<number>(10)
  lru.set('used', 1)
  lru.set('unused', 2)
  for (let i = 0; i < 100; i++) {
    lru.set(`${i}`, i)
    assert.equal(lru.get('used'), 1)
  }
  assert.equal(lru.get('unused'), undefined)
})

test('a value that is set again is the new one', () => {
  const lru = createLru<number>(4)
  for (const value of [1, 2, 3, 4, 5, 6]) {
    lru.set('same', value)
    lru.set(`other ${value}`, 0)
    assert.equal(lru.get('same'), value)
  }
})
