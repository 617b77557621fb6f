import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { startTrentProcess } from '../../scripts/trent-process.ts'

const root = join(import.meta.dirname, '..', '..')
const scratch = mkdtempSync(join(tmpdir(), 'trent-import-example-'))
after(() => rmSync(scratch, { recursive: true }))

const { AWS_ENDPOINT_URL: _, ...withoutEndpoint } = process.env
/** The Node of the tests is the one that `node` means in them. */
const environment = { ...withoutEndpoint, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }

const absent = ['aws', 'openssl'].find((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
const skip = absent === undefined ? false : `install: ${absent === 'aws' ? 'awscli' : absent}`

function run(path: string, env: NodeJS.ProcessEnv = {}) {
  const script = join(root, 'examples', 'bring-your-own-key.sh')
  return spawnSync('sh', [script, path], { encoding: 'utf8', env: { ...environment, ...env } })
}

test('bring-your-own-key.sh makes a key, brings it, takes it away and brings it again', { skip }, () => {
  const path = join(scratch, 'new')
  const { status, stdout, stderr } = run(path)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /the same bytes\.\n$/)
  assert.deepEqual([readFileSync(path).length, statSync(path).mode & 0o777], [32, 0o600])
})

test('bring-your-own-key.sh brings a key that is there to a service that it is given', { skip }, async () => {
  const data = mkdtempSync(join(scratch, 'data-'))
  await using trent = await startTrentProcess({ mode: 'serve', data })
  const path = join(scratch, 'own')
  writeFileSync(path, Buffer.alloc(32, 7))
  const credentials = { AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials') }
  const { status, stderr } = run(path, { AWS_ENDPOINT_URL: trent.url, ...credentials })
  assert.equal(status, 0, stderr)
  assert.deepEqual(readFileSync(path), Buffer.alloc(32, 7))
})

test('bring-your-own-key.sh fails for material of another length', { skip }, () => {
  const path = join(scratch, 'short')
  writeFileSync(path, Buffer.alloc(16, 7))
  const { status, stderr } = run(path)
  assert.notEqual(status, 0)
  assert.match(stderr, /IncorrectKeyMaterialException/)
})

test('bring-your-own-key.sh fails without a file', () => {
  assert.notEqual(run('').status, 0)
})
