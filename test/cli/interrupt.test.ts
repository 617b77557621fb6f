import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanEnvironment, LAUNCHER, ran, temporaryDirectory, trent } from './trent.ts'

const POLL_MS = 50
const POLLS_MAX = 600

test('an interrupted encryption ends with exit 130 and leaves no file', async () => {
  using home = temporaryDirectory()
  await using dev = trent(['dev', '--port', '0'], { home: home.path })
  const endpoint = ['--endpoint-url', await dev.url]
  await ran(['keys', 'create', '--alias', 'alias/app', ...endpoint], { home: home.path })
  const args = [LAUNCHER, 'encrypt', '--key', 'alias/app', '--out', 'encrypted', ...endpoint]
  const child = spawn(process.execPath, args, {
    cwd: home.path,
    env: cleanEnvironment(home.path),
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.write(Buffer.alloc(1_000_000))
  for (let i = 0; i < POLLS_MAX && readdirSync(home.path).length === 0; i++) await sleep(POLL_MS)
  assert.match(String(readdirSync(home.path)), /^\.encrypted\.\d+\.part$/)
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  assert.equal(code, 130, stderr)
  assert.equal(stderr, 'trent: interrupted, nothing was written\n')
  assert.deepEqual(readdirSync(home.path), [])
})
