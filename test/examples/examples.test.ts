import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { startTrentProcess } from '../../scripts/trent-process.ts'

const root = join(import.meta.dirname, '..', '..')
const scratch = mkdtempSync(join(tmpdir(), 'trent-examples-'))
after(() => rmSync(scratch, { recursive: true }))

/** Examples with the program that runs them, and what must be installed for it. */
const EXAMPLES = [
  { file: 'encrypt-file.sh', runner: 'sh', needs: ['aws', 'openssl'] },
  { file: 'encrypt-file.ts', runner: process.execPath, needs: [] },
] as const

const { AWS_ENDPOINT_URL: _, ...withoutEndpoint } = process.env
/** The Node of the tests is the one that `node` means in them. */
const environment = { ...withoutEndpoint, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }

function missing(needs: readonly string[]): string | false {
  const absent = needs.find((command) => spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0)
  return absent === undefined ? false : `install: ${absent === 'aws' ? 'awscli' : absent}`
}

function secretFile(): string {
  const path = join(mkdtempSync(join(scratch, 'run-')), 'secret')
  copyFileSync(join(root, 'LICENSE'), path)
  return path
}

function run(runner: string, file: string, path: string, env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(runner, [join(root, 'examples', file), path], { encoding: 'utf8', env: { ...environment, ...env } })
}

for (const { file, runner, needs } of EXAMPLES) {
  test(`${file} encrypts and decrypts with a Trent of its own`, { skip: missing(needs) }, () => {
    const path = secretFile()
    const { status, stdout, stderr } = run(runner, file, path)
    assert.equal(status, 0, stderr)
    assert.match(stdout, /the same bytes\.\n$/)
    assert.ok(!readFileSync(`${path}.enc`).includes('Apache License'))
  })

  test(`${file} encrypts and decrypts with a service that it is given`, { skip: missing(needs) }, async () => {
    const data = mkdtempSync(join(scratch, 'data-'))
    await using trent = await startTrentProcess({ mode: 'serve', data })
    const credentials = { AWS_SHARED_CREDENTIALS_FILE: join(data, 'credentials') }
    const { status, stderr } = run(runner, file, secretFile(), { AWS_ENDPOINT_URL: trent.url, ...credentials })
    assert.equal(status, 0, stderr)
  })

  test(`${file} fails without a file`, () => {
    assert.notEqual(run(runner, file, '').status, 0)
  })
}
