import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { cruise, type IForbiddenRuleType } from 'dependency-cruiser'

const root = join(import.meta.dirname, '..', '..')
const configuration: unknown = (await import(join(root, '.dependency-cruiser.mjs'))).default
const scratch = mkdtempSync(join(tmpdir(), 'trent-boundaries-'))
after(() => rmSync(scratch, { recursive: true }))

function parseRules(value: unknown) {
  return value as { readonly forbidden: IForbiddenRuleType[]; readonly options: object }
}

/** Names of the rules that a tree of these files breaks. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const baseDir = mkdtempSync(join(scratch, 'tree-'))
  symlinkSync(join(root, 'node_modules'), join(baseDir, 'node_modules'))
  const all = { 'package.json': '{"type": "module"}', 'src/domain/key.ts': 'export type Key = string\n', ...files }
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(baseDir, path)), { recursive: true })
    writeFileSync(join(baseDir, path), text)
  }
  const { forbidden, options } = parseRules(configuration)
  const { output } = await cruise(['src'], { ...options, baseDir, validate: true, ruleSet: { forbidden } })
  if (typeof output === 'string') throw new TypeError('the cruise answers a report')
  return output.summary.violations.map((violation) => violation.rule.name)
}

const KEY = 'import type { Key } from'

/** What a tree holds, and the rule that must refuse it. */
const FORBIDDEN: ReadonlyArray<readonly [sentence: string, files: Readonly<Record<string, string>>, rule: string]> = [
  [
    'a type-only import outwards',
    { 'src/domain/arn.ts': `${KEY} '../store/rows.ts'`, 'src/store/rows.ts': 'export type Key = 1' },
    'domain-imports-only-[]',
  ],
  [
    'an inline type import outwards',
    { 'src/policy/a.ts': "export type A = import('../store/rows.ts').Key", 'src/store/rows.ts': 'export type Key = 1' },
    'policy-imports-only-[domain]',
  ],
  [
    'one adapter importing another',
    { 'src/http/a.ts': "import '../store/rows.ts'", 'src/store/rows.ts': '' },
    'http-imports-only-[domain,request]',
  ],
  [
    'a re-export outwards',
    { 'src/sigv4/a.ts': "export * from '../request/b.ts'", 'src/request/b.ts': 'export const b = 1' },
    'sigv4-imports-only-[domain]',
  ],
  ['a folder without a row', { 'src/helpers/a.ts': 'export {}' }, 'every-folder-has-a-row'],
  [
    'a cycle of types',
    {
      'src/domain/a.ts': "import type { B } from './b.ts'\nexport type A = B",
      'src/domain/b.ts': "import type { A } from './a.ts'\nexport type B = A",
    },
    'no-cycles',
  ],
  ['an import that leads nowhere', { 'src/domain/a.ts': "import './none.ts'" }, 'no-unresolvable-imports'],
  [
    'main imported by an adapter',
    { 'src/http/a.ts': "import '../main.ts'", 'src/main.ts': '' },
    'only-cli-imports-main',
  ],
  [
    'main imported by its neighbour',
    { 'src/config.ts': "import './main.ts'", 'src/main.ts': '' },
    'only-cli-imports-main',
  ],
  [
    'cryptography in the listener',
    { 'src/http/a.ts': "import 'node:crypto'" },
    'node-crypto-only-where-keys-or-hashes-are',
  ],
  [
    'cryptography without its prefix',
    { 'src/http/a.ts': "import 'crypto'" },
    'node-crypto-only-where-keys-or-hashes-are',
  ],
  [
    'cryptography beside main',
    { 'src/config.ts': "import 'node:crypto'" },
    'node-crypto-only-where-keys-or-hashes-are',
  ],
  [
    'a network in the key process',
    { 'src/hsm/process/a.ts': "import 'node:net'" },
    'the-key-process-loads-only-what-it-needs',
  ],
  [
    'processes in the key process',
    { 'src/hsm/process/a.ts': "import 'node:child_process'" },
    'the-key-process-loads-only-what-it-needs',
  ],
  [
    'a library in the key process',
    { 'src/hsm/process/a.ts': "import 'pino'" },
    'the-key-process-loads-only-what-it-needs',
  ],
  [
    'the API side of the boundary in the key process',
    { 'src/hsm/process/a.ts': `${KEY} '../client.ts'`, 'src/hsm/client.ts': 'export type Key = 1' },
    'the-key-process-loads-only-what-it-needs',
  ],
  [
    'code of the key process in the API process',
    { 'src/hsm/client.ts': "import './process/envelope.ts'", 'src/hsm/process/envelope.ts': '' },
    'the-key-process-is-not-loaded-by-others',
  ],
  ['files in a pure folder', { 'src/policy/a.ts': "import 'node:fs'" }, 'pure-folders-do-no-input-or-output'],
]

for (const [sentence, files, rule] of FORBIDDEN)
  test(`the boundaries refuse ${sentence}`, async () => {
    assert.ok((await brokenRules(files)).includes(rule))
  })

test('the boundaries allow imports inwards', async () => {
  const files = {
    'src/hsm/process/a.ts': `${KEY} '../../domain/key.ts'\nimport 'node:crypto'`,
    'src/http/b.ts': `${KEY} '../domain/key.ts'`,
  }
  assert.deepEqual(await brokenRules(files), [])
})
