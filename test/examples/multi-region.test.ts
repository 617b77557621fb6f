import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startTrentProcess } from '../../scripts/trent-process.ts'

const example = join(import.meta.dirname, '..', '..', 'examples', 'multi-region-decrypt.ts')
const scratch = mkdtempSync(join(tmpdir(), 'trent-example-'))
after(() => rmSync(scratch, { recursive: true }))

const { AWS_ENDPOINT_URL: _, AWS_REGION: _region, ...clean } = process.env
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [example, ...args], { encoding: 'utf8', env: { ...clean, ...env } })

const KEY = (region: string) => `arn:aws:kms:${region}:\\d{12}:key/mrk-[0-9a-f]{32}`

test('multi-region-decrypt.ts decrypts in another Region with a Trent of its own', () => {
  const { status, stdout, stderr } = run(['attack at dawn'])
  assert.equal(status, 0, stderr)
  assert.match(stdout, new RegExp(`^Encrypted with ${KEY('us-east-1')}\\.\\nDecrypted with ${KEY('eu-west-1')}\\.\\n`))
  assert.match(stdout, /eu-west-1 decrypted what us-east-1 encrypted\.\n$/)
})

test('multi-region-decrypt.ts works with a service of both Regions, and fails with a service of one', async () => {
  const data = join(scratch, 'data')
  const env = { AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials'), REPLICA_REGION: 'ap-south-1' }
  const runWith = async (args: readonly string[]) => {
    await using trent = await startTrentProcess({ mode: 'serve', data, args })
    return run(['text'], { AWS_ENDPOINT_URL: trent.url, ...env })
  }
  const both = await runWith(['--region', 'us-east-1', '--region', 'ap-south-1'])
  assert.equal(both.status, 0, both.stderr)
  const one = await runWith(['--region', 'us-east-1'])
  assert.notEqual(one.status, 0)
  assert.match(one.stderr, /Keys cannot be replicated to the Region ap-south-1/)
})

test('multi-region-decrypt.ts fails without a text', () => {
  assert.notEqual(run([]).status, 0)
})
