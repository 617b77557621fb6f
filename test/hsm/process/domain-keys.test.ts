import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { DOMAIN_KEY_MAX_AGE_MS } from '../../../src/domain/limits.ts'
import { createDomainKeys, type KeptDomainKey } from '../../../src/hsm/process/domain-keys.ts'

const NOW = Date.UTC(2026, 0, 1)
const domainKeys = () => createDomainKeys(createSecretKey(Buffer.alloc(32, 7)))

function made(keys: ReturnType<typeof domainKeys>, now = NOW): KeptDomainKey {
  const kept = keys.make('us-east-1', now)
  if (typeof kept === 'string') throw new Error(kept)
  return kept
}

const ages = [
  ['as it is made', 0, true],
  ['just before it is a day old', DOMAIN_KEY_MAX_AGE_MS - 1, true],
  ['when it is a day old', DOMAIN_KEY_MAX_AGE_MS, false],
  ['by a clock that was set back a day', -DOMAIN_KEY_MAX_AGE_MS, false],
] as const
for (const [name, age, wraps] of ages)
  test(`a domain key ${wraps ? 'wraps' : 'wraps no more'} ${name}, and unwraps in any case`, () => {
    const keys = domainKeys()
    const kept = made(keys)
    assert.equal(keys.adopt(kept), undefined)
    assert.equal(keys.forWrapping('us-east-1', NOW + age) !== undefined, wraps)
    assert.ok(keys.find(kept.id.toString('hex')))
  })

test('a domain key that was made and not adopted wraps and unwraps nothing', () => {
  const keys = domainKeys()
  const kept = made(keys)
  assert.equal(keys.forWrapping('us-east-1', NOW), undefined)
  assert.equal(keys.find(kept.id.toString('hex')), undefined)
})

test('the newest domain key wraps, in whatever order they come', () => {
  const keys = domainKeys()
  const [old, young] = [made(keys, NOW), made(keys, NOW + 1000)]
  for (const kept of [young, old]) keys.adopt(kept)
  assert.equal(keys.forWrapping('us-east-1', NOW + 2000)?.id, young.id.toString('hex'))
  assert.equal(keys.forWrapping('eu-west-1', NOW + 2000), undefined)
})

test('a domain key under another root key is refused', () => {
  const kept = made(createDomainKeys(createSecretKey(Buffer.alloc(32, 8))))
  assert.equal(domainKeys().adopt(kept), 'wrongRootKey')
})

const malformed: readonly (readonly [string, Partial<KeptDomainKey>])[] = [
  ['no Region', { domain: Buffer.alloc(0) }],
  ['a short id', { id: Buffer.alloc(15) }],
  ['a short time', { createdAt: Buffer.alloc(7) }],
]
for (const [name, change] of malformed)
  test(`a domain key with ${name} is refused`, () => {
    const keys = domainKeys()
    assert.equal(keys.adopt({ ...made(keys), ...change }), 'refused')
  })
