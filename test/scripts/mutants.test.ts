import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MUTANTS } from '../../scripts/mutants/index.ts'

const SOURCES = new URL('../../src/policy/', import.meta.url)
const MUTANTS_MIN = 60

test('every mutant changes one place of the sources', () => {
  for (const [file, name, text, replacement] of MUTANTS) {
    const parts = readFileSync(new URL(file, SOURCES), 'utf8').split(text)
    assert.equal(parts.length, 2, `${file}: ${name}: the text occurs ${parts.length - 1} times`)
    assert.notEqual(text, replacement, `${file}: ${name}`)
  }
})

test('there are mutants enough, each with a name of its own', () => {
  const names = MUTANTS.map(([file, name]) => `${file}: ${name}`)
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.length >= MUTANTS_MIN)
})
