import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../src/domain/error.ts'
import { parseSeed } from '../src/seed.ts'

const KEY_ID = 'bc436485-5092-42b8-92a3-0aa8b93536dc'
const OLD = '00'.repeat(32)
const MATERIAL = '34743777217A25432A46294A404E635266556A586E3272357538782F413F4428'

const aes = (backingKeys: string, keyId = KEY_ID) =>
  `Keys:\n  Symmetric:\n    Aes:\n      - Metadata:\n          KeyId: ${keyId}\n        BackingKeys: ${backingKeys}\n`

test('a seed file becomes CreateKey and CreateAlias calls, with the newest backing key', () => {
  const calls = parseSeed(
    `${aes(`[${OLD}, ${MATERIAL}]`)}Aliases:\n  - AliasName: alias/a\n    TargetKeyId: ${KEY_ID}\n`,
  )
  assert.ok(!isError(calls))
  assert.deepEqual(
    calls.map((call) => call.operation),
    ['CreateKey', 'CreateAlias'],
  )
  assert.ok(JSON.stringify(calls[0]).includes(Buffer.from(MATERIAL, 'hex').toString('base64')))
})

test('an empty seed file asks for nothing', () => {
  assert.deepEqual(parseSeed(''), [])
})

const refused = [
  ['text that is not YAML', 'Keys: ['],
  ['an unknown member', 'Kees: {}'],
  ['material that is not 32 bytes of hex', aes('[abcd]')],
  ['a key without material', aes('[]')],
  ['asymmetric keys', 'Keys:\n  Asymmetric:\n    Rsa: []\n'],
  ['an alias without a key', 'Aliases:\n  - AliasName: alias/a\n'],
  ['a list in place of a document', '- 1'],
] as const
for (const [name, text] of refused)
  test(`${name} is refused in one line`, () => {
    const calls = parseSeed(text)
    assert.ok(isError(calls))
    assert.match(calls.message ?? '', /^the seed file cannot be used: [^\n]+$/)
  })
