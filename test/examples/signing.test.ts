import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createPublicKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { startTrentProcess } from '../../scripts/trent-process.ts'
import { missing } from '../support/command.ts'

const examples = join(import.meta.dirname, '..', '..', 'examples')
const scratch = mkdtempSync(join(tmpdir(), 'trent-examples-'))
after(() => rmSync(scratch, { recursive: true }))

const { AWS_ENDPOINT_URL: _, ...clean } = process.env
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(examples, file), ...args], { encoding: 'utf8', env: { ...clean, ...env } })

/** A file that is longer than any message that Sign takes. */
function longFile(): string {
  const path = join(mkdtempSync(join(scratch, 'run-')), 'file')
  writeFileSync(path, randomBytes(100_000))
  return path
}

/** Who else verifies, when Trent is gone. */
const VERIFIERS = {
  'sign-file.ts': (path: string) =>
    spawnSync('openssl', ['dgst', '-sha256', '-verify', `${path}.pem`, '-signature', `${path}.sig`, path]).status === 0,
  'sign-post-quantum.ts': (path: string) => {
    const publicKey = createPublicKey(readFileSync(`${path}.pem`)).export({ format: 'raw-public' })
    return ml_dsa65.verify(readFileSync(`${path}.sig`), readFileSync(path), publicKey)
  },
} as const

for (const file of ['sign-file.ts', 'sign-post-quantum.ts'] as const) {
  const skip = file === 'sign-file.ts' && missing('openssl')

  test(`${file} signs with a Trent of its own, and the signature outlives it`, { skip }, () => {
    const path = longFile()
    const { status, stdout, stderr } = run(file, [path])
    assert.equal(status, 0, stderr)
    assert.match(stdout, /verifies with \S+\.pem alone\.\n$/)
    assert.ok(VERIFIERS[file](path))
    const changed = readFileSync(path)
    changed.writeUInt8(changed.readUInt8(50_000) ^ 1, 50_000)
    writeFileSync(path, changed)
    assert.equal(VERIFIERS[file](path), false)
  })

  test(`${file} signs with a service that it is given`, async () => {
    const data = mkdtempSync(join(scratch, 'data-'))
    await using trent = await startTrentProcess({ mode: 'serve', data })
    const credentials = { AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials') }
    const { status, stderr } = run(file, [longFile()], { AWS_ENDPOINT_URL: trent.url, ...credentials })
    assert.equal(status, 0, stderr)
  })

  test(`${file} fails without a file, and with one that is not there`, () => {
    assert.notEqual(run(file, []).status, 0)
    assert.notEqual(run(file, [join(scratch, 'absent')]).status, 0)
  })
}
