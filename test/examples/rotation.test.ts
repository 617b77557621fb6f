import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startTrentProcess } from '../../scripts/trent-process.ts'

const example = join(import.meta.dirname, '..', '..', 'examples', 'rotate-and-re-encrypt.ts')
const data = mkdtempSync(join(tmpdir(), 'trent-example-'))
after(() => rmSync(data, { recursive: true }))

const { AWS_ENDPOINT_URL: _, ...clean } = process.env
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [example, ...args], { encoding: 'utf8', env: { ...clean, ...env } })
const SAID = /still decrypts with ([0-9a-f]{64})\.\nThe re-encrypted one decrypts with ([0-9a-f]{64})\.\n$/

test('rotate-and-re-encrypt.ts leads from one key material to another with a Trent of its own', () => {
  const { status, stdout, stderr } = run(['attack at dawn'])
  assert.equal(status, 0, stderr)
  const [, first, second] = SAID.exec(stdout) ?? assert.fail(stdout)
  assert.notEqual(first, second)
})

test('rotate-and-re-encrypt.ts works with a service that it is given', async () => {
  await using trent = await startTrentProcess({ mode: 'serve', data })
  const credentials = { AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials') }
  const { status, stdout, stderr } = run(['text'], { AWS_ENDPOINT_URL: trent.url, ...credentials })
  assert.equal(status, 0, stderr)
  assert.match(stdout, SAID)
})

test('rotate-and-re-encrypt.ts fails without a text', () => {
  assert.notEqual(run([]).status, 0)
})
