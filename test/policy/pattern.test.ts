import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob, matchesGlob, wildcardTokens } from '../../src/policy/pattern.ts'

const matches = (pattern: string, text: string) => matchesGlob(compileGlob(wildcardTokens(pattern)), text)

/** The definition, word for word; exponential, so for short texts only. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern.startsWith('*')) return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)))
  if (text === '') return false
  return (pattern.startsWith('?') || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1))
}

const MATCHING = [
  ['', ''],
  ['*', ''],
  ['*', 'anything'],
  ['a*', 'a'],
  ['*a', 'bba'],
  ['a*c', 'abc'],
  ['a*b*c', 'aXbYbc'],
  ['?', 'x'],
  ['a?c', 'abc'],
  ['*a?b*', 'xxaybzz'],
  ['**', 'x'],
  ['*?', 'x'],
] as const

const NOT_MATCHING = [
  ['', 'a'],
  ['a', ''],
  ['a', 'A'],
  ['a', 'ab'],
  ['?', ''],
  ['?', 'ab'],
  ['a*', 'ba'],
  ['*a', 'ab'],
  ['aba*ba', 'aba'],
  ['a*b*c', 'acb'],
  ['*aa*aa*', 'aaa'],
  ['*?', ''],
  ['a??c', 'abc'],
  ['[ab]', 'a'],
  ['.*', 'abc'],
] as const

for (const [pattern, text] of MATCHING)
  test(`${JSON.stringify(pattern)} matches ${JSON.stringify(text)}`, () => {
    assert.equal(matches(pattern, text), true)
  })

for (const [pattern, text] of NOT_MATCHING)
  test(`${JSON.stringify(pattern)} does not match ${JSON.stringify(text)}`, () => {
    assert.equal(matches(pattern, text), false)
  })

test('every pattern decides as the definition does', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      assert.equal(matches(pattern, text), naive(pattern, text))
    }),
    { numRuns: 20_000 },
  )
})

test('long stretches with question marks decide as the definition does', () => {
  const stretch = fc.string({ unit: fc.constantFrom('a', 'b', '?'), minLength: 30, maxLength: 70 })
  const around = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 70 })
  fc.assert(
    fc.property(stretch, around, around, fc.boolean(), (stretch, before, after, isHit) => {
      const filled = stretch.replaceAll('?', 'a')
      const text = before + (isHit ? filled : after) + after
      const bare = new RegExp(stretch.replaceAll('?', '[ab]'))
      assert.equal(matches(`*${stretch}*`, text), bare.test(text))
    }),
    { numRuns: 2000 },
  )
})

test('patterns made to be slow are not', () => {
  const text = 'a'.repeat(8192)
  const patterns = [
    '*a'.repeat(4000).concat('b'),
    '*?a?'.repeat(2000).concat('b'),
    `*${'a?'.repeat(4000)}b*`,
    `*${'a'.repeat(4000)}b*`,
  ]
  const startedAt = process.cpuUsage()
  for (const pattern of patterns) assert.equal(matches(pattern, text), false)
  // Microseconds of processor time, so that a busy machine does not matter. Trying all places one by one takes seconds.
  assert.ok(process.cpuUsage(startedAt).user < 1_000_000)
})
