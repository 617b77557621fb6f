import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { XMLValidator } from 'fast-xml-parser'
import { heatMapLines, heatMapOf, heatMapSvg } from '../../src/cli/keys/heat-map.ts'
import { allow, clientsOf, newUser } from '../support/principals.ts'
import { newAccount, REGION, startTrent } from '../support/trent.ts'
import { ran, temporaryDirectory } from './trent.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MONDAY = Date.parse('2026-03-02T00:00:00Z')

test('a row is a day, and a block two columns of an hour; the busier the darker', () => {
  const counts = [
    { start: MONDAY + 6 * HOUR_MS, calls: 1 },
    { start: MONDAY + DAY_MS + 23 * HOUR_MS, calls: 10_000 },
    { start: MONDAY + DAY_MS, calls: 99 },
  ]
  const [head, first, second, legend, ...more] = heatMapLines(heatMapOf(MONDAY, 2, counts))
  assert.equal(head, '            00          06          12          18           calls')
  assert.equal(first, `2026-03-02  ${' '.repeat(12)}░░${' '.repeat(34)} 1`)
  assert.equal(second, `2026-03-03  ▒▒${' '.repeat(44)}██ 10099`)
  assert.match(legend ?? '', /up to 10000 an hour \(UTC\)$/)
  assert.deepEqual(more, [])
})

test('without calls there are days, and no legend that would say what they are not', () => {
  assert.equal(heatMapLines(heatMapOf(MONDAY, 3, [])).length, 4)
})

test('the picture is whole, needs nothing from elsewhere, and tells each hour its number', () => {
  const svg = heatMapSvg(heatMapOf(MONDAY, 7, [{ start: MONDAY + 5 * HOUR_MS, calls: 42 }]), 'a <key> & "more"')
  assert.equal(XMLValidator.validate(svg), true)
  assert.equal(svg.match(/<rect x=/g)?.length, 7 * 24)
  assert.match(svg, /<title>2026-03-02 05:00 UTC: 42<\/title>/)
  assert.doesNotMatch(svg, /<key>|href|url\(|<script/)
})

const home = temporaryDirectory()
const trent = await startTrent('dev', { data: 'temporary' })
after(async () => {
  await trent[Symbol.asyncDispose]()
  home[Symbol.dispose]()
})
const account = newAccount()
const env = {
  AWS_ENDPOINT_URL: trent.url,
  AWS_ACCESS_KEY_ID: account,
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_REGION: REGION,
}
const usage = (words: readonly string[], more: Record<string, string> = {}) =>
  ran(['keys', 'usage', ...words], { home: home.path, env: { ...env, ...more } })

const { KeyMetadata } = await trent.ok('CreateKey', {}, { account })
const { KeyId } = KeyMetadata as { readonly KeyId: string }
await trent.ok('CreateAlias', { AliasName: 'alias/app', TargetKeyId: KeyId }, { account })
// Tomorrow at three: five calls, one of which is refused.
const midnight = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS
await trent.control('POST', '/_trent/clock', { set: new Date(midnight + 3 * HOUR_MS).toISOString() })
for (let at = 0; at < 4; at += 1) await trent.ok('Encrypt', { KeyId: 'alias/app', Plaintext: 'YQ==' }, { account })
await trent.kms('Sign', { KeyId, Message: 'YQ==', SigningAlgorithm: 'ECDSA_SHA_256' }, { account })

test('trent keys usage shows the hours of a key, by its id or alias, and does not count itself', async () => {
  for (const name of [KeyId, 'alias/app']) {
    const { code, stdout, stderr } = await usage([name, '--days', '2'])
    assert.equal(code, 0, stderr)
    const [, today, tomorrow, ...rest] = stdout.trimEnd().split('\n')
    assert.match(today ?? '', / 2$/, 'CreateKey and CreateAlias')
    assert.equal(tomorrow, `${new Date(midnight).toISOString().slice(0, 10)}  ${' '.repeat(6)}██${' '.repeat(40)} 5`)
    assert.equal(rest.length, 1)
  }
})

test('with --json the hours are those of the API, and --svg draws them', async () => {
  const file = join(home.path, 'usage.svg')
  const { code, stdout, stderr } = await usage([KeyId, '--json', '--svg', file])
  assert.equal(code, 0, stderr)
  const { Hours } = JSON.parse(stdout)
  assert.deepEqual(Hours.at(-1), { Start: (midnight + 3 * HOUR_MS) / 1_000, Calls: 5 })
  const svg = readFileSync(file, 'utf8')
  assert.equal(XMLValidator.validate(svg), true)
  assert.ok(svg.includes(`Calls about arn:aws:kms:${REGION}:${account}:key/${KeyId}`))
})

test('what cannot be shown is said in a line for a person', async () => {
  const cases = [
    [[KeyId, '--days', '0'], 2, /--days takes a number from 1 to 90/],
    [[KeyId, '--days', '91'], 2, /--days takes a number from 1 to 90/],
    [['alias/none'], 1, /NotFoundException/],
    [['1234abcd-12ab-34cd-56ef-1234567890ab'], 1, /NotFoundException/],
    [[KeyId, '--svg', join(home.path, 'no', 'such')], 1, /cannot be written: ENOENT/],
  ] as const
  for (const [words, exit, says] of cases) {
    const { code, stderr } = await usage(words)
    assert.equal(code, exit, stderr)
    assert.match(stderr, says)
  }
})

test('without the right nobody learns when a key was used, nor whether it exists', async () => {
  using root = clientsOf(trent, { accessKeyId: account, secretAccessKey: 'any' })
  const curious = await newUser(root.iam, 'curious', allow('kms:*'))
  const keys = { AWS_ACCESS_KEY_ID: curious.accessKeyId, AWS_SECRET_ACCESS_KEY: curious.secretAccessKey }
  for (const name of [KeyId, 'alias/app', 'alias/none']) {
    const { code, stdout, stderr } = await usage([name], keys)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /AccessDeniedException: User: \S+curious is not authorized to perform: trent:GetKeyActivity/)
  }
})
